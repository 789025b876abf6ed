"""A6: what somebody who helps is given says what happened, and no secret."""

import json
import pathlib
import subprocess
import tarfile
import tempfile
import time
import unittest

from harness import PROGRAMS, Sprout
from installing import PROVISIONING, Machine, import_image

CANARY = "canary-7c1f-of-a-secret"


class SupportTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.file = self.folder / "support.tar.gz"

    def contents(self):
        with tarfile.open(self.file) as tar:
            return {
                member.name.removeprefix("support/"): tar.extractfile(member).read().decode(errors="replace")
                for member in tar if member.isfile()}

    def test_A6_it_says_what_happened_and_no_secret(self):
        notifications = f"notifications:\n  - kind: ntfy\n    url: http://10.0.0.1/{CANARY}\n    secret: phone\n"
        box = self.enterContext(Sprout(provisioning=PROVISIONING + notifications))
        token = box.new_token("grafana", "admin")
        box.new_user("anna", "admin", CANARY + "-password")
        box.store_secret("cluster", CANARY)
        import_image(box, size=100_000)
        host = box.register(1, labels={"note": f"password={CANARY}"}).json
        machine = Machine(box, 1)
        machine.begin()
        box.command("POST", f"/hosts/{host['id']}/advance", {"event": "broke", "reason": "the disk is full."})
        start = time.monotonic()
        done = box.cli("support", str(self.file))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(time.monotonic() - start, 30)
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.assertLess(self.file.stat().st_size, 50 << 20)
        files = self.contents()
        everything = "".join(files.values())
        hash = (box.config / "provisioning.yaml").read_text().split('root_password_hash: "')[1].split('"')[0]
        for secret in (CANARY, token, token.removeprefix("sprout_"), machine.token, hash):
            self.assertNotIn(secret, everything)
        self.assertIn("the disk is full.", files[f"hosts/{host['hostname']}/events.json"])
        self.assertNotEqual(json.loads(files[f"hosts/{host['hostname']}/wire.json"])["sightings"], [])
        self.assertIn("10.0.0.1", files["provisioning.yaml"])
        self.assertIn("sprout-orchestrator", files["doctor.txt"])
        self.assertIn("Linux", files["machine.txt"])
        for name, text in files.items():
            if name.endswith(".json"):
                with self.subTest(name, text=text[:3000]):
                    json.loads(text)
        # One gap: a host that was never installed whole has no inventory.
        self.assertEqual(len(files["missing.txt"].splitlines()), 1, files["missing.txt"])

    def test_A6_it_is_encrypted_on_request_and_opens_with_its_passphrase_alone(self):
        box = self.enterContext(Sprout())
        sealed = self.file.with_name("support.sealed")
        self.assertEqual(box.cli("support", str(sealed), "--encrypt", input="").returncode, 1)
        self.assertFalse(sealed.exists())
        done = box.cli("support", str(sealed), "--encrypt", input="a long passphrase")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sealed.stat().st_mode & 0o777, 0o600)
        self.assertEqual([path.name for path in sealed.parent.iterdir()], [sealed.name], "nothing lies open beside it")
        self.assertNotIn(b"\x1f\x8b\x08", sealed.read_bytes()[:100])
        plain = sealed.with_name("sprout-support.tar.gz")

        def open_it(passphrase):
            return subprocess.run(
                [PROGRAMS / "sprout", "support", "open", sealed], cwd=sealed.parent, input=passphrase, capture_output=True,
                text=True, timeout=60)

        wrong = open_it("another passphrase")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("it does not open", wrong.stderr)
        plain.unlink(missing_ok=True)
        done = open_it("a long passphrase")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(plain.stat().st_mode & 0o777, 0o600)
        with tarfile.open(plain) as tar:
            self.assertTrue(any(name.endswith("machine.txt") for name in tar.getnames()))
        self.assertIn("is there already", open_it("a long passphrase").stderr)

    def test_A6_it_is_made_though_nobody_answers(self):
        box = Sprout()
        box.start()
        box.stop()
        done = box.cli("support", str(self.file))
        self.assertEqual(done.returncode, 0, done.stderr)
        files = self.contents()
        self.assertIn("/api/hosts", files["missing.txt"])
        self.assertIn("Linux", files["machine.txt"])
        box.__exit__(None)

    def test_A6_from_afar_where_no_unit_collects_it_the_way_is_said(self):
        box = self.enterContext(Sprout())
        done = subprocess.run(
            [PROGRAMS / "sprout", "support", str(self.file), "--url", box.url], capture_output=True, text=True, timeout=60,
            env={"SPROUT_TOKEN": box.token, "PATH": "/usr/bin:/bin"})
        self.assertEqual((done.returncode, self.file.exists()), (1, False))
        self.assertIn("run sprout support FILE --state DIR where it runs", done.stderr)
        self.assertEqual(box.request("GET", "/api/box/support").json["under_way"], False)
        self.assertEqual(box.request("POST", "/api/box/support", {}).status, 409)
        self.assertEqual(box.request("GET", "/api/box/support/file").status, 404)

    def test_A6_a_place_that_cannot_be_written_is_named(self):
        box = self.enterContext(Sprout())
        done = box.cli("support", "/nowhere/at/all.tar.gz")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere/at/all.tar.gz cannot be made", done.stderr)


class RedactionTest(unittest.TestCase):
    def test_A6_what_is_called_a_secret_is_hidden_and_the_rest_stays(self):
        source = (pathlib.Path(__file__).parents[2] / "Sources/sprout/Support/Redaction.swift").read_text()
        script = source.split('#"""\n')[1].split('"""#')[0]
        for text, clean in [
            ('"token":"abcdef12", "is_token":true', '"token":"(hidden)", "is_token":true'),
            ("GET /boot/tail?token=Ab-_9xyz&x=1", "GET /boot/tail?token=(hidden)&x=1"),
            ("Authorization: Bearer abcdefghij", "Authorization: Bearer (hidden)"),
            ("http://anna:pass@10.0.0.1/x", "http://(hidden)@10.0.0.1/x"),
            ("root_password_hash: \"$y$j9T$abcdefgh$ijkl\"", "root_password_hash: \"(a hash)\""),
            ("  - url: https://ntfy.example.org/topic", "  - url: https://ntfy.example.org/(hidden)"),
            ("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nafter", "after"),
            ("pve-01 went from installing to failed", "pve-01 went from installing to failed"),
        ]:
            done = subprocess.run(["sed", "-E", script], input=text, capture_output=True, text=True, check=True)
            self.assertEqual(done.stdout, clean)


if __name__ == "__main__":
    unittest.main()
