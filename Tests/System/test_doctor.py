"""`sprout doctor`: what is well, what is not, and what to do."""

import json
import os
import unittest

from harness import SERVER_TYPES, Sprout


class DoctorTest(unittest.TestCase):
    def doctor(self, box):
        done = box.cli("doctor", "-o", "json", "--config", str(box.config / "provisioning.yaml"))
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if report["good"] else 1, done.stderr)
        return report["findings"]

    def bad(self, box):
        return {one["check"]: one for one in self.doctor(box) if one["outcome"] == "bad"}

    def test_S21_a_sprout_that_is_well_is_told_so(self):
        with Sprout() as box:
            findings = self.doctor(box)
            self.assertEqual([one for one in findings if one["outcome"] == "bad"], [])
            checks = {one["check"] for one in findings}
            self.assertLessEqual(
                {"sprout-orchestrator", "sprout-web", "sprout-boot", "sprout-metadata", "sprout-dhcp",
                 "sprout-fetch", "database", "disk", "configuration", "clock", "network", "http", "images", "certificate"}, checks)
            for one in findings:
                self.assertEqual(one["outcome"] == "good", "remedy" not in one, one)
            text = box.cli("doctor", "--config", str(box.config / "provisioning.yaml"))
            self.assertEqual(text.returncode, 0, text.stderr)
            self.assertIn("✔ The database", text.stdout)
            self.assertIn("! There is nothing to install.\n  → sprout images import FILE", text.stdout)

    def test_what_is_broken_is_named_with_what_to_do(self):
        types = SERVER_TYPES + "  bmc:\n    boot_disk: /dev/sda\n    power: {kind: redfish, url: 'https://bmc', secret_name: idrac}\n"
        with Sprout(types) as box:
            self.assertEqual(self.bad(box), {}, "no host is of a type that needs the secret")
            box.register(1, server_type="bmc")
            self.assertIn("sprout secrets set idrac", self.bad(box)["secrets"]["remedy"])
            box.store_secret("idrac", "root:calvin")
            self.assertEqual(self.bad(box), {})
            (box.config / "provisioning.yaml").write_text("pxe:\n  enabeld: true\n")
            self.assertRegex(self.bad(box)["configuration"]["sentence"], r"provisioning.yaml:2:3: .*enabeld")
            (box.config / "provisioning.yaml").write_text(
                "server:\n  public_url: http://127.0.0.1:1\npxe:\n  enabled: true\n  interface: nowhere0\n")
            bad = self.bad(box)
            self.assertEqual(set(bad), {"network", "tftp", "public_url"})
            self.assertIn("nowhere0 is not there", bad["network"]["sentence"])
            (box.config / "provisioning.yaml").write_text(
                f"server:\n  public_url: {box.url}\npxe:\n  enabled: true\n  interface: lo\n  subnet: 10.0.0.0/8\n")
            bad = self.bad(box)
            self.assertIn("127.0.0.1, which is not in pxe.subnet 10.0.0.0/8", bad["network"]["sentence"])
            self.assertNotIn("public_url", bad)

    def test_a_sprout_that_is_away_is_told_to_be_so(self):
        with Sprout() as box:
            box.stop()
            bad = self.bad(box)
            self.assertLessEqual({"sprout-web", "sprout-orchestrator", "http"}, set(bad))
            self.assertIn("sprout up --state", bad["sprout-web"]["remedy"])
            database = box.state / "db" / "sprout.db"
            for path in database.parent.glob("sprout.db-*"):
                path.unlink()
            with open(database, "r+b") as file:
                file.seek(4096)
                file.write(os.urandom(40000))
            self.assertIn("database", self.bad(box))


if __name__ == "__main__":
    unittest.main()
