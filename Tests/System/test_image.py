"""The disk image, from the power button to a page that answers."""

import hashlib
import json
import os
import re
import socket
import ssl
import subprocess
import tarfile
import tempfile
import time
import unittest

import appliance
import debian
from appliance import Appliance, Owner
from harness import until


@unittest.skipIf(appliance.obstacle(), appliance.obstacle())
class ImageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        image = cls.image = debian.image()
        print(f"the image: {image.stat().st_size >> 20} MiB, compressed {image.with_suffix('.img.zst').stat().st_size >> 20} MiB")
        cls.box = Appliance(image)
        cls.addClassCleanup(cls.box.close)
        cls.box.start()
        print(f"power-on to dashboard: {cls.box.seconds():.0f} s, {cls.box.processor_seconds():.0f} s of processors")

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(self.box.screen())
            print(self.box.shell("journalctl --boot --no-pager --priority=notice | tail -n 60"))

    def test_A1_the_console_shows_how_to_get_in_and_the_code_lets_the_first_user_in(self):
        screen = until(lambda: re.search(r"http://10\.0\.2\.15 or http://sprout\.local.*Setup code.*█", self.box.screen(), re.DOTALL)
                       and self.box.screen(), 180, "the console page with a QR code")
        until(lambda: re.search(r"http://10\.0\.2\.15 .*Setup code", self.box.shell("cat /dev/vcs1"), re.DOTALL), 60,
              "the same on the screen")
        certificate = ssl.get_server_certificate(("127.0.0.1", self.box.tls_port))
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest().upper()
        shown = re.search(r"SHA-256 ([0-9A-F:]+)", screen)[1]
        self.assertEqual(shown.replace(":", ""), digest)

        self.assertEqual(self.box.browse("GET", "/setup").status, 200)
        code = re.search(r"Setup code +(\S+)", screen)[1]
        done = self.box.browse("POST", "/setup", {"name": "anna", "password": "correct horse battery", "code": code})
        self.assertEqual(done.status, 303, done.body)
        until(lambda: "Setup code" not in self.box.screen() and "http://" in self.box.screen(), 120, "a page without the code")

    def test_A1_an_address_that_changes_is_shown(self):
        [port] = self.box.shell("ls -d /sys/class/net/en*").split("/")[-1:]
        self.box.shell(f"ip address add 10.9.9.9/24 dev {port}")
        until(lambda: "10.9.9.9" in self.box.screen(), 60, "the new address")

    def test_A1_a_key_opens_the_menu_of_the_console(self):
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(self.box.folder / "monitor"))
            monitor.recv(1000)
            monitor.send(b"sendkey x\n")
            until(lambda: "1  Network" in self.box.shell("cat /dev/vcs1"), 60, "the menu", pause=1)
            monitor.send(b"sendkey 0\n")
            until(lambda: "press any key" in self.box.shell("cat /dev/vcs1"), 60, "the page", pause=1)

    def test_A1_an_address_that_is_tried_is_undone_when_nobody_keeps_it(self):
        [port] = self.box.shell("ls -d /sys/class/net/en*").split("/")[-1:]
        wish = f"wish=7\\nmethod=fixed\\nport={port}\\naddress=10.0.2.15/24\\ngateway=10.0.2.2\\ndns=10.0.2.3\\n"
        self.box.shell(f"printf '{wish}' > /run/sprout/network/wish")
        until(lambda: self.box.shell("cat /run/sprout-network/state") == "7\ntried", 60, "it to be tried", pause=1)
        until(lambda: "30-tried.network" in self.box.shell(f"networkctl --no-pager status {port}"), 30, "networkd to obey", pause=1)
        self.assertTrue(self.box.answers())
        until(lambda: self.box.shell("cat /run/sprout-network/state") == "7\nundone", 120, "it to be undone", pause=2)
        until(lambda: "50-wired.network" in self.box.shell(f"networkctl --no-pager status {port}"), 30, "DHCP again", pause=1)

    def test_A1_a_file_on_the_boot_partition_is_read_and_its_mistakes_stand_beside_it(self):
        self.box.shell("printf 'user = anna\\n' > /boot/sprout.conf; systemctl start sprout-headless")
        self.assertIn("anna has no password", self.box.shell("cat /boot/sprout.conf.error"))
        until(lambda: "anna has no password" in self.box.screen(), 120, "the same on the screen", pause=2)
        self.box.shell("printf 'address = 10.0.2.15/24\\ngateway = 10.0.2.2\\n' > /boot/sprout.conf; systemctl start sprout-headless")
        self.assertEqual(self.box.shell("ls /boot/sprout.conf*"), "/boot/sprout.conf.done")
        self.assertIn("Address=10.0.2.15/24", self.box.shell("cat /run/systemd/network/40-fixed.network"))
        self.assertTrue(self.box.answers())
        self.box.shell("rm /boot/sprout.conf.done /var/etc/network/* /run/systemd/network/40*; networkctl reload")

    def test_E22_a_clock_that_no_network_sets_is_set_by_who_asks(self):
        before = int(self.box.shell("date +%s"))
        said = self.box.shell(
            "curl --silent --unix-socket /run/sprout/web.sock --header 'Content-Type: application/json' --header 'X-Request-Id: clock'"
            f" --data '{{\"time\": {before + 3600}000}}' http://box/api/box/clock")
        if self.box.shell("ls /run/systemd/timesync/synchronized 2>/dev/null"):
            return self.assertIn("is set by the network (NTP)", said)
        until(lambda: int(self.box.shell("date +%s")) > before + 3500, 60, "the clock to be set", pause=1)
        self.assertIn("by the clock of who asked", self.box.shell("sprout events list --kind clock.changed"))

    def test_A2_all_daemons_together_need_little_memory(self):
        sizes = self.box.shell(
            "for unit in boot dhcp metadata nginx orchestrator web; do cat"
            " $(sed 's|.*|/proc/&/smaps_rollup|' /sys/fs/cgroup/sprout.slice/sprout-$unit.service/cgroup.procs); done"
            " | awk '/^Pss:/ { sum += $2 } END { print sum }'")
        memory = dict(re.findall(r"^(\w+): +(\d+) kB", self.box.shell("cat /proc/meminfo"), flags=re.MULTILINE))
        print(f"daemons and nginx: {int(sizes) >> 10} MiB (PSS); of {int(memory['MemTotal']) >> 10} MiB"
              f" {int(memory['MemAvailable']) >> 10} MiB are available")
        self.assertLess(int(sizes), 250 << 10)
        self.assertGreater(int(memory["MemAvailable"]), 500 << 10)

    def test_A6_what_whoever_helps_needs_is_collected_on_the_box_and_fetched_from_it(self):
        canary = "canary-91ab-of-a-secret"
        with tempfile.TemporaryDirectory() as folder:
            self.box.shell(f"printf %s {canary} | sprout secrets set phone")
            owner = Owner(self.box)
            began = time.monotonic()
            status, said = owner.cli("support", f"{folder}/support.tar.gz")
            print(f"support bundle: {time.monotonic() - began:.0f} s, on an emulated processor")
            self.assertEqual(status, 0, said)
            self.assertLess(os.path.getsize(f"{folder}/support.tar.gz"), 50 << 20)
            with tarfile.open(f"{folder}/support.tar.gz") as tar:
                files = {member.name: tar.extractfile(member).read().decode(errors="replace") for member in tar if member.isfile()}
        for name, text in files.items():
            self.assertNotIn(canary, text, name)
            self.assertNotIn(owner.token, text, name)
        for daemon in ("boot", "dhcp", "fetch", "metadata", "orchestrator", "web"):
            self.assertRegex(files["support/journal.txt"], rf"sprout-{daemon}\[\d+\]: ")
            self.assertIn(f"sprout-{daemon} answers", files["support/doctor.txt"])
        self.assertIn("10.0.2.15", files["support/network.txt"])
        self.assertEqual(self.box.shell("stat --format '%U %a' /run/sprout/support/sprout-support.tar.gz"), "sprout-support 640")

    def test_what_has_started_is_whole(self):
        until(lambda: self.box.shell("systemctl is-system-running") != "starting", 180, "the end of the start")
        self.assertEqual(self.box.shell("systemctl is-system-running; systemctl list-units --failed --plain --no-legend"), "running")
        self.assertIn("secureboot: Secure boot enabled", self.box.shell("dmesg | grep -i secureboot"))
        self.assertEqual(self.box.shell("touch /usr/a /etc/a 2>&1 | grep -c 'Read-only file system'"), "2")
        # It was 64 MiB, and has the rest of the disk now.
        self.assertGreater(int(self.box.shell("df --output=size --block-size=1M /var | tail -n 1")), 2000)
        until(lambda: self.box.shell("ls /boot/loader/entries").count("+") == 0, 120, "the version is taken for good")

    def test_the_same_packages_make_the_same_bytes(self):
        with tempfile.TemporaryDirectory(prefix="sprout-image-") as folder:
            again = debian.build_image(folder)
            compared = subprocess.run(["cmp", self.image, again], capture_output=True, text=True)
            self.assertEqual(compared.stdout + compared.stderr, "")
            checked = subprocess.run(
                ["sha256sum", "--check", f"{again.name}.zst.sha256"], cwd=folder, capture_output=True, text=True)
            self.assertEqual(checked.returncode, 0, checked.stderr)
            manifest = json.loads(again.with_suffix(".spdx.json").read_text())
            names = {package["name"] for package in manifest["packages"]}
            self.assertLessEqual({"sprout", "nginx", "systemd", "linux-image-amd64", "firmware-realtek"}, names)

    def test_its_name_is_answered_for_on_the_network(self):
        self.assertRegex(self.box.shell("resolvectl --no-pager query sprout.local"), r"10\.0\.2\.15")
        self.assertIn("yes", self.box.shell("resolvectl --no-pager mdns"))

    def test_nobody_logs_in_and_nothing_else_listens(self):
        listening = self.box.shell("ss --no-header --listening --tcp --udp --numeric | awk '{ print $1, $5 }'")
        ports = {line.rsplit(":", 1)[1] for line in listening.splitlines() if "127.0.0" not in line}
        self.assertEqual(ports - {"80", "443", "67", "68", "69", "4011", "5353", "546"}, set(), listening)
        self.assertEqual(self.box.shell("grep -c '^[^:]*:[$]' /etc/shadow"), "0")
        self.assertEqual(self.box.shell("systemctl list-units --plain --no-legend 'getty@*' 'serial-getty@*' 'ssh*'"), "")


if __name__ == "__main__":
    unittest.main()
