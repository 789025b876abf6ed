"""People are told what becomes of hosts: each message once to each target, whatever happens in between."""

import hashlib
import hmac
import json
import unittest

from harness import Sprout, until
from installing import PROVISIONING, Machine, import_image
from receiver import Receiver
from test_inventory import tasks


class NotificationTest(unittest.TestCase):
    def setUp(self):
        self.ntfy = self.enterContext(Receiver())
        self.hook = self.enterContext(Receiver())

    def box(self, ntfy="", hook=""):
        box = Sprout(provisioning=PROVISIONING + (
            "notifications:\n"
            f"  - kind: ntfy\n    url: {self.ntfy.url}/topic-7f\n    secret: phone\n{ntfy}"
            f"  - kind: webhook\n    url: {self.hook.url}/hook/T0KEN\n    secret: chat\n{hook}"))
        with open(box.config / "provisioning.yaml", "a") as file:
            file.write(f"server:\n  public_url: {box.url}\n")
        self.enterContext(box)
        box.store_secret("phone", "tk_canary")
        box.store_secret("chat", "canary-key")
        import_image(box)
        return box

    def begin(self, box, number=1, **fields):
        box.register(number, hostname=f"pve-{number}", **fields)
        machine = Machine(box, number)
        return machine

    def titles(self, receiver):
        return [body["title"] for body in receiver.bodies()]

    def done(self, box, count):
        """So many messages have gone to everybody who is to have them."""
        statement = "SELECT count(*) FROM effect WHERE kind = 'notify' AND done_at IS NOT NULL"
        until(lambda: box.sql(statement) == [str(count)], 30, "the messages to be done with")

    def test_E1_a_person_is_told_which_button_to_press_and_that_the_host_is_ready(self):
        self.ntfy.up()
        self.hook.up()
        box = self.box()
        machine = self.begin(box)
        self.assertEqual(machine.arm().status, 202)
        self.done(box, 1)
        self.assertEqual(self.titles(self.ntfy), ["pve-1 needs you"])
        machine.boot()
        machine.load_all()
        for step in [machine.ask, machine.first_boot_script, machine.tell_installed, machine.phone_home]:
            self.assertEqual(step().status, 200)
        self.done(box, 2)
        for receiver in [self.ntfy, self.hook]:
            self.assertEqual(self.titles(receiver), ["pve-1 needs you", "pve-1 is ready"])
        page = f"{box.url}/hosts/{machine.host()['id']}"
        asked, ready = self.ntfy.received
        self.assertEqual((asked.method, asked.path, asked.headers["authorization"]), ("POST", "/", "Bearer tk_canary"))
        self.assertEqual(json.loads(asked.body), {
            "topic": "topic-7f", "title": "pve-1 needs you", "message": "Press the power button of pve-1.",
            "priority": 4, "tags": ["point_right"], "click": page})
        self.assertEqual((json.loads(ready.body)["priority"], json.loads(ready.body)["click"]), (3, page))
        for request in self.hook.received:
            self.assertEqual(request.path, "/hook/T0KEN")
            signature = hmac.new(b"canary-key", request.body, hashlib.sha256).hexdigest()
            self.assertEqual(request.headers["x-sprout-signature"], f"sha256={signature}")
            self.assertEqual(request.headers["x-sprout-delivery"], json.loads(request.body)["delivery"])
        self.assertEqual([body["event"] for body in self.hook.bodies()], ["host.needs_you", "host.ready"])
        self.assertEqual(self.hook.bodies()[0]["host"], {"id": machine.host()["id"], "hostname": "pve-1"})

    def test_a_target_that_is_down_gets_it_later_and_the_other_one_never_twice(self):
        self.hook.up()
        box = self.box(ntfy="    on: [failed]\n", hook="    on: failed\n")
        machine = self.begin(box)
        machine.begin()
        failed = box.command("POST", f"/hosts/{machine.host()['id']}/advance", {
            "event": "broke", "reason": "its disk is gone. Look at its cables, then rebuild it."})
        self.assertEqual(failed.json["state"], "failed")
        until(lambda: self.hook.received, what="the target that is up")
        task = until(lambda: [task for task in tasks(box, kind="notify") if task["problem"]], what="the other's problem")[0]
        self.assertIn(f"notifications[0]: http://127.0.0.1:{self.ntfy.port} gives no answer", task["problem"])
        box.stop()
        self.ntfy.statuses = [500]
        self.ntfy.up()
        box.start()
        until(lambda: len(self.ntfy.received) == 2, 40, "the try after the one that failed")
        self.done(box, 2)
        first, second = self.ntfy.bodies()
        self.assertEqual(first, second)
        self.assertEqual(
            (second["title"], second["message"]), ("pve-1 failed", "Its disk is gone. Look at its cables, then rebuild it."))
        self.assertEqual(len(self.hook.received), 1, "who has it is not told again, not even after a restart")
        self.assertEqual(tasks(box, kind="notify"), [])
        told = box.log() + "".join(box.sql("SELECT message FROM event"))
        for secret in ["canary", "T0KEN", "topic-7f"]:
            self.assertNotIn(secret, told)

    def test_who_stops_an_operation_is_not_told_and_each_target_is_told_what_it_wants(self):
        self.ntfy.up()
        self.hook.up()
        box = self.box(ntfy="    on: ready\n", hook="    on: [failed]\n")
        for number, end in [(1, "cancel"), (2, "broke")]:
            machine = self.begin(box, number)
            machine.begin()
            box.command("POST", f"/hosts/{machine.host()['id']}/advance", {"event": end, "reason": "so it is."})
            self.assertEqual(machine.state(), "failed")
        self.begin(box, 3).install()
        until(lambda: self.ntfy.received and self.hook.received, what="the messages")
        # Three that wait for a person, one that failed, one that is ready.
        self.done(box, 5)
        self.assertEqual(self.titles(self.ntfy), ["pve-3 is ready"])
        self.assertEqual(self.titles(self.hook), ["pve-2 failed"])

    def test_a_message_that_nobody_took_for_a_day_is_given_up(self):
        box = self.box()
        machine = self.begin(box)
        machine.begin()
        # What a person was needed for is over: only the end is still to be told.
        box.command("POST", f"/hosts/{machine.host()['id']}/advance", {"event": "broke", "reason": "so it is."})
        until(lambda: [task for task in tasks(box, kind="notify") if task["attempts"] >= 1], 30, "the first try")
        box.stop()
        day = 24 * 3600 * 1000 + 1000
        self.write(box, f"UPDATE operation SET ended_at = ended_at - {day}; "
                   f"UPDATE effect SET due_at = due_at - {day}, progress = NULL WHERE kind = 'notify'")
        box.start()
        given_up = "SELECT message FROM event WHERE message LIKE 'Nobody was told that pve-1 failed%'"
        until(lambda: box.sql(given_up), 30, "the end of the tries")
        self.assertIn("given up after a day", box.sql(given_up)[0])
        self.assertEqual(tasks(box, kind="notify"), [])

    def write(self, box, statements):
        import sqlite3
        connection = sqlite3.connect(box.state / "db" / "sprout.db")
        connection.executescript(statements)
        connection.close()

    def test_a_test_message_goes_to_everybody_and_says_who_took_it(self):
        self.ntfy.up()
        box = self.box()
        listed = box.get("/api/notifications").json["targets"]
        self.assertEqual(
            [(target["number"], target["kind"], target["server"], target["secret"]) for target in listed],
            [(0, "ntfy", self.ntfy.url, "phone"), (1, "webhook", self.hook.url, "chat")])
        self.assertIn("needs_you", box.cli("notifications", "list").stdout)
        tested = box.cli("notifications", "test")
        self.assertEqual(tested.returncode, 1, tested.stdout)
        self.assertIn("has taken it", tested.stdout)
        self.assertIn("gives no answer", tested.stdout)
        self.assertIn("1 of 2 did not take it", tested.stderr)
        self.hook.up()
        answer = box.request("POST", "/api/notifications/test", {})
        self.assertEqual([target["accepted"] for target in answer.json["targets"]], [True, True])
        self.assertEqual(self.titles(self.hook), ["Sprout can reach you"])
        self.assertEqual(self.hook.bodies()[0]["event"], "test")
        page = box.get("/notifications").body.decode()
        self.assertIn(f"ntfy at {self.ntfy.url}", page)
        self.assertNotIn("has taken", page)
        tried = box.request("POST", "/notifications", b"", {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(tried.body.decode().count("It has taken the message."), 2)
        strange = box.request("POST", "/notifications", b"", {"Sec-Fetch-Site": "cross-site"})
        self.assertEqual(strange.status, 403)
        self.assertEqual(len(self.hook.received), 2)
        box.cli("secrets", "remove", "phone")
        refused = box.request("POST", "/api/notifications/test", {}).json["targets"][0]
        self.assertEqual(
            (refused["accepted"], refused["problem"]),
            (False, "notifications[0]: The secret phone is not stored. Store it with: sprout secrets set phone"))
        self.assertEqual(box.request("POST", "/api/notifications/test", b"").status, 415, "a page of another site may not")

    def test_without_a_target_nothing_is_left_to_be_done(self):
        box = self.enterContext(Sprout(provisioning=PROVISIONING))
        import_image(box)
        self.assertIn("Nobody is told anything", box.cli("notifications", "list").stdout)
        self.assertIn("Nobody is told anything", box.cli("notifications", "test").stdout)
        self.begin(box).install()
        until(lambda: box.get("/api/hosts/pve-1/tasks").json["tasks"] == [], what="nothing to be left")


if __name__ == "__main__":
    unittest.main()
