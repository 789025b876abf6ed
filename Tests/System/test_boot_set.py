"""Real firmware loads what is to be installed by a real iPXE, and a real kernel tells what became of it."""

import base64
import gzip
import hashlib
import pathlib
import re
import tempfile
import tomllib
import unittest

import kernel
import lab
from harness import until
from installing import CREDENTIALS, HASH
from test_images import synthetic_iso
from test_local_boot import at_once

# What Proxmox's installer leaves out of the installed system's own command line.
LEFT_OUT = re.compile(r"(BOOT_IMAGE|root|ramdisk_size|splash|vga)=.*|ro|rw|quiet|proxdebug|proxtui|proxauto|proxmox-.*")
# What a router is told that names our iPXE to a BIOS; whatever we offer, its word counts.
OURS = f"dhcp-match=set:bios,option:client-arch,0\ndhcp-boot=tag:bios,undionly.kpxe,,{lab.BOX}\n"
FILES = ["vmlinuz", "initrd.img", "body", "tail", "agent"]
# What lies over the initrd is there; and a line as the installer's /init leaves by, which is never come to.
OVER = r"""
echo "over it: $(ls /sprout | tr '\n' ' ')$(grep -c /sprout/hook /init) $(sed -n "s/^url='\(.*\)'/\1/p" /sprout/place)"
if false; then
    exec switch_root /mnt /bin/sh -c "exec /sbin/unconfigured.sh"
fi
"""


@unittest.skipIf(lab.obstacle() or kernel.obstacle(), lab.obstacle() or kernel.obstacle())
class BootSetTest(unittest.TestCase):
    def test_P4_P5_the_kernel_sees_the_imported_ISO_with_the_operations_own_end_and_gets_the_answer(self):
        with lab.Lab() as network:
            box = box_with_image(network)

            def check(firmware, number):
                machine = Machine(network, box, firmware, number)
                machine.arm()
                machine.switch_on()
                machine.reaches("pxe_booted")
                self.assertNotIn("cmdline:", machine.screen, "the kernel is fetched, and not started yet")
                until(lambda: kernel.LAST_WORDS in machine.screen, 240, f"{firmware}: the kernel's last words")
                self.check_iso(machine)
                self.assertEqual(
                    machine.told("over it"), f"agent hook place 2 http://{lab.BOX}/api/boot/telemetry", firmware)
                self.check_command_line(machine)
                self.check_sightings(machine)
                self.check_answer(machine)

            at_once(check, [("bios", 1), ("uefi", 2)])
            tokens = box.sql("SELECT DISTINCT hex(token_hash) FROM operation")
            self.assertEqual(len(tokens), 2, "each operation has its own")

    def check_iso(self, machine):
        mode = gzip.decompress(base64.b64decode(machine.told("mode file, packed")))
        image = machine.box.socket_request("web.sock", "GET", "/api/images/proxmox-ve-9.2-1").json
        iso = sent_iso(machine.box.state / "images" / image["id"], image["mode_file"], mode)
        self.assertEqual(machine.told("sha256 of /proxmox.iso"), f"{hashlib.sha256(iso).hexdigest()} {len(iso)}")
        self.assertNotIn("unpacking failed", machine.screen)
        self.assertIn(" pve-base.squashfs", machine.told("root"))
        told = tomllib.loads(mode.decode())
        self.assertEqual((told["mode"], told["http"]["url"]), ("http", f"http://{lab.BOX}/api/boot/answer"))
        self.assertEqual(hashlib.sha256(told["http"]["token"].encode()).hexdigest(), machine.operation("token_hash"))

    def check_command_line(self, machine):
        words = machine.told("cmdline").split()
        self.assertEqual([word for word in words if not LEFT_OUT.fullmatch(word)], [], "would stay on the installed system")
        self.assertIn("proxmox-start-auto-installer", words)

    def check_sightings(self, machine):
        self.assertEqual(machine.loads(), FILES)
        words = "using undionly" if machine.firmware == "bios" else "snponly.efi"
        self.assertIn(words, machine.screen, "it is our own iPXE that loads them")
        shown = machine.box.cli("wire", machine.name, "--once").stdout
        self.assertIn("loads the installer's ISO", shown)

    def check_answer(self, machine):
        self.assertIn("HTTP/1.1 200 OK", machine.screen)
        answer = tomllib.loads(base64.b64decode(machine.told("answer")).decode())
        self.assertEqual(answer["global"]["root-password-hashed"], HASH)
        self.assertTrue(answer["global"]["fqdn"].startswith(f"{machine.name}."), answer["global"]["fqdn"])
        machine.reaches("installing")
        self.assertEqual(machine.states(), ["pxe_ready", "pxe_booted", "installing"])

    def test_E20_an_image_that_changes_while_a_machine_loads_it_is_not_started(self):
        with lab.Lab() as network:
            box = box_with_image(network)
            machine = Machine(network, box, "bios", 1)
            machine.arm()
            machine.switch_on()
            # The ISO takes undionly.kpxe some seconds.
            until(lambda: "body" in machine.loads(), 120, "the body to be loaded")
            self.assertNotIn("tail", machine.loads())
            with open(box.state / "images" / "proxmox-ve-9.2-1" / "body", "r+b") as body:
                body.seek(-1000, 2)
                body.write(b"x")
            machine.reaches("failed")
            until(lambda: "did not get the installer (ISO)" in machine.screen, 60, "the machine to say so")
            shown = box.cli("hosts", "show", machine.name).stdout
            self.assertIn("the image changed while it was loaded", shown)
            self.assertNotIn("cmdline:", machine.screen)


def box_with_image(network):
    """Sprout with an ISO whose kernel tells what it was given, and asks for the answer as the installer does."""
    box = network.box(more=CREDENTIALS)
    linux, initramfs = kernel.boot_set(end="reboot", more=kernel.ASK + OVER)
    with tempfile.TemporaryDirectory() as folder:
        iso, _ = synthetic_iso(pathlib.Path(folder), size=6_000_000, kernel=linux, initrd=initramfs)
        done = box.cli("images", "import", str(iso))
        assert done.returncode == 0, done.stderr
    return box


def sent_iso(place, span, mode):
    """The ISO of an operation whose mode file is known, from the image's files: the one member of a cpio archive."""
    tail = bytearray((place / "tail").read_bytes())
    tail[span["offset"]:span["offset"] + span["length"]] = mode
    archive = (place / "body").read_bytes() + tail
    size, name = int(archive[54:62], 16), int(archive[94:102], 16)
    start = (110 + name + 3) & ~3
    assert (archive[:6], archive[110:start].rstrip(b"\0")) == (b"070701", b"proxmox.iso")
    return archive[start:start + size]


class Machine:
    """A machine in the lab that is a host."""

    def __init__(self, network, box, firmware, number):
        self.network, self.box, self.firmware = network, box, firmware
        self.name, self.mac = f"pve-{firmware}", f"52:54:00:00:00:{number:02x}"
        added = box.cli("hosts", "add", self.name, "--mac", self.mac, "--type", "vm")
        assert added.returncode == 0, added.stderr

    def arm(self):
        armed = self.box.cli("hosts", "rebuild", self.name, "--yes")
        assert armed.returncode == 0, armed.stderr

    def switch_on(self):
        """A BIOS here has an old iPXE in it, which would get its script at once: its router makes it load ours first."""
        is_bios = self.firmware == "bios"
        if is_bios:
            self.router(OURS)
        self.network.machine(self.firmware, self.mac, self.firmware, memory=6144)
        if is_bios:
            until(lambda: self.seen("tftp.finished"), 120, "our iPXE to be loaded")
            self.router("")

    def router(self, options):
        file = self.network.folder / "router.conf"
        file.write_text(options)
        self.network.router.terminate()
        self.network.router.wait(5)
        self.network.router = self.network.start_router(file)

    def reaches(self, state):
        until(lambda: self.host["state"] == state, 120, f"{self.name}: {state}")

    @property
    def host(self):
        return self.box.socket_request("web.sock", "GET", f"/api/hosts/{self.name}").json

    @property
    def screen(self):
        return self.network.screen(self.firmware)

    def told(self, what):
        """What the kernel said of something, which is one line."""
        [line] = re.findall(rf"^{re.escape(what)}: (.*?)\r?$", self.screen, re.M)
        return line

    def loads(self):
        """The files of the installer that it was seen to load."""
        return self.seen("http.installer")

    def seen(self, kind):
        sightings = self.box.socket_request("web.sock", "GET", f"/api/wire/{self.name}").json["sightings"]
        return [sighting["details"]["file"] for sighting in sightings if sighting["kind"] == kind]

    def states(self):
        """The states that it has had since it was armed, in order."""
        told = self.box.sql(
            f"SELECT message FROM event WHERE kind = 'host.advanced' AND hostname = '{self.name}' ORDER BY id")
        return [re.search(r" to (\w+)", message)[1] for message in told]

    def operation(self, column):
        [value] = self.box.sql(
            f"SELECT lower(hex({column})) FROM operation JOIN host ON host.id = host WHERE hostname = '{self.name}'")
        return value


if __name__ == "__main__":
    unittest.main()
