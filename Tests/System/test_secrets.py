"""Secrets are sealed, told to nobody, and never cross a network that anybody could listen to."""

import os
import pty
import subprocess
import unittest

from harness import PROGRAMS, Sprout

CANARY = "canary-Ünïcode 7391"


class SecretsTest(unittest.TestCase):
    def set(self, box, name, value=CANARY):
        return subprocess.run(
            [PROGRAMS / "sprout", "secrets", "set", name, "--state", box.state], input=value, capture_output=True, text=True,
            timeout=30)

    def test_a_secret_is_stored_sealed_listed_by_its_name_and_forgotten(self):
        with Sprout() as box:
            self.assertIn("No secret is stored", box.cli("secrets", "list").stdout)
            done = self.set(box, "dell-idrac")
            self.assertEqual((done.returncode, done.stdout), (0, "dell-idrac is stored, sealed.\n"), done.stderr)
            self.assertEqual(self.set(box, "dell-idrac", CANARY + "2").returncode, 0, "it takes the place of the one before")
            self.assertIn("dell-idrac", box.cli("secrets", "list").stdout)
            self.assertEqual([secret["name"] for secret in box.get("/api/secrets").json["secrets"]], ["dell-idrac"])
            told = box.log() + "".join(box.sql("SELECT message FROM event")) + box.get("/api/secrets").body.decode()
            files = b"".join(path.read_bytes() for path in (box.state / "db").iterdir())
            self.assertNotIn("canary", told)
            self.assertNotIn(b"canary", files)
            self.assertEqual(box.cli("secrets", "remove", "dell-idrac").returncode, 0)
            self.assertEqual(box.cli("secrets", "remove", "dell-idrac").returncode, 1)
            self.assertEqual(box.sql("SELECT count(*) FROM secret"), ["0"])

    def test_what_cannot_be_a_secret_is_refused(self):
        with Sprout() as box:
            for name, value, words in [
                    ("Dell", "x", "is no secret's name"), ("a" * 41, "x", "is no secret's name"),
                    ("dell", "", "nothing was typed"), ("dell", "x" * 5000, "1 to 4096 bytes")]:
                refused = self.set(box, name, value)
                self.assertEqual(refused.returncode, 1)
                self.assertIn(words, refused.stderr)
            self.assertEqual(box.get("/api/secrets").json, {"secrets": []})

    def test_nobody_on_the_network_sets_or_removes_one(self):
        with Sprout() as box:
            self.set(box, "dell")
            for method, body in [("PUT", {"value": "mine"}), ("DELETE", None)]:
                answer = box.request(method, "/api/secrets/dell", body)
                self.assertEqual(answer.status, 403)
                self.assertIn("on the box itself", answer.json["detail"])
            self.assertEqual(box.sql("SELECT count(*) FROM event WHERE kind = 'secret.set'"), ["1"])

    def test_what_is_typed_is_not_shown(self):
        with Sprout() as box:
            leader, follower = pty.openpty()
            process = subprocess.Popen(
                [PROGRAMS / "sprout", "secrets", "set", "typed", "--state", box.state], stdin=follower, stdout=follower,
                stderr=follower, close_fds=True)
            os.close(follower)
            shown = b""
            while b": " not in shown:
                shown += os.read(leader, 1000)
            os.write(leader, b"canary\n")
            try:
                while True:
                    shown += os.read(leader, 1000)
            except OSError:
                pass
            self.assertEqual(process.wait(10), 0, shown)
            self.assertNotIn(b"canary", shown)
            self.assertIn(b"typed is stored, sealed.", shown)
            os.close(leader)


if __name__ == "__main__":
    unittest.main()
