"""Machines that would load their first program for ever, if each question were answered as if it were the first."""

import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import unittest

import lab
from harness import until
from swarm import DISCOVER, OFFER, Message

MAC = "52:54:00:77:00:22"
# Feature 0x13 of option 175, in the table that iPXE sends; 0x1a is a feature that nobody looks at.
FEATURES, WITHOUT_HTTP = b"\x24\1\1\x13\1\1", b"\x24\1\1\x1a\1\1"


def old_ipxe():
    """Debian's snponly.efi as an iPXE of before 2022 that was built without HTTP, as far as its packets tell.

    It asks for no autoexec.ipxe, so it does its own DHCP, where it does not claim to load over HTTP.
    """
    program = (lab.NETBOOT / "snponly.efi").read_bytes()
    assert program.count(FEATURES) == 1 and program.count(b"autoexec.ipxe") == 2
    return program.replace(FEATURES, WITHOUT_HTTP).replace(b"autoexec.ipxe", b"autoexec.none")


@unittest.skipIf(lab.obstacle(), lab.obstacle())
class LoopTest(unittest.TestCase):
    def test_an_iPXE_that_cannot_load_over_HTTP_does_not_load_itself_for_ever(self):
        """Real firmware loads a real iPXE that never says HTTP: each of its questions is one for a better program.

        A server that only looks at the question gives it that program, which asks the same again. This proves that ours
        remembers what it gave, and then gives the script.
        """
        with lab.Lab() as network:
            shutil.copytree(lab.NETBOOT, network.folder / "netboot")
            (network.folder / "netboot" / "snponly.efi").write_bytes(old_ipxe())
            box = network.box(files=network.folder / "netboot", answer="all")
            network.machine("uefi", MAC, "uefi")
            until(lambda: f"Machine {MAC} is not known here" in network.screen("uefi"), 120, "the machine's own script")
            screen = network.screen("uefi").split("BdsDxe: failed")[0]
            self.assertIn(f"Machine {MAC} is not known here", screen, "the first boot entry already led to it")
            log = box.log()
            self.assertRegex(log, rf"{MAC} asked what to boot \(iPXE, .*\) and was offered its script")
            loaded = len(re.findall(r"has snponly.efi", log))
            self.assertLessEqual(loaded, 3, log)
            self.assertGreaterEqual(loaded, 1)

    def test_firmware_that_comes_back_at_once_is_stopped_and_the_journal_says_why(self):
        """What it loads leads it back to its beginning: the packets are those of OVMF, each time a new attempt."""
        with lab.Lab(capture=False) as network:
            box = network.box(answer="all")
            network.attach("client", "192.168.77.9/24")
            run = subprocess.run(
                [*network.prefix("client"), sys.executable, pathlib.Path(__file__), MAC], capture_output=True,
                text=True, timeout=60)
            self.assertEqual(run.returncode, 0, run.stderr)
            answered = json.loads(run.stdout)
            self.assertEqual(answered, [True] * 5 + [False] * 3)
            reason = "is not answered: it asked for its first program too often within a minute"
            until(lambda: re.search(rf"{MAC} asked what to boot \(.*\) and {reason}", box.log()), 5, "the reason")


def come_back(mac, attempts=8):
    """Begins to boot again and again, and says for each attempt whether it was answered."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
    one.bind(("0.0.0.0", 68))
    one.settimeout(2)
    answered = []
    for attempt in range(attempts):
        discover = Message.fixture("captured/edk2-pxe-discover", bytes.fromhex(mac.replace(":", "")))
        assert discover.kind == DISCOVER
        discover.head[4:8] = attempt.to_bytes(4, "big")
        one.sendto(discover.packed(), ("255.255.255.255", 67))
        answered.append(False)
        try:
            while not answered[-1]:
                heard = Message(one.recv(2048))
                is_proxy = heard.kind == OFFER and heard.server == lab.BOX
                answered[-1] = is_proxy and heard.transaction == discover.transaction
        except TimeoutError:
            pass
    return answered


if __name__ == "__main__":
    print(json.dumps(come_back(sys.argv[1])))
