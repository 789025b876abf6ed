"""Why real firmware, or a real network, does not get on: each verdict from packets that really went over a wire."""

import contextlib
import ctypes
import os
import pathlib
import socket
import struct
import threading
import time
import unittest

import lab
from harness import until

FIXTURES = pathlib.Path(__file__).parents[1] / "Fixtures" / "dhcp"
MAC = "52:54:00:77:00:09"
SECURE = ["/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"]


class Client:
    """A machine of a few lines in a namespace of its own: it says what firmware says, and stops where it is told to."""

    def __init__(self, network, mac):
        network.attach("client", "192.168.77.50/24")
        self.namespace = f"/var/run/netns/{network.name}-client"
        self.mac = bytes.fromhex(mac.replace(":", ""))
        self.dhcp = self.socket(68)

    def socket(self, port):
        """A UDP socket in the client's namespace: made by a thread that goes there for it."""
        made = []

        def make():
            with open(self.namespace) as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0x40000000) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
            one.bind(("0.0.0.0", port))
            one.settimeout(5)
            made.append(one)

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        return made[0]

    def message(self, fixture, transaction, *more):
        lines = (FIXTURES / fixture).read_text().splitlines()
        packet = bytearray(bytes.fromhex("".join(line for line in lines if not line.startswith("#"))))
        packet[4:8] = struct.pack("!I", transaction)
        packet[28:34] = self.mac
        end = packet.rindex(b"\xff")
        return bytes(packet[:end] + b"".join(bytes([code, len(data)]) + data for code, data in more) + b"\xff")

    def discover(self, transaction):
        self.dhcp.sendto(self.message("captured/edk2-pxe-discover.hex", transaction), ("255.255.255.255", 67))

    def choose(self, transaction, server, address):
        """The request by which it takes the router's offer."""
        packet = bytearray(self.message(
            "captured/edk2-pxe-discover.hex", transaction, (54, socket.inet_aton(server)), (50, socket.inet_aton(address))))
        kind = packet.index(b"\x35\x01\x01", 240)
        packet[kind + 2] = 3
        self.dhcp.sendto(bytes(packet), ("255.255.255.255", 67))


@unittest.skipIf(lab.obstacle(), lab.obstacle())
class WireLabTest(unittest.TestCase):
    def verdict(self, box, machine=MAC):
        return box.socket_request("web.sock", "GET", f"/api/wire/{machine}").json.get("verdict")

    @contextlib.contextmanager
    def scene(self):
        with lab.Lab() as network:
            box = network.box()
            self.assertEqual(box.cli("hosts", "add", "pve-lab", "--mac", MAC, "--type", "vm").returncode, 0)
            yield network, box

    def test_E4_firmware_that_takes_only_the_address_is_told_within_15_seconds(self):
        with self.scene() as (network, box):
            client = Client(network, MAC)
            start = time.monotonic()
            client.discover(1)
            time.sleep(4)  # As EDK2 does: it asks again after 4 s.
            client.discover(1)
            client.choose(1, lab.ROUTER, "192.168.77.150")
            verdict = until(lambda: self.verdict(box), 15, "the verdict")
            self.assertLess(time.monotonic() - start, 15)
            self.assertEqual(verdict["kind"], "offer_ignored")
            self.assertIn(f"took only the address from {lab.ROUTER}", verdict["sentence"])
            self.assertIn(f"next-server={lab.BOX}", box.cli("network", "options", "mikrotik").stdout)

    def test_E4_the_lines_for_a_router_with_dnsmasq_boot_every_kind_of_firmware(self):
        with lab.Lab() as network:
            box = network.box(answer="known")
            text = box.cli("network", "options", "dnsmasq", "--server", lab.BOX).stdout
            lines = [line.strip() for line in text.splitlines() if line.strip().startswith("dhcp-")]
            self.assertGreater(len(lines), 8)
            configuration = network.folder / "router.conf"
            configuration.write_text("\n".join(lines) + "\n")
            network.router.terminate()
            network.router.wait(5)
            network.start_router(configuration)
            for number, firmware in enumerate(["bios", "uefi", "http"]):
                network.machine(firmware, f"52:54:00:77:01:0{number}", firmware)
            for firmware in ["bios", "uefi", "http"]:
                until(lambda: "is not known here" in network.screen(firmware), 150, f"the {firmware} machine's script")

    def test_E7_a_download_that_stalls_is_told_with_its_block(self):
        with self.scene() as (network, box):
            client = Client(network, MAC)
            client.discover(2)
            client.choose(2, lab.ROUTER, "192.168.77.50")
            tftp = client.socket(0)
            tftp.sendto(b"\0\1snponly.efi\0octet\0blksize\x001468\0", (lab.BOX, 69))
            self.assertEqual(tftp.recv(2000)[:2], b"\0\6")
            for block in range(4):
                tftp.sendto(struct.pack("!HH", 4, block), (lab.BOX, 69))
                self.assertEqual(struct.unpack("!HH", tftp.recv(2000)[:4]), (3, block + 1))
            verdict = until(lambda: self.verdict(box), 45, "the verdict")
            self.assertEqual(verdict["kind"], "tftp_stalled")
            self.assertRegex(verdict["sentence"], r"pve-lab got snponly.efi only up to block 3 of 1\d\d, in blocks of 1468 bytes, round trip [0-9.]+ ms")

    def test_E6_firmware_with_secure_boot_that_refuses_our_program_is_told(self):
        for file in SECURE:
            if not os.path.exists(file):
                self.skipTest(f"There is no {file} here: apt-get install ovmf")
        with self.scene() as (network, box):
            network.machine("secure", MAC, "secure", memory=1024)
            verdict = until(lambda: self.verdict(box), 150, "the verdict")
            self.assertEqual(verdict["kind"], "program_silent")
            self.assertIn("Secure Boot", verdict["sentence"])
            kinds = [one["kind"] for one in box.socket_request("web.sock", "GET", "/api/wire/pve-lab").json["sightings"]]
            self.assertIn("tftp.finished", kinds)
            self.assertNotIn("http.script", kinds)

    def test_each_step_of_real_firmware_is_seen_and_nothing_is_wrong_with_it(self):
        with self.scene() as (network, box):
            network.machine("uefi", MAC, "uefi")
            record = lambda: box.socket_request("web.sock", "GET", "/api/wire/pve-lab").json
            until(lambda: any(one["kind"] == "http.script" for one in record()["sightings"]), 120, "the script")
            kinds = [one["kind"] for one in record()["sightings"]]
            steps = ["dhcp.asked", "dhcp.took_address", "dhcp.asked_4011", "tftp.finished", "http.script"]
            self.assertEqual([kind for kind in dict.fromkeys(kinds) if kind in steps], steps)
            self.assertIsNone(record().get("verdict"))


if __name__ == "__main__":
    unittest.main()
