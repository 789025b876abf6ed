"""P13: server-types.yaml is put in force when it changes; one with a mistake changes nothing and is told."""

import os
import time
import unittest

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


if __name__ == "__main__":
    unittest.main()
