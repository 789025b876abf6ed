"""A4: a backup is one sealed file, and another box that takes it in is the one that made it."""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import PROGRAMS, Sprout, until
from installing import CREDENTIALS, Machine, import_image
from test_tls import Encrypted

PASSPHRASE = "a passphrase to remember"
CANARY = "canary-secret-51f2"


class BackupTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.box = self.enterContext(Sprout(provisioning=f"installation:\n  country: de\n{CREDENTIALS}"))
        self.file = self.folder / "sprout.backup"

    def make(self, box=None):
        done = (box or self.box).cli("backup", "make", str(self.file), input=PASSPHRASE)
        self.assertEqual(done.returncode, 0, done.stderr)

    def check(self, file):
        return subprocess.run(
            [PROGRAMS / "sprout", "backup", "check", file], input=PASSPHRASE, capture_output=True, text=True, timeout=30)

    def restore(self, box, *more, passphrase=PASSPHRASE):
        return box.cli("backup", "restore", str(self.file), *more, input=passphrase)

    def test_A4_another_box_becomes_the_one_that_made_it(self):
        session = self.box.sign_in(*self.box.new_user("anna", "admin"))
        token = self.box.new_token("grafana", "viewer")
        hosts = [self.box.register(number).json for number in (1, 2)]
        self.box.store_secret("cluster", CANARY)
        import_image(self.box, size=100_000)
        under_way = Machine(self.box, 2)
        under_way.begin()
        events = self.box.sql("SELECT count(*) FROM event")
        fingerprint = self.box.get("/api/tls").json["fingerprint"]
        self.make()
        self.assertIn("sprout.db", self.check(self.file).stdout)
        content = self.file.read_bytes()
        for secret in (CANARY.encode(), b"SQLite format", b"anna", b"root_password_hash", b"PRIVATE KEY"):
            self.assertNotIn(secret, content)

        with Sprout() as other:
            other.new_user("somebody", "admin")
            self.assertNotEqual(other.get("/api/tls").json["fingerprint"], fingerprint)
            restored = self.restore(other)
            self.assertEqual(restored.returncode, 0, restored.stderr)
            until(lambda: "Restored from the backup" in other.log(), 15, "the restoration")
            until(lambda: other.socket_request("web.sock", "GET", "/api/hosts").json["hosts"], 15)
            listed = {host["hostname"]: host for host in other.socket_request("web.sock", "GET", "/api/hosts").json["hosts"]}
            self.assertEqual(set(listed), {host["hostname"] for host in hosts})
            # What was under way is over, and its token is worth nothing here.
            self.assertEqual(listed[hosts[1]["hostname"]]["state"], "failed")
            self.assertNotEqual(other.request("POST", under_way.installed_url, under_way.report()).status, 200)
            self.assertGreaterEqual(int(other.sql("SELECT count(*) FROM event")[0]), int(events[0]))
            self.assertEqual(other.sql("PRAGMA integrity_check"), ["ok"])
            # Its users, sessions, tokens, secrets, certificate and settings are those of the first.
            self.assertEqual(other.browse("GET", "/account", cookie=session).status, 200)
            self.assertEqual(other.request("GET", "/api/hosts", headers={"Authorization": f"Bearer {token}"}).status, 200)
            self.assertEqual([one["name"] for one in other.socket_request("web.sock", "GET", "/api/secrets").json["secrets"]], ["cluster"])
            self.assertEqual(other.socket_request("web.sock", "GET", "/api/tls").json["fingerprint"], fingerprint)
            settings = json.loads(other.cli("config", "show", "-o", "json").stdout)
            self.assertEqual((settings["values"]["installation.country"], settings["has_root_password"]), ("de", True))
            self.assertEqual(list((other.state / "backups").glob(".*")), [], "nothing that is open lies about")
            # The seal is the first one's too: what it sealed opens.
            self.file = self.folder / "again.backup"
            self.make(other)

    def test_A4_what_is_no_backup_or_has_another_passphrase_changes_nothing(self):
        self.box.register(1)
        self.make()
        with Sprout() as other:
            wrong = self.restore(other, passphrase="another passphrase")
            self.assertEqual(wrong.returncode, 1)
            self.assertIn("the passphrase is another, or the file is damaged", wrong.stderr)
            whole = self.file.read_bytes()
            self.file.write_bytes(whole[:-20])
            self.assertIn("the file ends too early", self.restore(other).stderr)
            self.file.write_bytes(b"no backup at all, but long enough to be looked at")
            self.assertIn("this file is no backup of Sprout", self.restore(other).stderr)
            self.file.write_bytes(whole)
            other.register(7)
            refused = self.restore(other)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("This Sprout has a host", refused.stderr)
            self.assertEqual(len(other.hosts()), 1)
            self.assertEqual(self.restore(other, "--replace").returncode, 0)
            until(lambda: "Restored from the backup" in other.log(), 15, "the restoration")

    def test_A4_it_is_made_every_night_once_there_is_a_passphrase(self):
        elsewhere = self.folder / "nas"
        elsewhere.mkdir()
        self.assertEqual(self.box.cli("config", "set", "backup.folder", str(elsewhere)).returncode, 0)
        self.box.store_secret("backup", PASSPHRASE)
        copies = until(lambda: list(elsewhere.glob("*-nightly.backup")), 90, "the backup of this night")
        self.assertEqual(self.check(copies[0]).returncode, 0)
        name = self.box.cli("backup", "list").stdout.split()[3]
        self.assertEqual(name, copies[0].name)
        self.assertEqual(self.box.cli("backup", "remove", name).returncode, 0)
        self.assertIn("None was made yet", self.box.cli("backup", "list").stdout)

    def test_A4_it_is_nobodys_but_an_admins_and_crosses_no_network_in_plain_text(self):
        self.make()
        name = self.box.cli("backup", "list").stdout.split()[3]
        for method, path, body in [
            ("POST", "/api/backups", {"passphrase": PASSPHRASE}), ("POST", "/api/restore", {"passphrase": PASSPHRASE}),
        ]:
            self.assertEqual(self.box.request(method, path, body).status, 403)
        fetched = self.box.get(f"/api/backups/{name}")
        self.assertEqual(fetched.body, self.file.read_bytes())
        for other in ("sealing-key", ".restore", "x.backup"):
            self.assertEqual(self.box.get(f"/api/backups/{other}").status, 404, other)
        operator = {"Authorization": f"Bearer {self.box.new_token('an-operator', 'operator')}"}
        for method, path in [("GET", "/api/backups"), ("GET", f"/api/backups/{name}"), ("DELETE", f"/api/backups/{name}")]:
            self.assertEqual(self.box.request(method, path, headers=operator).status, 403, (method, path))
        short = self.box.cli("backup", "make", input="short")
        self.assertIn("at least 10 characters", short.stderr)
        nightly = self.box.cli("secrets", "set", "backup", input="short")
        self.assertIn("at least 10 characters", nightly.stderr)
        self.assertNotIn("backup", self.box.cli("secrets", "list").stdout)

    def test_A4_it_is_restored_though_the_orchestrator_dies_in_the_middle(self):
        self.box.register(1)
        self.make()
        with Sprout() as other:
            ready = other.state / "backups" / ".restore" / "ready"
            self.assertEqual(self.restore(other).returncode, 0)
            for _ in range(3):
                if not ready.exists():
                    break
                other.kill("sprout-orchestrator")
            until(lambda: not ready.exists() and len(other.sql("SELECT 1 FROM host")) == 1, 20, "the restoration")


class BackupOverTLSTest(unittest.TestCase):
    def test_A4_it_is_made_and_restored_over_TLS(self):
        box = self.enterContext(Encrypted())
        box.register(1)
        answer, text = box.ask("POST", "/api/backups", {"passphrase": PASSPHRASE})
        self.assertEqual(answer.status, 201, text)
        name = re.search(r'"name":"([^"]+)"', text.decode())[1]
        self.assertEqual(box.ask("GET", f"/api/backups/{name}")[0].status, 200)
        answer, text = box.ask("POST", "/api/restore", {"passphrase": PASSPHRASE})
        self.assertEqual(answer.status, 409, text)


if __name__ == "__main__":
    unittest.main()
