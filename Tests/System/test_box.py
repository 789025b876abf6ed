"""The box as a whole, from the image: updated, and erased. Each test goes on where the one before ended.

It takes too long for every day (`make endurance`).
"""

import json
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import appliance
import debian
from appliance import Appliance, Owner
from harness import until

LONG = True


@unittest.skipIf(appliance.obstacle(), appliance.obstacle())
class BoxTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.box = Appliance(debian.image())
        cls.addClassCleanup(cls.box.close)
        cls.box.start()
        cls.owner = Owner(cls.box)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(self.box.screen())

    def test_A3_1_a_box_is_updated_from_another_machine_and_keeps_what_it_knows(self):
        self.assertEqual(self.owner.cli("users", "add", "anna", "--role", "admin", input="correct horse battery")[0], 0)
        before = self.owner.report()["version"]
        status, said = self.owner.cli("box", "update", str(debian.image("0.1.1").with_suffix(".update")))
        self.assertEqual((status, said.splitlines()[-1]), (0, "The box runs 0.1.1."), said)
        print(f"updated after {self.box.seconds():.0f} s of running")
        report = self.owner.report()
        self.assertEqual((report["version"], report["last"]["from"], report["bad"]), ("0.1.1", before, []))
        self.assertNotIn("arrived", report)
        # The certificate is the one that was pinned, and the token is still good.
        self.assertIn("anna", self.owner.cli("users", "list")[1])
        self.assertIn(f"The box was updated from {before} to 0.1.1.", self.owner.cli("events", "list")[1])
        until(lambda: sorted(self.box.entries()) == [f"sprout_{before}.conf", "sprout_0.1.1.conf"], 120, "it is taken for good")

    def test_A3_2_what_is_not_signed_is_older_or_is_damaged_is_refused_and_nothing_changes(self):
        bundle = debian.image("0.1.1").with_suffix(".update")
        beginning = bundle.read_bytes()[:100_000]
        with tempfile.TemporaryDirectory() as folder:
            forged = Path(folder) / "forged.update"
            for content, words in [(beginning.replace(b"version 0.1.1\n", b"version 0.1.2\n", 1), "it is not signed by"),
                                   (beginning, "it has 100000 bytes instead of"), (b"hello", "it is no update of Sprout")]:
                forged.write_bytes(content)
                status, said = self.owner.cli("box", "update", str(forged))
                self.assertEqual(status, 1, said)
                self.assertIn(words, said)
        status, said = self.owner.cli("box", "update", str(bundle))
        self.assertEqual(status, 1, said)
        self.assertIn("0.1.1 is what runs already", said)

    def test_A5_a_box_that_is_reset_knows_nothing_and_its_disk_does_not_tell(self):
        canary = "canary-7f3a9c"
        for words in [["config", "set", "installation.mail", f"{canary}@example.org"], ["users", "add", canary, "--role", "admin"]]:
            status, said = self.owner.cli(*words, input=f"{canary}-secret")
            self.assertEqual(status, 0, said)
        status, said = self.owner.cli("box", "factory-reset", "--confirm", "erase it")
        self.assertEqual(status, 1)
        self.assertIn('type "erase sprout"', said)
        status, said = self.owner.cli("box", "factory-reset", "--confirm", "erase sprout")
        self.assertEqual(status, 0, said)
        until(lambda: not self.box.answers(), 300, "the restart")
        until(self.box.answers, 900, "the dashboard", pause=0.5)
        screen = until(lambda: re.search(r"Setup code.*█", self.box.screen(), re.DOTALL) and self.box.screen(), 180, "a setup code")
        self.assertNotIn(self.owner.fingerprint, screen)
        self.assertEqual(self.box.browse("GET", "/setup").status, 200)
        status, said = self.owner.cli("users", "list")
        self.assertNotEqual(status, 0, said)
        self.box.press_power()
        found = subprocess.run(["grep", "--count", "--text", canary, self.box.disk], capture_output=True, text=True)
        self.assertEqual(found.stdout.strip(), "0")


if __name__ == "__main__":
    unittest.main()
