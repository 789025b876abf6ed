"""P13: server-types.yaml is put in force when it changes; one with a mistake changes nothing and is told."""

import difflib
import json
import os
import re
import time
import unittest
from concurrent import futures
from pathlib import Path

from harness import SERVER_TYPES, Sprout, until


class ServerTypesTest(unittest.TestCase):
    def setUp(self):
        self.box = Sprout()
        self.addCleanup(lambda: self.box.__exit__(None))
        self.box.start()
        self.file = self.box.config / "server-types.yaml"

    def types(self):
        return self.box.get("/api/server-types").json

    def write(self, text):
        """As an editor saves: a new file, renamed over the old one."""
        draft = self.file.with_suffix(".new")
        draft.write_text(text)
        os.rename(draft, self.file)

    def test_P13_a_change_is_live_within_two_seconds(self):
        start = time.monotonic()
        self.write(SERVER_TYPES + "  nuc:\n    boot_disk: /dev/sda\n")
        until(lambda: "nuc" in [kind["key"] for kind in self.types()["server_types"]], 2)
        self.assertLess(time.monotonic() - start, 2)
        answer = self.box.register(1, server_type="nuc")
        self.assertEqual((answer.status, answer.json["hostname"]), (201, "nuc-01"))

    def test_P13_a_mistake_leaves_the_old_ones_and_shows_its_line(self):
        before = self.types()
        with self.box.events() as next_event:
            self.file.write_text(SERVER_TYPES + "  nuc:\n    boot_dsk: /dev/sda\n")
            event = next_event("server_types.rejected")
        line = len(SERVER_TYPES.splitlines()) + 2
        place = f"server-types.yaml:{line}:5: server_types.nuc.boot_dsk: "
        self.assertIn(place, event["data"]["message"])
        after = self.types()
        self.assertIn(place, after["problem"])
        self.assertEqual(after["server_types"], before["server_types"])
        self.assertIn(place, self.box.get("/").body.decode())
        self.assertEqual(self.box.register(1).status, 201)
        self.write(SERVER_TYPES)
        until(lambda: self.types()["problem"] is None, 2)

    def test_P13_hosts_under_way_keep_the_version_they_started_with(self):
        host = self.box.register(1).json
        version = self.types()["version"]
        self.box.command("POST", f"/hosts/{host['id']}/advance", {"event": "rebuild"})
        self.write(SERVER_TYPES.replace("Virtual machine", "Renamed"))
        until(lambda: self.types()["version"] > version, 2)
        operation = self.box.sql("SELECT server_types_version FROM operation WHERE ended_at IS NULL")
        self.assertEqual(operation, [str(version)])
        kept = self.box.sql(f"SELECT display_name FROM server_type WHERE key = 'vm' AND version = {version}")
        self.assertEqual(kept, ["Virtual machine"])

    def test_a_file_that_is_gone_is_told_and_its_types_stay(self):
        self.file.unlink()
        until(lambda: self.types()["problem"], 2)
        self.assertIn("No such file", self.types()["problem"])
        self.assertEqual(self.box.register(1).status, 201)


class ProvisioningTest(unittest.TestCase):
    def test_a_change_is_in_force_at_once_and_a_mistake_changes_nothing(self):
        with Sprout() as box, box.events() as next_event:
            file = box.config / "provisioning.yaml"
            answer = "SELECT value FROM setting WHERE key = 'pxe.answer'"
            self.assertEqual(box.sql(answer), ["all"])
            file.write_text("pxe:\n  answer: known\n")
            event = next_event("settings.loaded")["data"]
            self.assertEqual(event["message"], "Settings: pxe.answer is known.")
            file.write_text("pxe:\n  answer: nobody\n")
            event = next_event("settings.rejected")["data"]
            self.assertIn('provisioning.yaml:2:11: pxe.answer: found "nobody"', event["message"])
            self.assertEqual(box.sql(answer), ["known"])


EXAMPLE = Path(__file__).parents[2] / "deploy" / "provisioning.example.yaml"


class FromAfarTest(unittest.TestCase):
    """Settings that are changed by API, command and page: the files stay what an editor changes."""

    def setUp(self):
        self.box = self.enterContext(Sprout(provisioning=EXAMPLE.read_text()))
        self.file = self.box.config / "provisioning.yaml"

    def change(self, **options):
        return self.box.request("PATCH", "/api/settings", {key.replace("__", "."): value for key, value in options.items()})

    def in_force(self, key):
        return "".join(self.box.sql(f"SELECT value FROM setting WHERE key = '{key}'"))

    def test_a_value_is_in_force_at_once_and_its_author_is_known(self):
        before = self.file.read_text()
        answer = self.change(pxe__answer="known", installation__timezone="Europe/Berlin", server__require_https=False)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.json["values"]["installation.timezone"], "Europe/Berlin")
        self.assertEqual(self.in_force("pxe.answer"), "known")
        changed = [line for line in difflib.ndiff(before.splitlines(), self.file.read_text().splitlines()) if line[0] in "+-"]
        self.assertEqual(changed, ["-   answer: all", "+   answer: known", "-   timezone: UTC", "+   timezone: Europe/Berlin"])
        event = self.box.sql("SELECT message, actor, request FROM event WHERE kind = 'settings.changed'")
        self.assertEqual(len(event), 1)
        self.assertIn("pxe.answer is known (it was all), installation.timezone is Europe/Berlin (it was UTC)", event[0])
        self.assertIn(answer.headers["x-request-id"], event[0])
        # What is as it was changes nothing, and is no event.
        self.assertEqual(self.change(pxe__answer="known").status, 200)
        self.assertEqual(len(self.box.sql("SELECT 1 FROM event WHERE kind = 'settings.changed'")), 1)
        self.assertEqual(self.change(pxe__answer=None).json["values"]["pxe.answer"], "all")

    def test_what_is_wrong_is_told_at_its_key_and_nothing_is_written(self):
        before = self.file.read_text()
        for wish, field, part in [
            ({"pxe.answer": "nobody"}, "pxe.answer", "allowed: all or known"),
            ({"pxe.answer": "known", "installation.country": "zz"}, "installation.country", "zz"),
            ({"proxmox.join_fingerprint": "AB:" * 31 + "AB"}, "proxmox.existing_node", "is needed"),
            ({"pxe.answr": "all"}, "pxe.answr", "There is no setting"),
            ({"notifications": "x"}, "notifications", "There is no setting"),
            ({"pxe.interface": "eno1\nserver: {}"}, "pxe.interface", ""),
        ]:
            answer = self.box.request("PATCH", "/api/settings", wish)
            self.assertEqual((answer.status, answer.json["field"]), (422, field), answer.body)
            self.assertIn(part, answer.json["detail"])
            self.assertNotIn(str(self.box.config), answer.json["detail"])
        self.assertEqual(self.box.request("PATCH", "/api/settings", {"pxe.answer": []}).status, 422)
        self.assertEqual(self.file.read_text(), before)

    def test_machines_are_not_answered_where_they_cannot_reach_this_sprout(self):
        answer = self.change(pxe__enabled=True, pxe__interface="lo")
        self.assertEqual((answer.status, answer.json["field"]), (409, "pxe.enabled"))
        self.assertIn("start it as root, with --listen 0.0.0.0:80", answer.json["detail"])

    def test_a_file_is_replaced_by_who_has_seen_it_and_its_hash_is_shown_to_nobody(self):
        self.assertEqual(
            self.box.cli("config", "set", "credentials.root_password", input="correct horse battery\n").returncode, 0)
        hash = re.search(r'root_password_hash: "(\$y\$[^"]+)"', self.file.read_text())[1]
        seen = self.box.get("/api/settings/files/provisioning").json
        self.assertNotIn(hash, json.dumps([seen, self.box.get("/api/settings").json]))
        self.assertNotIn(hash, "".join(self.box.sql("SELECT message FROM event")))
        wish = {"text": seen["text"] + "notifications:\n  - kind: webhook\n    url: http://10.0.0.1/\n", "version": seen["version"]}
        wish["text"] = wish["text"].replace("\nnotifications:\n#", "\n#")
        answer = self.box.request("PUT", "/api/settings/files/provisioning", wish)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn(hash, self.file.read_text())
        self.assertEqual(len(self.box.get("/api/notifications").json["targets"]), 1)
        # Who has seen an older one would undo that.
        wish["text"] += "# mine\n"
        answer = self.box.request("PUT", "/api/settings/files/provisioning", wish)
        self.assertEqual((answer.status, answer.json["field"]), (412, "version"))
        # The same again, because an answer was lost, is no mistake.
        now = self.box.get("/api/settings/files/provisioning").json
        self.assertEqual(self.box.request("PUT", "/api/settings/files/provisioning", {**now, "version": "old"} | {}).status, 422)
        again = {"text": now["text"], "version": "old"}
        self.assertEqual(self.box.request("PUT", "/api/settings/files/provisioning", again).status, 200)
        wrong = {"text": now["text"] + "pxe: {}\n", "version": now["version"]}
        answer = self.box.request("PUT", "/api/settings/files/provisioning", wrong)
        self.assertEqual(answer.status, 422)
        self.assertRegex(answer.json["detail"], r"^provisioning.yaml:\d+:1: duplicate key \"pxe\"")
        self.assertEqual(self.box.get("/api/settings/files/passwords").status, 404)

    def test_server_types_are_replaced_by_the_command(self):
        file = self.box.state / "types.yaml"
        file.write_text(self.box.cli("config", "file", "server-types").stdout + "  nuc:\n    boot_disk: /dev/sda\n")
        self.assertIn("in force", self.box.cli("config", "replace", "server-types", str(file)).stdout)
        self.assertEqual(self.box.register(1, server_type="nuc").status, 201)
        file.write_text("server_types:\n  nuc:\n    boot_dsk: x\n")
        refused = self.box.cli("config", "replace", "server-types", str(file))
        self.assertEqual(refused.returncode, 1)
        self.assertIn("server-types.yaml:3:5: server_types.nuc.boot_dsk", refused.stderr)

    def test_a_password_is_not_taken_over_plain_http(self):
        answer = self.change(credentials__root_password="correct horse battery")
        self.assertEqual((answer.status, answer.json["field"]), (403, "credentials.root_password"))
        self.assertNotIn("root_password_hash: \"$y", self.file.read_text().replace("# root_password_hash", ""))
        refused = self.box.cli("config", "set", "credentials.root_password", input="short\n")
        self.assertIn("at least 8 characters", refused.stderr)

    def test_a_file_that_is_a_link_or_may_not_be_written(self):
        real = self.box.config / "kept-elsewhere.yaml"
        os.rename(self.file, real)
        self.file.symlink_to(real)
        self.assertEqual(self.change(pxe__answer="known").status, 200)
        self.assertTrue(self.file.is_symlink())
        self.assertIn("  answer: known", real.read_text())

    def test_those_who_are_no_admins_change_and_see_none_of_it(self):
        for role in ("viewer", "operator"):
            token = {"Authorization": f"Bearer {self.box.new_token(f'a-{role}', role)}"}
            for method, path in [("GET", ""), ("PATCH", ""), ("GET", "/files/provisioning"), ("PUT", "/files/provisioning")]:
                answer = self.box.request(method, f"/api/settings{path}", {} if method != "GET" else None, headers=token)
                self.assertEqual(answer.status, 403, (role, method, path))

    def test_two_changes_at_once_lose_none(self):
        keys = {"pxe.answer": "known", "installation.country": "de", "installation.keyboard": "de", "installation.domain": "lab.example.org"}
        with futures.ThreadPoolExecutor() as pool:
            answers = list(pool.map(lambda pair: self.box.request("PATCH", "/api/settings", dict([pair])), keys.items()))
        self.assertEqual({answer.status for answer in answers}, {200})
        values = self.box.get("/api/settings").json["values"]
        self.assertEqual({key: values[key] for key in keys}, keys)

    def test_the_ports_of_the_box_are_told(self):
        ports = self.box.get("/api/network/ports").json["ports"]
        self.assertEqual({port["name"] for port in ports}, set(os.listdir("/sys/class/net")) - {"lo"})
        self.assertIn(ports[0]["name"], self.box.cli("network", "ports").stdout)


if __name__ == "__main__":
    unittest.main()
