"""docs/openapi.yaml, held to what the API answers (S21)."""

import os
import subprocess
import sys
import unittest

import jsonschema
import yaml

import apidoc
from harness import ROOT, Sprout
from installing import PROVISIONING, Machine, import_image

FILE = ROOT / "docs" / "openapi.yaml"
DOCUMENT = yaml.safe_load(FILE.read_text())


def resolve(node):
    while "$ref" in node:
        target = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def operation_of(method, path):
    """The description of a request, by its method and its path; a word of the path goes before a parameter."""
    words = path.split("?")[0].strip("/").split("/")
    fitting = []
    for template, operations in DOCUMENT["paths"].items():
        parts = template.strip("/").split("/")
        pairs = list(zip(parts, words))
        if len(parts) == len(words) and all(part.startswith("{") or part == word for part, word in pairs):
            fitting.append((sum(part.startswith("{") for part in parts), template, operations))
    if not fitting:
        raise AssertionError(f"{path} is not described")
    _, template, operations = min(fitting)
    return template, operations[method.lower()]


def validator(schema):
    return jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})


class Checked:
    """Sends requests, and holds each answer to the description of its operation."""

    def __init__(self, box):
        self.box = box
        self.seen = set()

    def __call__(self, method, path, body=None, headers=None):
        answer = self.box.request(method, path, body, headers)
        template, operation = operation_of(method, path)
        name = f"{method} {path} → {answer.status} {answer.body[:400]}"
        assert str(answer.status) in operation["responses"], f"{name}: this status is not described"
        described = resolve(operation["responses"][str(answer.status)])
        assert answer.headers["X-Request-Id"], f"{name}: no X-Request-Id"
        content = described.get("content", {})
        kind = (answer.headers["Content-Type"] or "").split(";")[0]
        if content and answer.status != 304:
            assert kind in content, f"{name}: {kind} is not described"
            if kind.endswith("json"):
                for error in validator(content[kind]["schema"]).iter_errors(answer.json):
                    raise AssertionError(f"{name}: {error.json_path}: {error.message}")
        self.seen.add(f"{method} {template}")
        return answer


class OpenAPITest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.box = Sprout(provisioning=PROVISIONING)
        cls.addClassCleanup(lambda: cls.box.__exit__(None))
        cls.box.start()

    def test_S21_the_answer_of_each_operation_is_as_described(self):
        ask = Checked(self.box)
        image = import_image(self.box)
        machine = Machine(self.box, 9)
        self.box.register(9, hostname="pve-9")
        ask("POST", "/api/hosts/pve-9/rebuild", {"dry_run": True})
        self.box.register(8, hostname="pve-8")
        self.assertEqual(ask("POST", "/api/hosts/pve-8/rebuild", {"confirm": "pve-8"}).status, 202)
        self.assertEqual(ask("POST", "/api/hosts/pve-8/go-on", {}).status, 409)
        self.assertEqual(ask("POST", "/api/network/seen", {}).status, 200)
        self.assertEqual(ask("POST", "/api/hosts/pve-8/cancel", {}).status, 200)
        machine.install()
        operation = self.box.get("/api/operations").json["operations"][0]["id"]
        for path in ["/api/hosts/pve-9/inventory", f"/api/operations/{operation}", f"/api/operations/{operation}/log",
                     "/api/hosts/pve-9/operations",
                     "/api/hosts/pve-9/tasks", "/api/operations?host=pve-9&outcome=ready", f"/api/images/{image}",
                     "/api/hosts/pve-9/answer", "/api/images", "/api/wire/pve-9"]:
            self.assertEqual(ask("GET", path).status, 200, path)
        self.logs(ask)
        self.assertEqual(ask("POST", f"/api/images/{image}/verify", {}).status, 200)
        ask("POST", "/api/hosts", {"mac": "52:54:00:00:00:01", "server_type": "vm", "hostname": "pve-1"})
        ask("POST", "/api/hosts", {"mac": 7})
        ask("PATCH", "/api/hosts/pve-1", {"labels": {"rack": "a"}})
        ask("PATCH", "/api/hosts/pve-1", {"address": "x"})
        self.box.get("/ipxe/52:54:00:00:00:77", headers={"User-Agent": "iPXE/1"})
        ask("GET", "/ipxe/52:54:00:00:00:77")
        ask("GET", "/ipxe/52:54:00:00:00:77/report?serial=A1&product=MS-01")
        for path in self.reads():
            ask("GET", path)
        for method, path, body in self.changes():
            ask(method, path, body)
        described = {f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods}
        # What follows needs the token of an operation, and streams do not end: other tests read them.
        unseen = described - ask.seen - {
            "GET /events", "GET /wall/events", "GET /api/wire/live", "GET /api/operations/{id}/log/live"}
        self.assertEqual(sorted(unseen), [])

    def logs(self, ask):
        """All logs inside an installer, from the wish to the file."""
        machine = Machine(self.box, 7)
        self.box.register(7, hostname="pve-7")
        machine.begin()
        path = f"/api/operations/{self.box.get('/api/operations').json['operations'][0]['id']}/log"
        self.assertEqual(ask("POST", f"{path}/bundle", {}).status, 409)
        machine.tell("low a")
        self.assertEqual(ask("POST", f"{path}/bundle", {"reason": "to see"}).status, 202)
        order = machine.tell(first=2).body.decode().split()[-2]
        token = {"Authorization": f"Bearer {machine.token}", "Content-Type": "application/gzip"}
        for content, status in [(b"x", 422), (b"\x1f\x8b", 204)]:
            answer = ask("POST", f"/api/boot/telemetry/logs?order={order}", content, token)
            self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(ask("GET", f"{path}/bundle").body, b"\x1f\x8b")
        self.assertEqual(ask("GET", path).json["bundle"]["state"], "arrived")
        machine.finish()

    def reads(self):
        hosts = ["", "/answer", "/operations", "/tasks", "/events", "/power", "/inventory"]
        return [
            "/api/hosts", "/api/hosts?state=registered&type=vm&q=PVE", "/api/hosts?limit=0", "/api/hosts?state=x",
            *[f"/api/hosts/pve-1{part}" for part in hosts], "/api/hosts/nobody", "/api/events?limit=5",
            "/api/events?kind=host.registered", "/api/events?since=x", "/api/operations", "/api/operations?outcome=x",
            "/api/operations/none", "/api/operations/none/log", "/api/operations/none/log/bundle", "/api/discoveries", "/api/discoveries?ignored=true", "/api/images",
            "/api/images/imports", "/api/images/none", "/api/network/boot-options", "/api/network/servers", "/api/wire",
            "/api/wire/52:54:00:00:00:77", "/api/wire/nobody", "/api/server-types", "/api/server-types/vm",
            "/api/server-types/none", "/api/notifications", "/api/secrets", "/health", "/metrics", "/", "/hosts/pve-1",
            "/notifications", "/api", "/api/openapi.yaml", "/boot/vmlinuz?token=none", "/netboot/none.efi",
            "/api/hosts/0/first-boot-script?token=none", "/api/backups", "/api/backups/none.backup", "/api/box",
            "/api/network", "/api/network/ports", "/api/settings", "/api/settings/files/provisioning", "/api/settings/files/none",
            "/api/setup", "/api/account", "/api/users", "/api/tokens", "/api/tls",
            "/api/box/support", "/api/box/support/file",
        ]

    def changes(self):
        machine = {"product": {"product": "pve"}, "iso": {"release": "9.2"}, "dmi": {}, "network_interfaces": []}
        upload = {"name": "a.iso", "size": 3}
        return [
            ("POST", "/api/boot/answer", machine), ("POST", "/api/boot/telemetry?run=0123456789abcdef&first=1&up=1", b""),
            ("POST", "/api/boot/telemetry/logs?order=1", b"x"), ("POST", "/api/operations/none/log/bundle", {}),
            ("POST", "/api/hosts/0/installed", {"fqdn": "a.b"}),
            ("POST", "/api/hosts/0/phone-home", {}), ("POST", "/api/hosts/pve-1/rebuild", {"dry_run": True}),
            ("POST", "/api/hosts/pve-1/rebuild", {"dry_ran": True}), ("POST", "/api/hosts/pve-1/cancel", {}),
            ("POST", "/api/hosts/pve-1/power", {"action": "on"}), ("POST", "/api/hosts/pve-1/tasks/1/retry", {}),
            ("POST", "/api/discoveries/52:54:00:00:00:77/ignore", {"ignored": False}),
            ("POST", "/api/discoveries/52:54:00:00:00:77/accept", {"server_type": "vm", "hostname": "pve-2"}),
            ("POST", "/api/wire/pve-2/trust", {"serial": "A1"}), ("POST", "/api/cluster/check", {}),
            ("PUT", "/api/cluster/trust", {"fingerprint": "x"}), ("POST", "/api/cluster/key", {}),
            ("POST", "/api/notifications/test", {}), ("PUT", "/api/secrets/a", {"value": "x"}),
            ("DELETE", "/api/secrets/a", None), ("POST", "/api/images/uploads", upload),
            ("PUT", "/api/images/uploads/none?offset=0", b"abc"), ("POST", "/api/images/uploads/none/import", {}),
            ("PATCH", "/api/settings", {"installation.country": "de"}), ("PATCH", "/api/settings", {"pxe.answer": "x"}),
            ("PATCH", "/api/settings", {"credentials.root_password": "a long password"}),
            ("PUT", "/api/settings/files/server-types", {"text": "server_types:\n  vm: {boot_disk: x}\n", "version": "x"}),
            ("PUT", "/api/settings/files/provisioning", {"text": "pxe: 1", "version": "x"}),
            ("POST", "/api/backups", {"passphrase": "a long passphrase"}), ("DELETE", "/api/backups/none.backup", None),
            ("PUT", "/api/box/update?offset=0", b"abc"), ("POST", "/api/box/update/check", {}), ("POST", "/api/box/update", {}),
            ("POST", "/api/box/clock", {"time": 1}), ("POST", "/api/box/restart", {}), ("POST", "/api/box/seen", {}), ("POST", "/api/box/power-off", {}),
            ("POST", "/api/box/factory-reset", {"confirm": "erase sprout"}),
            ("PUT", "/api/restore?offset=0", b"abc"), ("POST", "/api/restore", {"passphrase": "a long passphrase"}),
            ("POST", "/api/images/downloads", {"url": "http://127.0.0.1/x.iso"}), ("DELETE", "/api/images/downloads/0", None),
            ("DELETE", "/api/images/none", None), ("DELETE", "/api/hosts/pve-2", None),
            ("POST", "/api/users", {"name": "anna", "role": "admin", "password": "correct horse"}),
            ("POST", "/api/users", {"name": "bert", "role": "boss", "password": "correct horse"}),
            ("PATCH", "/api/users/anna", {"role": "viewer"}), ("PATCH", "/api/users/anna", {"password": "another one"}),
            ("DELETE", "/api/users/nobody", None), ("POST", "/api/tokens", {"name": "ci", "role": "viewer"}),
            ("DELETE", "/api/tokens/ci", None), ("PUT", "/api/account/password", {"current": "a", "new": "b"}),
            ("POST", "/api/account/sign-out", {"everywhere": True}), ("PUT", "/api/tls", {"certificate": "x"}),
            ("POST", "/api/tls/renew", {}), ("POST", "/api/box/support", {}),
        ]


class BehaviourTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.box = Sprout()
        cls.addClassCleanup(lambda: cls.box.__exit__(None))
        cls.box.start()

    def test_a_change_is_refused_when_somebody_was_faster(self):
        self.box.register(1, hostname="pve-1")
        seen = self.box.get("/api/hosts/pve-1").headers["ETag"]
        self.assertEqual(self.box.get("/api/hosts/pve-1", headers={"If-None-Match": seen}).status, 304)
        mine = {"If-Match": seen}
        changed = self.box.request("PATCH", "/api/hosts/pve-1", {"labels": {"rack": "a"}}, mine)
        self.assertEqual(changed.status, 200, changed.body)
        stale = self.box.request("PATCH", "/api/hosts/pve-1", {"labels": {"rack": "b"}}, mine)
        self.assertEqual((stale.status, stale.json["title"]), (412, "Precondition Failed"))
        self.assertIn("has changed since you looked", stale.json["detail"])
        self.assertEqual(self.box.get("/api/hosts/pve-1", headers={"If-None-Match": seen}).status, 200)
        self.assertEqual(self.box.get("/api/hosts/pve-1").json["labels"], {"rack": "a"})

    def test_a_tag_that_was_compressed_on_its_way_counts(self):
        self.box.register(3, hostname="pve-4", labels={f"label-{number}": "x" * 200 for number in range(10)})
        answer = self.box.get("/api/hosts/pve-4", headers={"Accept-Encoding": "gzip"})
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        tag = answer.headers["ETag"]
        self.assertTrue(tag.startswith('W/"'), tag)
        self.assertEqual(self.box.get("/api/hosts/pve-4", headers={"If-None-Match": tag}).status, 304)
        changed = self.box.request("PATCH", "/api/hosts/pve-4", {"labels": {}}, {"If-Match": f'"none", {tag}'})
        self.assertEqual(changed.status, 200, changed.body)

    def test_the_same_key_does_a_thing_once(self):
        body = {"mac": "52:54:00:00:01:01", "server_type": "vm"}
        first, again = [
            self.box.request("POST", "/api/hosts", body, {"Idempotency-Key": "a key, of mine"}) for _ in range(2)]
        self.assertEqual((first.status, again.status, again.json), (201, 201, first.json))
        other = self.box.request("POST", "/api/hosts", {**body, "mac": "52:54:00:00:01:02"},
                                 {"Idempotency-Key": "a key, of mine"})
        self.assertEqual((other.status, other.json["field"]), (422, "Idempotency-Key"))
        event = self.box.get(f"/api/hosts/{first.json['id']}/events").json[0]
        self.assertEqual(event["request"], first.headers["X-Request-Id"])

    def test_unknown_fields_are_refused_with_the_name_that_was_meant(self):
        self.box.register(2, hostname="pve-3")
        for path, body, field, guess in [
            ("/api/hosts", {"server_typ": "vm"}, "server_typ", "server_type"),
            ("/api/hosts/pve-3/rebuild", {"dryrun": True}, "dryrun", "dry_run"),
            ("/api/hosts/pve-3/power", {"acton": "on"}, "acton", "action"),
            ("/api/images/uploads", {"nam": "x"}, "nam", "name"),
            ("/api/images/downloads", {"uri": "x"}, "uri", "url"),
            ("/api/wire/pve-3/trust", {"serail": "x"}, "serail", "serial"),
        ]:
            answer = self.box.request("POST", path, body)
            self.assertEqual((answer.status, answer.json["field"]), (422, field), answer.body)
            self.assertIn(f"Did you mean {guess}?", answer.json["detail"])

    def test_lists_are_cut_into_pages_and_filtered(self):
        for number in range(10, 15):
            self.box.register(number, hostname=f"page-{number}", labels={"rack": "Zebra"})
        seen, after = [], ""
        while after is not None:
            page = self.box.get(f"/api/events?kind=host.registered&limit=2{after and '&after=' + after}").json
            seen, after = seen + [event["id"] for event in page["events"]], page["next"]
        self.assertEqual(seen, sorted(set(seen), reverse=True))
        self.assertGreaterEqual(len(seen), 5)
        names = lambda query: sorted(host["hostname"] for host in self.box.get(f"/api/hosts?{query}").json["hosts"])
        self.assertEqual(names("q=page-1"), [f"page-{number}" for number in range(10, 15)])
        self.assertEqual(len(names("q=zebra&state=registered&type=vm")), 5)
        self.assertEqual((names("q=zebra&type=ms01"), names("q=52:54:00:00:00:0a")), ([], ["page-10"]))
        wrong = self.box.get("/api/hosts?state=redy")
        self.assertEqual((wrong.status, wrong.json["field"]), (400, "state"))
        self.assertIn("Did you mean ready?", wrong.json["detail"])

    def test_every_response_has_one_request_id(self):
        for path, status in [("/assets/sprout.css", 200), ("/assets/none", 404), ("/api/openapi.yaml", 200),
                             ("/api/none", 404), ("/ipxe/x", 400), ("/netboot/none", 404)]:
            answer = self.box.get(path)
            self.assertEqual((answer.status, len(answer.headers.get_all("X-Request-Id") or [])), (status, 1), path)
        large = self.box.request("POST", "/api/hosts", b"x" * (2 << 20), {"Content-Type": "application/json"})
        self.assertEqual((large.status, len(large.headers.get_all("X-Request-Id"))), (413, 1))


class ReadablePageTest(unittest.TestCase):
    def test_the_page_is_made_from_the_document(self):
        self.assertEqual(apidoc.PAGE.read_text(), apidoc.page(DOCUMENT), "run `make docs`")
        self.assertEqual(apidoc.COPY.read_text(), FILE.read_text(), "run `make docs`")


class SchemathesisTest(unittest.TestCase):
    """Requests that nobody would think of, made from the document: right ones, and wrong ones."""

    CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance",
              "response_schema_conformance", "response_headers_conformance"]

    def test_S21_whatever_is_asked_is_answered_as_described(self):
        with Sprout(provisioning=PROVISIONING) as box:
            for number in range(1, 4):
                box.register(number, hostname=f"pve-{number}")
            done = subprocess.run(
                [sys.executable, "-m", "schemathesis.cli", "run", FILE, "--url", box.url,
                 "--header", f"Authorization: Bearer {box.token}", "--checks",
                 ",".join(self.CHECKS), "--phases", "examples,coverage,fuzzing", "--max-examples", "12", "--seed", "6",
                 "--mode", "all", "--workers", "1", "--generation-database", "none", "--no-shrink", "--max-failures", "60",
                 # Streams do not end.
                 "--exclude-path", "/events", "--exclude-path", "/wall/events", "--exclude-path", "/api/wire/live",
                 "--exclude-path", "/api/operations/{id}/log/live",
                 # It can make no tar.gz, right or wrong: test_telemetry sends them.
                 "--exclude-path", "/api/boot/telemetry/logs",
                 "--request-timeout", "10", "--suppress-health-check", "all"],
                cwd=box.state, env={**os.environ, "PYTHONPATH": ""}, capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stdout[-30000:] + done.stderr[-2000:])
