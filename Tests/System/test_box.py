"""The box as a whole, from the image: updated, gone back by itself, erased. Each test goes on where the one before ended."""

import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import appliance
import debian
from appliance import Appliance
from harness import PROGRAMS, until


@unittest.skipIf(appliance.obstacle(), appliance.obstacle())
class BoxTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.box = Appliance(debian.image())
        cls.addClassCleanup(cls.box.close)
        cls.box.start()
        cls.version = cls.shown_version()
        cls.fingerprint = re.search(r"SHA-256 +(\S+)", cls.box.shell("sprout tls show"))[1]
        token = json.loads(cls.box.shell("sprout tokens create --name test --role admin -o json"))["token"]
        cls.token = Path(cls.box.folder) / "token"
        cls.token.write_text(token)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(self.box.screen())
            print(self.box.shell("journalctl --boot --no-pager --priority=notice | tail -n 60", deadline=30))

    @classmethod
    def shown_version(cls):
        return re.search(r"^Version (\S+)", cls.box.shell("sprout box show"), flags=re.MULTILINE)[1]

    def cli(self, *words):
        """The command line of another machine, over TLS."""
        return subprocess.Popen(
            [PROGRAMS / "sprout", *words, "--url", f"https://127.0.0.1:{self.box.tls_port}", "--fingerprint", self.fingerprint,
             "--token-file", self.token], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)

    def end_of(self, command, deadline):
        said, complaint = command.communicate(timeout=deadline)
        return command.returncode, said + complaint

    def report(self):
        status, said = self.end_of(self.cli("box", "show", "-o", "json"), 60)
        self.assertEqual(status, 0, said)
        return json.loads(said)

    def entries(self):
        return sorted(self.box.shell("ls /boot/loader/entries").split())

    def test_A3_1_a_box_is_updated_from_another_machine_and_keeps_what_it_knows(self):
        identity = self.box.shell("cat /etc/machine-id; sprout users add anna --role admin <<< 'correct horse battery' >&2")
        bundle = debian.image("0.1.1").with_suffix(".update")
        status, said = self.end_of(self.cli("box", "update", str(bundle)), 900)
        self.assertEqual((status, said.splitlines()[-1]), (0, "The box runs 0.1.1."), said)
        report = self.report()
        self.assertEqual((report["version"], report["last"]["from"]), ("0.1.1", self.version))
        self.assertNotIn("arrived", report)
        self.restart_with_a_shell()
        self.assertEqual(self.box.shell("cat /etc/machine-id"), identity.splitlines()[0])
        self.assertIn("anna", self.box.shell("sprout users list"))
        until(lambda: self.entries() == [f"sprout_{self.version}.conf", "sprout_0.1.1.conf"], 120, "the version is taken for good")
        self.assertIn("The box was updated from", self.box.shell("sprout events"))

    def restart_with_a_shell(self):
        """The entry of a new version offers none."""
        self.box.press_power()
        for entry in self.box.entries():
            self.box.open_shell(entry)
        self.box.start()

    def test_A3_2_what_is_not_signed_is_older_or_is_damaged_is_refused_and_nothing_changes(self):
        bundle = debian.image("0.1.1").with_suffix(".update")
        with tempfile.TemporaryDirectory() as folder:
            forged = Path(folder) / "forged.update"
            whole = bundle.read_bytes()
            for bytes_, words in [(whole, "0.1.1 is what runs already"),
                                  (whole.replace(b"version 0.1.1\n", b"version 0.1.2\n", 1), "it is not signed by"),
                                  (whole[:-1], "bring it again"), (b"hello", "it is no update of Sprout")]:
                forged.write_bytes(bytes_)
                status, said = self.end_of(self.cli("box", "update", str(forged)), 300)
                self.assertEqual(status, 1, said)
                self.assertIn(words, said)
        self.assertEqual(self.report()["version"], "0.1.1")

    def test_A3_3_a_version_that_does_not_answer_is_left_for_the_one_before_and_the_reason_is_told(self):
        bundle = debian.image("0.1.2", without="sprout-metadata").with_suffix(".update")
        self.box.press_power()
        # It ends where a machine would restart.
        self.box.start("-no-reboot")
        command = self.cli("box", "update", str(bundle))
        self.box.process.wait(600)
        self.assertEqual(sorted(self.box.entries()), ["sprout_0.1.1.conf", "sprout_0.1.2+3.conf"])
        # Three tries take three times as long as one.
        self.box.rename_entry("sprout_0.1.2+3.conf", "sprout_0.1.2+1.conf")
        self.box.power_on("-no-reboot")
        self.box.process.wait(900)
        self.assertEqual(sorted(self.box.entries()), ["sprout_0.1.1.conf", "sprout_0.1.2+0-1.conf"])
        self.box.start()
        status, said = self.end_of(command, 300)
        self.assertEqual(status, 1, said)
        self.assertRegex(said, "the box runs 0.1.1 again. .*sprout-metadata does not answer")
        report = self.report()
        self.assertEqual((report["version"], [bad["version"] for bad in report["bad"]]), ("0.1.1", ["0.1.2"]))
        status, said = self.end_of(self.cli("box", "update", str(bundle)), 300)
        self.assertEqual(status, 1)
        self.assertIn("0.1.2 was tried here, and did not work", said)

    def test_A5_a_box_that_is_reset_knows_nothing_and_its_disk_does_not_tell(self):
        canary = "canary-7f3a9c"
        self.box.shell(f"sprout config set credentials.email={canary}@example.org; sprout users add {canary} --role viewer <<< '{canary}-secret'")
        until(lambda: canary in self.box.shell("sprout users list"), 30, "the user")
        before = self.box.shell("cat /etc/machine-id; sync")
        status, said = self.end_of(self.cli("box", "factory-reset", "--confirm", "erase it"), 60)
        self.assertEqual(status, 1)
        self.assertIn('type "erase sprout"', said)
        status, said = self.end_of(self.cli("box", "factory-reset", "--confirm", "erase sprout"), 60)
        self.assertEqual(status, 0, said)
        until(lambda: not self.box.answers(), 120, "the restart")
        until(self.box.answers, 600, "the dashboard", pause=0.5)
        until(lambda: "Setup code" in self.box.screen(), 180, "the setup code")
        self.assertNotEqual(self.box.shell("cat /etc/machine-id"), before.splitlines()[0])
        self.assertEqual(self.box.shell("sprout users list | grep -c anna"), "0")
        self.box.press_power()
        found = subprocess.run(["grep", "--count", "--text", canary, self.box.disk], capture_output=True, text=True)
        self.assertEqual(found.stdout.strip(), "0")


if __name__ == "__main__":
    unittest.main()
