"""What the installer would be told of a host, seen before anything is armed."""

import tomllib
import unittest

from harness import SERVER_TYPES, Sprout, until


class AnswerPreviewTest(unittest.TestCase):
    def test_P5_P19_the_answer_is_shown_with_its_secrets_hidden(self):
        with Sprout() as box:
            box.register(1, hostname="pve-1")
            (box.config / "provisioning.yaml").write_text(
                "pxe:\n  enabled: false\ninstallation:\n  country: de\n  keyboard: de\n  timezone: Europe/Berlin\n"
                "  domain: lab.home.arpa\ncredentials:\n"
                "  root_password_hash: \"$6$canary8890123456$" + "c" * 86 + "\"\n")
            until(lambda: "Berlin" in box.cli("hosts", "answer", "pve-1").stdout, 5, "the settings to be in force")
            shown = box.cli("hosts", "answer", "pve-1", "--release", "9.2")
            self.assertEqual(shown.returncode, 0, shown.stderr)
            answer = tomllib.loads(shown.stdout)
            self.assertEqual(answer["global"]["fqdn"], "pve-1.lab.home.arpa")
            self.assertEqual(answer["disk-setup"]["disk-list"], ["/dev/vda"])
            self.assertNotIn("canary", shown.stdout + box.get("/api/hosts/pve-1/answer").body.decode())
            self.assertNotIn("canary", "".join(box.sql("SELECT key || value FROM setting")))
            older = tomllib.loads(box.cli("hosts", "answer", "pve-1", "--release", "8.3").stdout)
            self.assertIn("disk_list", older["disk-setup"], "8.3 spells with underscores")

    def test_E11_what_the_installer_would_refuse_is_refused_with_its_reason(self):
        types = SERVER_TYPES + "  far:\n    boot_disk: /dev/sda\n    network:\n      mode: static\n" \
            "      cidr: 10.0.0.0/24\n      gateway: 10.0.0.1\n"
        with Sprout(server_types=types) as box:
            box.register(1, hostname="pve-1", server_type="far")
            box.register(2, hostname="pve-2")
            for host, release, words in [
                    ("pve-1", "9.2", "give it one in 10.0.0.0/24"), ("pve-2", "8.2", "8.2"), ("pve-2", "7.4", "older than"),
                    ("pve-2", "nine", "no release of Proxmox VE")]:
                refused = box.cli("hosts", "answer", host, "--release", release)
                self.assertEqual(refused.returncode, 1)
                self.assertIn(words, refused.stderr)
            self.assertEqual(box.get("/api/hosts/nobody/answer").status, 404)


if __name__ == "__main__":
    unittest.main()
