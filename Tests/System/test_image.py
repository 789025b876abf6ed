"""The disk image, from the power button to a page that answers."""

import hashlib
import json
import re
import ssl
import subprocess
import tempfile
import unittest

import appliance
import debian
from appliance import Appliance
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
