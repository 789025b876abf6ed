"""The stand-in of Proxmox VE's installer, which rehearsals install by: its rules, and a machine that it installs."""

import http.server
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
from urllib.parse import parse_qsl, urlsplit

import lab
from harness import ROOT, Sprout, until, written

FOLDER = ROOT / "Tests" / "Rehearsal"
sys.path += [str(FOLDER), str(FOLDER / "live" / "usr" / "lib" / "python3" / "dist-packages")]
import standin.answer  # noqa: E402
import standin_iso  # noqa: E402

TOKEN = "canary-of-the-operation"
HASH = "$6$canary8890123456$" + "c" * 86
ANSWER = f"""
[global]
country = "at"
fqdn = "pve-01.home.arpa"
keyboard = "de"
mailto = "root@pve-01.home.arpa"
timezone = "Europe/Vienna"
root-password-hashed = "{HASH}"
root-ssh-keys = ["ssh-ed25519 AAAA sprout"]

[network]
source = "from-dhcp"

[network.interface-name-pinning]
enabled = true

[network.interface-name-pinning.mapping]
"52:54:00:12:34:56" = "mgmt0"

[disk-setup]
filesystem = "ext4"

[disk-setup.filter]
ID_SERIAL = "D-1"
"""
DISKS = {"0": {"DEVNAME": "/dev/sda", "SIZE": 1 << 33}, "1": {"DEVNAME": "/dev/vda", "SIZE": 1 << 33, "ID_SERIAL": "D-1"}}
PORTS = {"enp1s0": {"ID_NET_NAME_MAC": "enx525400123456"}, "enp2s0": {"ID_NET_NAME_MAC": "enx525400123457"}}
LEASE = {"domain-name-servers": "10.0.2.3,10.0.2.4"}
DEFAULT = {"port": "enp1s0", "cidr": "10.0.2.15/24", "gateway": "10.0.2.2"}


class AnswerTest(unittest.TestCase):
    def plan(self, text):
        return standin.answer.plan(standin.answer.read(text), DISKS, PORTS, LEASE, DEFAULT)

    def test_the_disk_the_address_and_the_names_of_ports_are_those_of_the_answer(self):
        plan = self.plan(ANSWER)
        self.assertEqual((plan["disk"], plan["port"], plan["cidr"], plan["dns"]), ("/dev/vda", "enp1s0", "10.0.2.15/24", "10.0.2.3"))
        self.assertEqual({port: pin["name"] for port, pin in plan["pinned"].items()}, {"enp1s0": "mgmt0", "enp2s0": "nic0"})
        fixed = self.plan(ANSWER.replace('source = "from-dhcp"', 'source = "from-answer"\ncidr = "10.0.2.50/24"\n'
                                         'gateway = "10.0.2.1"\ndns = "10.0.2.1"\nfilter = {ID_NET_NAME_MAC = "*123457"}'))
        self.assertEqual((fixed["port"], fixed["cidr"], fixed["gateway"]), ("enp2s0", "10.0.2.50/24", "10.0.2.1"))

    def test_what_the_installer_refuses_is_refused_in_its_words(self):
        setup, install = standin.answer.SetupError, standin.answer.InstallError
        for old, new, kind, words in [
                ('keyboard = "de"', 'keyboard = "tlh"', setup, "unknown variant `tlh`"),
                ('country = "at"', 'county = "at"', setup, "unknown field `county`, expected one of `country`"),
                ('source = "from-dhcp"', 'source = "from-dhcp"\ncidr = "10.0.0.1/24"', setup,
                 "unknown field `cidr`, expected `interface-name-pinning`"),
                ('"ext4"', '"zfs"', setup, "unknown variant `zfs`, expected `ext4`"),
                ('ID_SERIAL = "D-1"', 'ID_SERIAL = "D-2"', install, "filter did not match any device(s)"),
                ('"Europe/Vienna"', '"Mars/Olympus"', install, "timezone 'Mars/Olympus' is not valid"),
                (f'root-password-hashed = "{HASH}"', "", install, "must be set"),
                ('"mgmt0"', '"0mgmt"', install, "name must start with a letter"),
                ('"pve-01.home.arpa"\nkey', '"pve_01"\nkey', install, "either a fully-qualified domain name")]:
            with self.subTest(new), self.assertRaises(kind) as refused:
                self.plan(ANSWER.replace(old, new))
            self.assertIn(words, str(refused.exception))

    @unittest.skipUnless(shutil.which("shellcheck"), "There is no shellcheck here: apt-get install shellcheck")
    def test_shellcheck_finds_nothing_in_its_scripts(self):
        scripts = [FOLDER / "initrd/init", FOLDER / "live/usr/sbin/unconfigured.sh", FOLDER / "base",
                   *(FOLDER / "packages").glob("*/usr/*/pve*")]
        found = subprocess.run(
            ["shellcheck", "--severity=warning", *(file for file in scripts if file.is_file())], capture_output=True, text=True)
        self.assertEqual(found.returncode, 0, found.stdout)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/api/boot/telemetry?"):
            return self.take_lines(body.decode().splitlines())
        body = json.loads(body)
        self.server.posts.append((self.path, dict(self.headers), body))
        self.give(self.server.answer if self.path == "/answer" else "{}")

    def take_lines(self, lines):
        """What the agent tells; once it says that the installer stopped, it is told to reboot."""
        first = int(dict(parse_qsl(urlsplit(self.path).query))["first"])
        known = self.server.lines
        known += lines[len(known) + 1 - first:]
        order = "order 1 reboot\n" if any(line.endswith(" agent stopped") for line in known) else ""
        self.give(f"next {len(known) + 1}\n{order}")

    def do_GET(self):
        self.give("#!/bin/sh\n")

    def give(self, text):
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@unittest.skipIf(lab.obstacle() or standin_iso.obstacle(), lab.obstacle() or standin_iso.obstacle())
class InstallerTest(unittest.TestCase):
    """A machine that is given kernel and initrd by hand, with its ISO beside them, as netbooting would leave it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="sprout-standin-")))
        cls.iso = standin_iso.make(cls.folder)
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.shutdown)
        cls.url = f"http://10.0.2.2:{cls.server.server_port}"
        cls.load()

    @classmethod
    def load(cls):
        """What iPXE would hand over: kernel, initrd, and the ISO without its /boot as a member of an archive."""
        mode = cls.folder / "mode"
        mode.write_text(f'mode = "http"\n[http]\nurl = "{cls.url}/answer"\ntoken = "{TOKEN}"\n')
        reduced = cls.folder / "proxmox.iso"
        commands = [
            ["xorriso", "-indev", cls.iso, "-outdev", reduced, "-rm_r", "/boot", "--", "-map", mode, "/auto-installer-mode.toml"],
            ["xorriso", "-osirrox", "on", "-indev", cls.iso, "-extract", "/boot/linux26", cls.folder / "vmlinuz",
             "-extract", "/boot/initrd.img", cls.folder / "initrd.zst"]]
        for command in commands:
            subprocess.run(command, check=True, capture_output=True)
        script = "zstd -dcq initrd.zst > initrd; echo proxmox.iso | cpio --quiet -o -H newc >> initrd; rm proxmox.iso"
        subprocess.run(["sh", "-ec", script], cwd=cls.folder, check=True)
        cls.add_agent()

    @classmethod
    def add_agent(cls):
        """What lies over the initrd: /init with the line that sources the hook, and what the hook finds."""
        root, scripts = cls.folder / "over", ROOT / "Sources" / "Recipes" / "Agent"
        (root / "sprout").mkdir(parents=True)
        lines = (FOLDER / "initrd" / "init").read_text().splitlines()
        [place] = [number for number, line in enumerate(lines) if line.startswith("if ! exec switch_root ")]
        lines.insert(place, "[ ! -r /sprout/hook ] || . /sprout/hook")
        (root / "init").write_text("\n".join(lines) + "\n")
        for name in ("agent", "hook"):
            shutil.copy(scripts / name, root / "sprout" / name)
        (root / "sprout/place").write_text(f"url='{cls.url}/api/boot/telemetry'\ntoken='{TOKEN}'\n")
        for name in ("init", "sprout/agent"):
            (root / name).chmod(0o755)
        archive = "printf '%s\\n' init sprout sprout/agent sprout/hook sprout/place | cpio --quiet -o -H newc >> ../initrd"
        subprocess.run(["sh", "-ec", archive], cwd=root, check=True)

    def start(self, answer, photos=False):
        self.server.answer, self.server.posts, self.server.lines = answer, [], []
        self.disk, self.serial = self.folder / "disk", self.folder / "serial"
        self.serial.unlink(missing_ok=True)
        with open(self.disk, "wb") as file:
            file.truncate(4 << 30)
        if photos:
            subprocess.run(
                ["sfdisk", "--quiet", self.disk], input="label: gpt\nstart=1MiB, size=1GiB, name=data\n", text=True, check=True)
            subprocess.run(
                ["mkfs.ext4", "-q", "-F", "-L", "photos", "-E", f"offset={1 << 20}", self.disk, "1G"], check=True,
                stderr=subprocess.DEVNULL)
        self.before = written(self.disk)
        machine = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "Nehalem", "-smp", "2", "-m", "2048", "-display", "none",
             "-no-reboot", "-kernel", self.folder / "vmlinuz", "-initrd", self.folder / "initrd",
             "-append", "ramdisk_size=16777216 rw quiet splash=silent proxmox-start-auto-installer",
             "-drive", f"if=none,id=disk,format=raw,cache=unsafe,file={self.disk}", "-device", "virtio-blk-pci,drive=disk,serial=D-1",
             "-nic", "user,model=virtio-net-pci,mac=52:54:00:12:34:56", "-device", "virtio-rng-pci", "-serial", f"file:{self.serial}"],
            stdin=subprocess.DEVNULL)

        def end():
            machine.kill()
            machine.wait()

        self.addCleanup(end)
        return machine

    def screen(self):
        return self.serial.read_text(errors="replace") if self.serial.exists() else ""

    def on_disk(self, path):
        """A file of the new system."""
        begin = 512 * int(re.search(r"disk3 : start= *(\d+)", subprocess.run(
            ["sfdisk", "--dump", self.disk], check=True, capture_output=True, text=True).stdout)[1])
        shown = subprocess.run(
            ["debugfs", "-R", f"cat {path}", f"{self.disk}?offset={begin}"], check=True, capture_output=True, text=True)
        return shown.stdout

    def test_it_asks_installs_and_reports_as_the_real_one_does(self):
        more = f"""[post-installation-webhook]\nurl = "{self.url}/installed"\nauth-token = "{TOKEN}"\n
            [first-boot]\nsource = "from-url"\nurl = "{self.url}/first-boot"\n"""
        machine = self.start(ANSWER + more)
        until(lambda: machine.poll() is not None or "aborted" in self.screen(), 600, "the machine to restart", pause=0.5)
        self.assertNotIn("aborted", self.screen())
        (asked, headers, question), (told, _, report) = self.server.posts
        self.assertEqual((asked, headers["Authorization"], told), ("/answer", f"Bearer {TOKEN}", "/installed"))
        self.assertEqual(question["network_interfaces"][0]["mac"], "52:54:00:12:34:56")
        self.assertEqual((report["fqdn"], report["filesystem"], report["token"]), ("pve-01.home.arpa", "ext4", TOKEN))
        self.assertEqual({disk["udev-properties"]["ID_SERIAL"] for disk in report["disks"] if disk.get("is-bootdisk")}, {"D-1"})
        self.assertEqual(self.on_disk("/etc/hostname"), "pve-01\n")
        self.assertIn(HASH, self.on_disk("/etc/shadow"))
        self.assertEqual(self.on_disk("/root/.ssh/authorized_keys"), "ssh-ed25519 AAAA sprout")
        self.assertIn("bridge-ports mgmt0", self.on_disk("/etc/network/interfaces"))
        self.assertEqual(self.on_disk("/etc/ssh/ssh_host_ed25519_key.pub").strip(), report["ssh-public-host-keys"]["ed25519"])
        self.assertNotIn("proxmox-start", self.on_disk("/boot/grub/grub.cfg"))
        self.assertIn("INFO: progress  95.0 % - make system bootable", self.agent_told("auto"))
        self.assertIn("program proxmox-low-level-installer began", self.agent_told("agent"))
        for secret in [TOKEN, HASH]:
            self.assertNotIn(secret, self.screen())
            self.assertFalse(any(secret in line for line in self.server.lines))

    def agent_told(self, source):
        return [text for _, one, text in (line.split(" ", 2) for line in list(self.server.lines)) if one == source]

    def test_it_stops_in_a_shell_which_its_agent_alone_tells_and_leaves_when_told_to(self):
        # On the disk there is a partition with somebody's photos (E12).
        machine = self.start(ANSWER.replace("D-1", "D-2"), photos=True)
        until(lambda: "Installation aborted" in self.screen(), 400, "the shell", pause=0.5)
        self.assertIn("Installation failed: filter did not match any device(s)", self.screen())
        self.assertEqual([path for path, _, _ in self.server.posts], ["/answer"])
        self.assertEqual(written(self.disk), self.before, "the disk is as it was")
        until(lambda: machine.poll() is not None, 60, "the machine to restart, as it was told to", pause=0.2)
        self.assertEqual(self.agent_told("auto")[-1], "ERROR: Installation failed: filter did not match any device(s)")
        self.assertIn("INFO: queried answer file for automatic installation successfully", self.agent_told("fetch"))
        own = self.agent_told("agent")
        self.assertEqual(own[0], "started 1")
        self.assertIn(f"disk vda size {4 << 30}", own)
        self.assertIn("disk vda ID_SERIAL D-1", own)
        self.assertEqual(
            [line for line in own if line.startswith("part ") and "_TYPE 0fc63daf" not in line],
            [f"part vda vda1 size {1 << 30}", "part vda vda1 ID_FS_LABEL photos", "part vda vda1 ID_FS_TYPE ext4",
             "part vda vda1 ID_PART_ENTRY_NAME data"])
        self.assertIn("network 10.0.2.15/24", " ".join(own))
        self.assertEqual(own[-5:], [
            "program proxmox-fetch-answer ended", "program proxmox-auto-installer began",
            "program proxmox-auto-installer ended", "stopped", "order 1 reboot"])

    def test_sprout_takes_its_ISO_for_one_of_Proxmox_VE(self):
        with Sprout() as box:
            done = box.cli("images", "import", str(self.iso))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(box.get("/api/images/proxmox-ve-9.2-1").json["release"], "9.2")


if __name__ == "__main__":
    unittest.main()
