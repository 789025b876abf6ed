"""A box without a screen is set up by a file on its boot partition, which says what is wrong with it."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from harness import PROGRAMS, ROOT, Sprout

SCRIPTS = ROOT / "image/rootfs/usr/lib/sprout"
WHOLE = "# The box in the rack\nuser = anna\npassword = correct horse battery\naddress = 192.168.1.10/24\ngateway = 192.168.1.1\n"


class HeadlessTest(unittest.TestCase):
    def setUp(self):
        self.box = self.enterContext(Sprout())
        name = self.enterContext(tempfile.TemporaryDirectory(prefix="sprout-headless-"))
        self.root = pathlib.Path(name)
        for folder in ("bin", "boot", "run/sprout-headless", "run/sprout-network", "run/systemd/network", "sys/class/net/eno1/device",
                       "sys/class/net/eno2/device", "var/etc"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "sys/class/net/eno1/carrier").write_text("0\n")
        (self.root / "sys/class/net/eno2/carrier").write_text("1\n")
        for program, text in {"sprout": f'case "$*" in "config check"*) exec {PROGRAMS}/sprout "$@" ;; esac\n'
                                        f'exec {PROGRAMS}/sprout "$@" --state {self.box.state}',
                              "systemctl": "exit 0", "networkctl": "exit 0"}.items():
            (self.root / "bin" / program).write_text(f"#!/bin/sh\n{text}\n")
            (self.root / "bin" / program).chmod(0o755)
        self.boot = self.root / "boot"

    def start(self, text=None, name="sprout.conf"):
        """What becomes of the file at a start of the box."""
        if text is not None:
            (self.boot / name).write_bytes(text.encode() if isinstance(text, str) else text)
        done = subprocess.run(
            [SCRIPTS / "headless"], capture_output=True, text=True,
            env={"PATH": f"{self.root}/bin:{os.environ['PATH']}", "SPROUT_ROOT": str(self.root)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def there(self):
        return sorted(path.name for path in self.boot.iterdir())

    def error(self):
        return (self.boot / "sprout.conf.error").read_bytes().decode().replace("\r\n", "\n")

    def test_all_of_it_is_put_in_force_once_and_the_password_is_taken_away(self):
        (self.boot / "provisioning.yaml").write_text("pxe:\n  enabled: false\n  interface: eno2\n")
        self.start(WHOLE)
        self.assertEqual(self.there(), ["sprout.conf.done"])
        self.assertEqual((self.boot / "sprout.conf.done").read_text(), WHOLE.replace("password = correct horse battery\n", ""))
        self.assertTrue(self.box.sign_in("anna", "correct horse battery"))
        self.assertIn("pxe.interface", self.box.cli("config", "show").stdout)
        network = (self.root / "var/etc/network/fixed.network").read_text()
        self.assertIn("Name=eno2\n", network, "the port that is connected")
        self.assertIn("Address=192.168.1.10/24\nDNS=192.168.1.1\nGateway=192.168.1.1\n", network)
        self.assertEqual(self.box.cli("setup").returncode, 1, "nobody else becomes the first user")
        self.start()
        self.assertEqual(self.there(), ["sprout.conf.done"])

    def test_a_file_of_another_systems_editor_is_read_too(self):
        hashed = subprocess.run(
            ["openssl", "passwd", "-6", "correct horse battery"], check=True, capture_output=True, text=True).stdout.strip()
        self.start(b"\xef\xbb\xbfpassword_hash=" + hashed.encode() + b"\r\nuser=anna\r\n", "sprout.conf.txt")
        self.assertEqual(self.there(), ["sprout.conf.done"])
        self.assertEqual((self.boot / "sprout.conf.done").read_bytes(), b"user=anna\r\n")
        self.assertTrue(self.box.sign_in("anna", "correct horse battery"))

    def test_every_mistake_is_told_at_once_and_nothing_is_put_in_force(self):
        (self.boot / "provisioning.yaml").write_text("pxe:\n  enabeld: true\n")
        said = self.start("user anna\npasword = correct horse battery\nuser = anna\naddress = 192.168.1.300/24\n")
        for words in ("Line 1 is not understood", 'Line 2: there is no "pasword"', "anna has no password", "The address is none",
                      "provisioning.yaml:2:3", "enabled"):
            self.assertIn(words, self.error())
            self.assertIn(words, said)
            self.assertIn(words, (self.root / "run/sprout-headless/problem").read_text(), "for the console")
        self.assertNotIn("correct horse", self.error() + said)
        self.assertEqual(self.there(), ["provisioning.yaml", "sprout.conf", "sprout.conf.error"])
        self.assertEqual(self.box.cli("setup").returncode, 0, "there is no user yet")
        self.assertFalse((self.root / "var/etc/network").exists())
        os.remove(self.boot / "provisioning.yaml")
        self.start(WHOLE)
        self.assertEqual(self.there(), ["sprout.conf.done"])
        self.assertFalse((self.root / "run/sprout-headless/problem").exists())

    def test_what_sprout_refuses_is_told_in_its_words(self):
        self.start("user = anna\npassword = short\n")
        self.assertIn("10 characters", self.error())
        self.box.new_user("bert", "admin")
        self.start(WHOLE)
        self.assertIn("This box has its first user already", self.error())
        self.assertFalse((self.root / "var/etc/network").exists())
        self.start("address = 192.168.1.10/24\n")
        self.assertEqual(self.there(), ["sprout.conf.done"], "an address alone is taken from who has the disk")

    def test_what_is_written_there_is_run_by_nobody(self):
        self.start(f"user = $(touch {self.root}/a)\npassword = `touch {self.root}/a` * ; touch {self.root}/a\n"
                   f"address = a[$(touch {self.root}/a)]/24\nport = ../../eno1\n")
        self.assertFalse((self.root / "a").exists())
        self.assertIn("There is no such port", self.error())

    def test_without_a_file_nothing_happens(self):
        self.assertEqual(self.start(), "")
        self.assertEqual(self.there(), [])


if __name__ == "__main__":
    unittest.main()
