"""A6: what a box collects for whoever helps, asked for from afar: by a unit that is not root's."""

import io
import json
import re
import tarfile
import time
import unittest
import uuid

import test_units
from container import Container, Identity
from harness import until

CANARY = "canary-5d2e-of-a-secret"
MAC = "52:54:00:53:50:01"
FILE = "/run/sprout/support/sprout-support.tar.gz"


@unittest.skipIf(Container.obstacle(), Container.obstacle())
class SupportUnitsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        container = cls.container = Container()
        cls.addClassCleanup(container.close)
        test_units.UnitsTest.install(container)
        # The settings are read by their group alone, as the package leaves them.
        container.write("etc/sprout/provisioning.yaml", f"notifications:\n  - kind: ntfy\n    url: http://10.0.0.1/{CANARY}\n")
        container.boot()

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(self.container.run("journalctl", "--no-pager", "--lines=60").stdout)

    def curl(self, path, *options, socket="web"):
        return self.container.run(
            "curl", "--silent", "--show-error", "--max-time", "20", "--unix-socket", f"/run/sprout/{socket}.sock",
            "--header", "content-type: application/json", "--header", f"x-request-id: {uuid.uuid4().hex}",
            "--write-out", "\n%{http_code}", *options, f"http://sprout{path}").stdout.rpartition("\n")

    def ask(self, path, body=None, method="POST", socket="web"):
        """What a request is answered with."""
        options = [] if body is None else ["--request", method, "--data", json.dumps(body)]
        text, _, status = self.curl(path, *options, socket=socket)
        self.assertLess(int(status), 300, text)
        return json.loads(text) if text else None

    def events(self, kind):
        return [event["message"] for event in self.ask(f"/api/events?kind={kind}")["events"]]

    def failing_host(self):
        """A host that was seen on the wire, and failed; its name has no place for secrets, its label has."""
        self.ask("/api/hosts", {"mac": MAC, "server_type": "vm", "hostname": "pve-s", "labels": {"note": f"password={CANARY}"}})
        details = {"stage": "firmware", "transaction": 1, "architecture": 7, "offered": "told to ask port 4011"}
        sighting = {"id": 0, "kind": "dhcp.asked", "mac": MAC, "at": "2026-11-26T05:00:00.000Z", "daemon": "sprout-dhcp",
                    "details": details}
        observation = {"kind": "machine.seen", "daemon": "sprout-dhcp", "mac": MAC, "sighting": sighting, "message": "seen"}
        self.assertEqual(self.curl("/observations", "--data", json.dumps(observation), socket="observe")[2], "202")
        host = self.ask("/api/hosts/pve-s")
        for step in ({"event": "rebuild"}, {"event": "broke", "reason": "the disk is full."}):
            self.ask(f"/hosts/{host['id']}/advance", step, socket="command")

    def contents(self, path):
        with tarfile.open(fileobj=io.BytesIO(self.container.path(path).read_bytes())) as tar:
            return {
                member.name.removeprefix("support/"): tar.extractfile(member).read().decode(errors="replace")
                for member in tar if member.isfile()}

    def test_A6_the_box_collects_what_happened_and_no_secret_for_an_admin_who_asks_from_afar(self):
        container = self.container
        self.ask("/api/secrets/phone", {"value": CANARY}, method="PUT")
        token = self.ask("/api/tokens", {"name": "helper", "role": "admin"})["token"]
        self.failing_host()
        self.assertEqual(self.ask("/api/box/support"), {"under_way": False})
        for url in ("http://127.0.0.1", "https://127.0.0.1"):
            with self.subTest(url):
                trust = ["--fingerprint", self.ask("/api/tls")["fingerprint"]] if url.startswith("https") else []
                began = time.monotonic()
                container.output(
                    "env", f"SPROUT_TOKEN={token}", "/usr/lib/sprout/sprout", "support", "/root/s.tar.gz", "--url", url, *trust,
                    timeout=60)
                self.assertLess(time.monotonic() - began, 30)
        self.assertEqual(container.path("root/s.tar.gz").stat().st_mode & 0o777, 0o600)
        self.assertLess(container.path("root/s.tar.gz").stat().st_size, 50 << 20)

        files = self.contents("root/s.tar.gz")
        everything = "".join(files.values())
        for secret in (CANARY, token, token.removeprefix("sprout_")):
            self.assertNotIn(secret, everything)
        self.assertIn("http://10.0.0.1/(hidden)", files["provisioning.yaml"])
        self.assertIn("the disk is full.", files["hosts/pve-s/events.json"])
        self.assertIn("told to ask port 4011", files["hosts/pve-s/wire.json"])
        for daemon in test_units.DAEMONS:
            self.assertIn(f"{daemon} answers", files["doctor.txt"])
            self.assertIn(f"{daemon}.service", files["units.txt"])
            self.assertRegex(files["journal.txt"], rf"{daemon}\[\d+\]: ready")
        self.assertIn("provisioning.yaml is good", files["doctor.txt"])
        self.assertIn("127.0.0.1/8", files["network.txt"])
        self.assertRegex(files["network.txt"], r":443\b")
        self.assertIn("Linux", files["machine.txt"])
        # One gap: a host that was never installed whole has no inventory.
        self.assertEqual(len(files["missing.txt"].splitlines()), 1, files["missing.txt"])

        self.assertEqual(self.events("support.requested"), ["What whoever helps needs to see is being collected."] * 2)
        self.assertEqual(self.events("support.collected"), ["What whoever helps needs to see is collected."] * 2)
        page, _, _ = self.curl("/settings", "--header", "accept: text/html")
        self.assertRegex(page, r'href="/api/box/support/file" download>Download it</a>')

        readers = {
            "nobody": Identity("nobody", "nogroup"), "a person": Identity("nobody", "nogroup", "sprout"),
            "nginx": Identity("sprout-nginx", "sprout-nginx"), "sprout-boot": Identity("sprout-boot", "sprout-boot", "sprout-data"),
        }
        for who, identity in readers.items():
            self.assertNotEqual(container.run("cat", FILE, identity=identity).returncode, 0, who)
        viewer = self.ask("/api/tokens", {"name": "wall", "role": "viewer"})["token"]
        for path in ("/api/box/support", "/api/box/support/file"):
            _, _, status = self.curl(path, "--header", f"authorization: Bearer {viewer}", socket="front")
            self.assertEqual(status, "403", path)

    def test_A6_the_unit_has_no_power_over_the_machine(self):
        unit = (test_units.UNITS / "sprout-support.service").read_text()
        self.assertEqual(re.findall(r"^(?:User|CapabilityBoundingSet)=.*", unit, flags=re.MULTILINE),
                         ["CapabilityBoundingSet=", "User=sprout-support"])

    def test_A6_what_could_not_be_collected_is_said_and_asked_for_again(self):
        container = self.container
        folder = container.path("run/systemd/system/sprout-support.service.d")
        folder.mkdir(parents=True)
        (folder / "broken.conf").write_text("[Service]\nExecStart=\nExecStart=/bin/false\n")
        container.output("systemctl", "daemon-reload")
        self.ask("/api/box/support", {})
        until(lambda: not self.ask("/api/box/support")["under_way"], 10, "it to end")
        self.assertIn("journalctl -u sprout-support says why", self.ask("/api/box/support")["problem"])
        (folder / "broken.conf").unlink()
        container.output("systemctl", "daemon-reload")
        self.assertEqual(self.ask("/api/box/support", {})["under_way"], True)
        until(lambda: self.ask("/api/box/support").get("size"), 30, "it to be collected")


if __name__ == "__main__":
    unittest.main()
