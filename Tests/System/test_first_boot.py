"""The script of a machine's first start, run by real shells in a network of its own, against a real HTTP server."""

import functools
import json
import os
import shutil
import signal
import subprocess
import threading
import unittest

import first_boot
from first_boot import SCRIPT, TOKEN, URL, Machine, Network

ANSWERED = f"Sprout: telling {URL} that this machine runs.\n"
KNOWN = "Sprout: it is known there now.\n"
# A pause doubles, up to half a minute; the last one ends with the ten minutes.
PAUSES = [1, 2, 4, 8, 16] + 18 * [30] + [29]
NASTY = [
    (b"  PF3ABCDE \n", "PF3ABCDE"), (b"", ""), (b"\n", ""), (b'"\\\"\n', '"\\"'), (b'","x":"', '","x":"'),
    (b"$(reboot)`reboot`%s\\n'\n", "$(reboot)`reboot`%s\\n'"), (b"a\x00\x01\x1b[2J\r\nb\x7f\tc\n", "a[2Jbc"),
    (b"M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x98\x80\n", "M\u00fcller \u20ac \U0001f600"),
    (b"\xff\xfeM\xfcller\xc3\n", "Mller"), (b"a\xc0\xafb\xed\xa0\x80c\xf4\x90\x80\x80d\xe2\x82\n", "abcd"),
    (bytes(range(256)), "".join(map(chr, range(33, 127)))),
    (b"-n --help\n", "-n --help"), (b"x" * 4095 + b"\n", "x" * 4095),
]


def in_each_shell(senders=("curl",)):
    """Runs a test with a network for each shell, and for each program that sends."""
    def decorate(test):
        @functools.wraps(test)
        def run(self):
            for shell in ["dash", "bash"]:
                for sender in senders:
                    with self.subTest(shell=shell, sender=sender), Network() as network:
                        test(self, network, shell, sender)
        return run
    return decorate


class FirstBootLintTest(unittest.TestCase):
    @unittest.skipUnless(shutil.which("shellcheck"), "There is no shellcheck here: apt-get install shellcheck")
    def test_shellcheck_finds_nothing(self):
        found = subprocess.run(["shellcheck", "-s", "sh", SCRIPT], capture_output=True, text=True)
        self.assertEqual((found.returncode, found.stdout), (0, ""))


@unittest.skipIf(first_boot.obstacle(), first_boot.obstacle())
class FirstBootTest(unittest.TestCase):
    def end(self, process, machine, server=None):
        """The script has ended well, nothing of it is left, and nobody has seen the token; gives what it said."""
        said, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, said)
        self.assertFalse(machine.script.exists(), said)
        self.assertEqual(list(machine.run_folder.iterdir()), [])
        self.assertNotIn(TOKEN, said)
        self.assertNotIn(TOKEN, (machine.folder / "arguments").read_text())
        if server:
            for (path, headers, _), seen in zip(server.requests, server.seen, strict=True):
                self.assertNotIn(TOKEN, seen)
                self.assertIn(str(machine.script), seen)
                self.assertEqual((path, headers["Content-Type"]), ("/api/boot/phone-home", "application/json"))
        return said

    @in_each_shell(first_boot.SENDERS)
    def test_it_tells_what_the_machine_is(self, network, shell, sender):
        machine = Machine(network, shell, sender)
        machine.give_address()
        machine.give_address("2001:db8::5/64", "nodad")
        machine.give_address("198.51.100.7", "peer", "198.51.100.8")
        modes = []

        def answer():
            modes.extend(file.stat().st_mode & 0o777 for file in machine.run_folder.iterdir())
            return 201

        server = network.serve([answer])
        self.assertEqual(self.end(machine.start(), machine, server), ANSWERED + KNOWN)
        [(_, headers, body)] = server.requests
        self.assertTrue(headers["User-Agent"].startswith(first_boot.SENDERS[sender]), headers)
        self.assertEqual(modes, [0o600])
        told = json.loads(body)
        self.assertEqual(sorted(told.pop("addresses")), ["192.0.2.5/24", "198.51.100.7/32", "2001:db8::5/64"])
        self.assertEqual(told, {
            "token": TOKEN, "hostname": "pve-01", "serial": "PF3ABCDE", "uuid": "4c4c4544-0042-3510-8052-b4c04f4d4e31",
            "macs": ["bc:24:11:49:8d:75", "bc:24:11:49:8d:76"]})
        self.assertEqual(machine.seconds(), [])
        self.assertTrue(machine.flag.exists(), "its unit removes it, and fails where it is gone")

    @in_each_shell(first_boot.SENDERS)
    def test_it_asks_again_where_it_was_not_told_no(self, network, shell, sender):
        machine = Machine(network, shell, sender)
        machine.give_address()
        server = network.serve([503, None, 302, 401, 200])
        said = self.end(machine.start(), machine, server)
        self.assertEqual(len(server.requests), 5)
        self.assertEqual(machine.seconds(), [1, 2, 4, 8])
        self.assertEqual(len({body for _, _, body in server.requests}), 1)
        for words in ["HTTP status 503", "was not reached", "HTTP status 302", "HTTP status 401"]:
            self.assertIn(f"Sprout: it {'' if 'was' in words else 'answered with '}{words}.\n", said)
        self.assertTrue(said.endswith(ANSWERED + KNOWN))

    @in_each_shell(first_boot.SENDERS)
    def test_it_stops_where_it_is_told_no(self, network, shell, sender):
        server = network.serve([200])
        for status in [404, 409, 410, 422]:
            machine = Machine(network, shell, sender)
            machine.give_address()
            server.answers = [status]
            server.requests, server.seen = [], []
            said = self.end(machine.start(), machine, server)
            self.assertEqual(len(server.requests), 1)
            self.assertEqual(machine.seconds(), [])
            self.assertEqual(
                said, f"{ANSWERED}Sprout: it does not want to know (HTTP status {status}); not asking again.\n")

    @in_each_shell()
    def test_it_waits_for_an_address(self, network, shell, sender):
        server = network.serve([200])
        machine = Machine(network, shell, sender, after=3, later=f"ip addr add {first_boot.MACHINE} dev eth0")
        said = self.end(machine.start(), machine, server)
        self.assertEqual(said, f"Sprout: waiting for this machine to have an address.\n{ANSWERED}{KNOWN}")
        self.assertEqual(machine.seconds(), [1, 1, 1])
        self.assertEqual(json.loads(server.requests[0][2])["addresses"], [first_boot.MACHINE])

    @in_each_shell()
    def test_it_gives_up_after_ten_minutes(self, network, shell, sender):
        server = network.serve([503])
        machine = Machine(network, shell, sender)
        machine.give_address()
        said = self.end(machine.start(), machine, server)
        self.assertEqual((machine.seconds(), sum(PAUSES)), (PAUSES, 600))
        self.assertEqual(len(server.requests), len(PAUSES) + 1)
        self.assertTrue(said.endswith("Sprout: giving up: ten minutes have passed.\n"), said)

    @in_each_shell()
    def test_it_gives_up_after_ten_minutes_without_an_address(self, network, shell, sender):
        machine = Machine(network, shell, sender)
        said = self.end(machine.start(), machine)
        self.assertEqual(machine.seconds(), 600 * [1])
        self.assertTrue(said.endswith("Sprout: giving up: no address within ten minutes.\n"), said)

    @in_each_shell(first_boot.SENDERS)
    def test_it_gives_up_after_ten_minutes_without_anybody_there(self, network, shell, sender):
        machine = Machine(network, shell, sender)
        machine.give_address()
        said = self.end(machine.start(), machine)
        self.assertEqual(machine.seconds(), PAUSES)
        self.assertEqual(said.count("Sprout: it was not reached.\n"), len(PAUSES) + 1)

    @in_each_shell()
    def test_whatever_the_firmware_says_is_valid_JSON(self, network, shell, sender):
        server = network.serve([200])
        for text, expected in NASTY:
            machine = Machine(network, shell, sender)
            machine.give_address()
            machine.set_firmware(text, text)
            self.end(machine.start(), machine)
            told = json.loads(server.requests[-1][2].decode())
            self.assertEqual((told["serial"], told["uuid"]), (expected, expected))
        self.assertEqual(len(server.requests), len(NASTY))

    @in_each_shell()
    def test_a_machine_whose_firmware_says_nothing_tells_the_rest(self, network, shell, sender):
        server = network.serve([200])
        machine = Machine(network, shell, sender)
        machine.give_address()
        shutil.rmtree(machine.dmi)
        shutil.rmtree(machine.folder / "class" / "net")
        self.end(machine.start(), machine, server)
        self.assertEqual(json.loads(server.requests[0][2]), {
            "token": TOKEN, "hostname": "pve-01", "serial": "", "uuid": "", "macs": [], "addresses": ["192.0.2.5/24"]})

    @in_each_shell(first_boot.SENDERS)
    def test_a_signal_leaves_nothing_behind_and_nothing_to_be_started_again(self, network, shell, sender):
        asked, may_go_on = threading.Event(), threading.Event()

        def answer():
            asked.set()
            may_go_on.wait(30)

        server = network.serve([answer])
        for sign in [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]:
            asked.clear()
            may_go_on.clear()
            machine = Machine(network, shell, sender)
            machine.give_address()
            process = machine.start()
            self.assertTrue(asked.wait(30))
            # As systemd does: to all processes of the unit.
            os.killpg(process.pid, sign)
            may_go_on.set()
            said = self.end(process, machine)
            self.assertIn("Sprout: told to stop, before Sprout knows that this machine runs.\n", said)
            self.assertFalse(machine.flag.exists())
        self.assertEqual(len(server.requests), 3)


if __name__ == "__main__":
    unittest.main()
