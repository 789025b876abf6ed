"""What is told from inside installers, as Sprout takes it, keeps it and shows it."""

import gzip
import json
import os
import re
import pathlib
import tempfile
import time
import threading
import unittest

from harness import PROGRAMS, SERVER_TYPES, Sprout, until
from installing import PROVISIONING, Machine, import_image
from terminal import Terminal

RETRIED = """  retried:
    boot_disk: /dev/vda
    retry: true
"""
BY_SERIAL = """  by-serial:
    display_name: Known by its disk
    boot_disk:
      serial: S-1
    hostname_prefix: pve-
"""
HOSTILE = "<img src=x onerror=alert(1)>"


class TelemetryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.box = cls.enterClassContext(Sprout(provisioning=PROVISIONING, server_types=SERVER_TYPES + BY_SERIAL + RETRIED))
        import_image(cls.box)
        cls.count = 0

    def armed(self, **fields):
        type(self).count += 1
        self.box.register(self.count, hostname=f"pve-{self.count}", **fields)
        machine = Machine(self.box, self.count)
        self.assertEqual(machine.arm().status, 202)
        return machine

    def machine(self):
        machine = self.armed()
        machine.start_installer()
        return machine

    def operation(self, machine):
        return self.box.get(f"/api/hosts/{machine.mac}/operations").json["operations"][0]["id"]

    def log(self, machine, **query):
        words = "&".join(f"{key}={value}" for key, value in query.items())
        return self.box.get(f"/api/operations/{self.operation(machine)}/log?{words}").json

    def test_P6_lines_and_percentage_are_there_as_soon_as_they_are_told(self):
        machine = self.machine()
        with self.box.events() as next_event:
            told = machine.tell("agent program proxmox-auto-installer began", "auto INFO: progress  42.0 % - unpacking")
            self.assertEqual((told.status, told.body), (200, b"next 3\n"))
            begin = time.monotonic()
            event = next_event()
            while event.get("event") != "progress":
                event = next_event()
            self.assertLess(time.monotonic() - begin, 2)
            self.assertEqual(event["data"]["sentence"], "42 %: unpacking")
        log = self.log(machine)
        self.assertEqual(log["report"]["percent"], 42)
        self.assertEqual([line["text"] for line in log["lines"]],
                         ["program proxmox-auto-installer began", "INFO: progress  42.0 % - unpacking"])
        self.assertIn(b"42 %: unpacking", self.box.get("/").body)
        shown = self.box.cli("operations", "log", self.operation(machine))
        self.assertIn("auto  INFO: progress  42.0 % - unpacking", shown.stdout)
        file = self.box.get(f"/ops/{self.operation(machine)}/log")
        self.assertIn("attachment", file.headers["content-disposition"])
        self.assertIn(b"2 ", file.body)

    def test_P6_the_command_line_says_what_is_left_and_what_a_stage_usually_takes(self):
        lines = ["auto INFO: progress   2.0 % - create partitions", "auto INFO: progress  25.0 % - extracting base system",
                 "auto INFO: progress  50.0 % - configuring base system", "auto INFO: Installation done."]
        for _ in range(3):
            machine = self.machine()
            for first, (up, line) in enumerate(zip([100, 110, 175, 300], lines), 1):
                machine.tell(line, first=first, up=up)
            machine.finish()
        # What is usual is worked out anew after half a minute, or at its start.
        self.box.kill("sprout-web")
        machine = self.machine()
        terminal = self.enterContext(Terminal([PROGRAMS / "sprout", "watch", f"pve-{self.count}", "--state", self.box.state]))
        until(lambda: "▸ installing" in terminal.text, what="the step")
        machine.tell(*lines[:2], up=110)
        until(lambda: re.search(r"  25 %: extracting base system · about 3 min left\n  unpacking  0:0\d  usually 1:05\n· installed",
                                terminal.text), what="what is left")
        shown = self.box.cli("operations", "show", self.operation(machine)).stdout
        self.assertRegex(shown, r"inside its installer: 25 %: extracting base system · about 3 min left\n")
        self.assertRegex(shown, r"  unpacking +0:0\d  usually 1:05\n")
        machine.finish()
        until(lambda: "min left" not in terminal.text, what="the end")
        self.assertNotIn("left", self.box.get(f"/api/operations/{self.operation(machine)}").json["installer"])

    def test_P6_what_is_told_twice_or_with_a_gap_is_kept_once_and_in_order(self):
        machine = self.machine()
        self.assertEqual(machine.tell("low a", "low b").body, b"next 3\n")
        self.assertEqual(machine.tell("low b", "low c", first=2).body, b"next 4\n")
        self.assertEqual(machine.tell("low e", first=5).body, b"next 4\n")
        self.assertEqual(machine.tell("low d", "low e", first=4).body, b"next 6\n")
        self.assertEqual([line["text"] for line in self.log(machine)["lines"]], list("abcde"))
        self.assertEqual([line["number"] for line in self.log(machine, after=2, limit=2)["lines"]], [3, 4])

    def test_P6_the_log_is_followed_and_goes_on_where_it_stopped(self):
        machine = self.machine()
        machine.tell("low a", "low b")
        path = f"/api/operations/{self.operation(machine)}/log/live"
        import http.client
        connection = http.client.HTTPConnection("127.0.0.1", self.box.port, timeout=20)
        self.addCleanup(connection.close)
        connection.request("GET", path, headers=self.box.authorization() | {"Last-Event-ID": "1"})
        answer = connection.getresponse()
        seen = []
        machine.tell("low c", first=3)
        while len(seen) < 2:
            line = answer.readline().decode().strip()
            if line.startswith("data: ") and "number" in line:
                seen.append(json.loads(line[6:])["text"])
        self.assertEqual(seen, ["b", "c"])

    def test_E10_an_installer_that_stopped_fails_its_host_at_once_with_its_words(self):
        machine = self.machine()
        machine.tell("auto ERROR: filter did not match any device(s)")
        begin = time.monotonic()
        self.assertEqual(machine.tell("agent stopped", first=2).status, 200)
        self.assertEqual(machine.state(), "failed")
        self.assertLess(time.monotonic() - begin, 5)
        reason = self.box.get(f"/api/operations/{self.operation(machine)}").json["steps"][-1]["reason"]
        self.assertEqual(reason, "its installer stopped: filter did not match any device(s).")
        self.assertEqual(machine.tell("low afterwards", first=3).body, b"next 4\n")
        self.assertEqual(self.log(machine)["lines"][-1]["text"], "afterwards")

    def test_E10_a_machine_whose_installer_stopped_is_rebuilt_without_anybody_at_it(self):
        machine = self.machine()
        old = machine.token
        machine.tell("auto ERROR: no disk", "agent stopped")
        self.assertEqual(machine.state(), "failed")
        self.assertEqual(machine.arm().status, 202)
        until(lambda: b"reboot" in machine.tell(first=3, token=old).body, what="the agent is told")
        told = machine.tell(first=3, token=old).body.decode().splitlines()
        self.assertRegex(told[1], r"^order \d+ reboot$")
        self.assertEqual(machine.tell(f"agent {told[1]}", first=3, token=old).body, b"next 4\n")
        machine.start_installer()
        machine.finish()
        self.assertEqual(machine.state(), "ready")
        said = [event["message"] for event in self.box.get(f"/api/hosts/{machine.mac}/events").json]
        self.assertTrue(any("is restarted by the agent beside its installer" in words for words in said), said)

    def test_E10_what_stopped_before_it_wrote_is_tried_once_more_by_itself_and_no_more(self):
        machine = self.armed(server_type="retried")

        def stop(run, *lines):
            machine.start_installer()
            self.assertEqual(machine.tell(*lines, "auto ERROR: no network", "agent stopped", run=run * 16).status, 200)

        stop("a")
        until(lambda: machine.state() == "pxe_ready", what="it is begun once more")
        first, second = [operation["id"] for operation in reversed(
            self.box.get(f"/api/hosts/{machine.mac}/operations").json["operations"])]
        reason = self.box.get(f"/api/operations/{first}").json["steps"][-1]["reason"]
        self.assertEqual(reason, "its installer stopped: no network. Nothing was written, and it is tried once more.")
        old = machine.token
        until(lambda: b"reboot" in machine.tell(first=3, token=old, run="a" * 16).body, what="the agent is told")
        stop("b")
        self.assertEqual(machine.state(), "failed")
        reason = self.box.get(f"/api/operations/{second}").json["steps"][-1]["reason"]
        self.assertEqual(reason, "its installer stopped: no network.")
        tasks = self.box.get(f"/api/hosts/{machine.mac}/tasks").json["tasks"]
        self.assertEqual([task["kind"] for task in tasks if task["kind"] == "retry_installation"], [])
        # Once something was written, a person looks first.
        machine = self.armed(server_type="retried")
        stop("c", "auto INFO: progress   4.0 % - creating LVs")
        self.assertEqual(machine.state(), "failed")

    def test_E11_a_machine_with_another_disk_than_is_meant_gets_no_answer(self):
        for serial, found in [("S-1", "installing"), ("S-2", "failed")]:
            with self.subTest(serial):
                machine = self.armed(server_type="by-serial")
                machine.boot()
                machine.load_all()
                machine.tell("agent disk sda size 1000", f"agent disk sda ID_SERIAL_SHORT {serial}")
                threading.Timer(0.5, lambda: machine.tell("agent disks told", first=3)).start()
                answer = machine.ask()
                self.assertEqual(machine.state(), found)
                if found == "failed":
                    self.assertEqual(answer.status, 422)
                    reason = self.box.get(f"/api/operations/{self.operation(machine)}").json["steps"][-1]["reason"]
                    self.assertIn('boot_disk: "S-1" is not there. This machine has: /dev/sda, S/N S-2.', reason)

    def test_E11_another_disk_in_the_place_of_the_known_one_is_not_wiped_until_a_person_says_so(self):
        machine = self.machine()
        machine.finish()

        def rebuild(serial, run):
            self.assertEqual(machine.arm().status, 202)
            machine.boot()
            machine.load_all()
            machine.tell("agent disk vda size 1000", f"agent disk vda ID_SERIAL_SHORT {serial}", "agent disks told", run=run)
            return machine.ask().status

        self.assertEqual(rebuild("D-2", "a" * 16), 422)
        reason = self.box.get(f"/api/operations/{self.operation(machine)}").json["steps"][-1]["reason"]
        self.assertIn("expected S/N D-1, found S/N D-2.", reason)
        self.assertEqual(machine.state(), "failed")
        said = self.box.cli("hosts", "set", f"pve-{self.count}", "--disk-replaced")
        self.assertIn("its disk may be another from now on", said.stdout, said.stderr)
        self.assertEqual(rebuild("D-2", "b" * 16), 200)
        machine.finish()
        self.assertEqual(rebuild("D-1", "c" * 16), 200, "its report says D-1")

    def test_E12_what_lies_on_a_disk_is_not_lost_until_a_person_says_so(self):
        machine = self.armed()
        runs = iter("def012345")

        def ask(*lines):
            machine.boot()
            machine.load_all()
            machine.tell("agent disk vda size 1000", "agent disk vda ID_SERIAL_SHORT D-1", *lines, "agent disks told",
                         run=next(runs) * 16)
            return machine.ask().status

        windows = ("agent part vda vda1 ID_FS_TYPE ntfs", f"agent part vda vda1 ID_FS_LABEL {HOSTILE}")
        self.assertEqual(ask(*windows), 422)
        reason = self.box.get(f"/api/operations/{self.operation(machine)}").json["steps"][-1]["reason"]
        self.assertIn(f'holds what Sprout has not put there: vda1: NTFS "{HOSTILE}".', reason)
        self.assertTrue(reason.endswith("Nothing was written."), reason)
        # Both the plan and the wish say what is missing.
        plan = self.box.request("POST", f"/api/hosts/{machine.mac}/rebuild", {"dry_run": True}).json
        self.assertEqual([problem["field"] for problem in plan["problems"]], ["erase"])
        self.assertEqual(plan["strange_contents"][0]["parts"], [f'vda1: NTFS "{HOSTILE}"'])
        for wish in ({}, {"erase": ["D-2"]}):
            refused = machine.arm(**wish)
            self.assertEqual((refused.status, refused.json["field"]), (422, "erase"))
        said = self.box.cli("hosts", "rebuild", f"pve-{self.count}", "--yes")
        self.assertEqual(said.returncode, 1)
        self.assertIn(f"--erase D-1", said.stderr)
        self.assertEqual(machine.arm(erase=["d-1"]).status, 202)
        events = self.box.get(f"/api/hosts/{machine.mac}/events").json
        self.assertTrue(any("what lies on S/N d-1 may be lost" in event["message"] for event in events), events)
        self.assertEqual(ask(*windows), 200)
        # From here on what lies there is the host's own, also if its installer is cut off.
        self.box.request("POST", f"/api/hosts/{machine.mac}/cancel", {})
        self.assertEqual(machine.arm().status, 202)
        self.assertEqual(ask("agent part vda vda3 ID_FS_TYPE LVM2_member"), 200)
        machine.finish()
        self.assertEqual(machine.arm().status, 202)
        self.assertEqual(ask("agent part vda vda3 ID_FS_TYPE LVM2_member"), 200)

    def test_a_machine_without_a_controller_is_switched_by_the_agent(self):
        machine = self.machine()
        asked = self.box.request("POST", f"/api/hosts/{machine.mac}/power", {"action": "restart"})
        self.assertIn("Restart pve-", asked.json["sentence"], "nobody listens yet")
        machine.tell("low a")
        asked = self.box.request("POST", f"/api/hosts/{machine.mac}/power", {"action": "off", "graceful": False})
        self.assertIn("is switched off by the agent beside its installer", asked.json["sentence"])
        self.assertIn(b"power-off", machine.tell(first=2).body)

    def ask_for_logs(self, machine, first, **wish):
        """The number of the order that its agent is given."""
        asked = self.box.request("POST", f"/api/operations/{self.operation(machine)}/log/bundle", wish)
        self.assertEqual((asked.status, asked.json["state"]), (202, "asked"), asked.body)
        told = machine.tell(first=first).body.decode().splitlines()
        self.assertRegex(told[-1], r"^order \d+ logs$")
        return int(told[-1].split()[1])

    def bundle(self, machine):
        return self.box.get(f"/api/operations/{self.operation(machine)}/log/bundle")

    def log_events(self, machine):
        events = self.box.get(f"/api/hosts/{machine.mac}/events").json
        return [event for event in reversed(events) if event["kind"].startswith("installer.logs")]

    def test_all_logs_are_asked_for_with_a_reason_and_fetched_once_they_came(self):
        machine = self.machine()
        path = f"/api/operations/{self.operation(machine)}/log/bundle"
        refused = self.box.request("POST", path, {})
        self.assertEqual(refused.status, 409)
        self.assertIn("No agent is heard inside the installer of pve-", refused.json["detail"])
        self.assertEqual(self.bundle(machine).json["detail"], "Nobody has asked for all logs inside this installer.")
        machine.tell("low a")
        order = self.ask_for_logs(machine, 2, reason="the disk is missing")
        self.assertIn("have not come yet", self.bundle(machine).json["detail"])
        machine.tell(f"agent order {order} logs", first=2)
        archive = gzip.compress(b"all of it")
        self.assertEqual(machine.send_logs(order, archive).status, 204)
        file = self.bundle(machine)
        self.assertEqual((file.body, file.headers["content-type"]), (archive, "application/gzip"))
        self.assertRegex(file.headers["content-disposition"], r'^attachment; filename="pve-\d+-.*-logs.tar.gz"$')
        told = self.log(machine)["bundle"]
        self.assertEqual((told["state"], told["size"]), ("arrived", len(archive)))
        asked, arrived = self.log_events(machine)
        self.assertEqual((asked["kind"], asked["reason"]), ("installer.logs_requested", "the disk is missing"))
        self.assertNotIn("the machine at", asked["actor"])
        self.assertEqual((arrived["kind"], arrived["actor"]), ("installer.logs_arrived", "the machine at 127.0.0.1"))
        self.assertEqual(asked["operation"], self.operation(machine))

    def test_the_command_line_asks_for_all_logs_waits_and_writes_them_for_its_user_alone(self):
        machine = self.machine()
        machine.tell("low a")
        archive, sent = gzip.compress(os.urandom(600_000)), []

        def agent():
            answer = until(lambda: machine.tell(first=2).body.decode().splitlines()[1:], what="an order")
            sent.append(machine.send_logs(answer[0].split()[1], archive).status)

        thread = threading.Thread(target=agent)
        thread.start()
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "logs.tar.gz"
            done = self.box.cli("operations", "log", self.operation(machine), "--bundle", file, "--reason", "to see")
            thread.join()
            self.assertEqual((done.returncode, sent), (0, [204]), done.stderr)
            self.assertEqual(done.stdout, f"{file} is written: {len(archive)} bytes.\n")
            self.assertEqual((file.read_bytes(), file.stat().st_mode & 0o777), (archive, 0o600))
        machine.tell(first=2)
        order = threading.Thread(target=lambda: until(
            lambda: [machine.tell(f"agent {line.rsplit(' ', 1)[0]} failed", first=2)
                     for line in machine.tell(first=2).body.decode().splitlines()[1:]], what="an order"))
        order.start()
        failed = self.box.cli("operations", "log", self.operation(machine), "--bundle", "/nowhere/logs.tar.gz")
        order.join()
        self.assertEqual(failed.returncode, 1)
        self.assertIn("the logs did not come: The agent inside the installer could not send them.", failed.stderr)
        self.assertEqual(self.bundle(machine).body, archive, "what came before stays")
        self.assertEqual([event["kind"].split("_")[1] for event in self.log_events(machine)],
                         ["requested", "arrived", "requested", "failed"])

    def test_logs_that_nobody_asked_of_who_sends_them_change_nothing(self):
        mine, other = self.machine(), self.machine()
        mine.tell("low mine")
        other.tell("low other")
        order, others = self.ask_for_logs(mine, 2), self.ask_for_logs(other, 2)
        archive = gzip.compress(b"mine")
        for token in ["x", "0" * 43, self.box.token, other.token]:
            self.assertEqual(mine.send_logs(order, archive, token=token).status, 404)
        for number in [others, others + 1, 0, -1, "x", "", "9" * 30]:
            self.assertEqual(mine.send_logs(number, archive).status, 404, number)
        self.assertEqual(mine.send_logs(order, b"no tar.gz").status, 422)
        self.assertEqual(mine.send_logs(order, b"").status, 422)
        self.assertEqual(mine.send_logs(order, archive + bytes(1 << 20)).status, 413)
        self.assertEqual((self.bundle(mine).status, self.bundle(other).status), (404, 404))
        self.assertEqual([len(self.log_events(mine)), len(self.log_events(other))], [1, 1])
        largest = archive + os.urandom((1 << 20) - len(archive))
        self.assertEqual(mine.send_logs(order, largest).status, 204)
        self.assertEqual(mine.send_logs(order, gzip.compress(b"something else")).status, 204, "its answer may have been lost")
        self.assertEqual(self.bundle(mine).body, largest)
        self.assertEqual(len(self.log_events(mine)), 2)
        self.assertEqual(self.bundle(other).status, 404)

    def test_who_only_looks_does_not_ask_for_logs_and_a_reason_is_short(self):
        machine = self.machine()
        machine.tell("low a")
        path = f"/api/operations/{self.operation(machine)}/log/bundle"
        viewer = self.box.new_token("looks", "viewer")
        refused = self.box.request("POST", path, {}, {"Authorization": f"Bearer {viewer}"})
        self.assertEqual(refused.status, 403)
        for wish, field in [({"reason": "x" * 201}, "reason"), ({"why": "x"}, "why"), ({"reason": 1}, "reason")]:
            answer = self.box.request("POST", path, wish)
            self.assertEqual((answer.status, answer.json["field"]), (422, field), answer.body)
        self.assertEqual(self.box.request("POST", "/api/operations/none/log/bundle", {}).status, 404)
        self.assertEqual(self.log_events(machine), [])
        self.assertEqual(machine.tell(first=2).body, b"next 2\n")

    def test_who_has_no_token_of_it_changes_nothing(self):
        mine, other = self.machine(), self.machine()
        mine.tell("low mine")
        for token in ["x", "", "0" * 43, self.box.token]:
            self.assertEqual(mine.tell("agent stopped", first=2, token=token or " ").status, 404)
        self.assertEqual(other.tell("agent stopped", run="f" * 16, first=2).body, b"next 1\n", "a gap is kept by nobody")
        self.assertEqual((mine.state(), other.state()), ("installing", "installing"))
        self.assertEqual(len(self.log(mine)["lines"]), 1)

    def test_what_no_agent_sends_is_refused_with_its_reason_and_harms_nothing(self):
        machine = self.machine()
        token = {"Authorization": f"Bearer {machine.token}", "Content-Type": "text/plain"}
        for query, body in [("run=x&first=1&up=1", b""), ("run=0123456789abcdef&first=0&up=1", b""),
                            ("run=0123456789abcdef&first=1&up=1", b"no line\n"), ("first=1", b""),
                            ("run=0123456789abcdef&first=1&up=1", b"1 auto x\n" * 501)]:
            self.assertEqual(self.box.request("POST", f"/api/boot/telemetry?{query}", body, token).status, 422, query)
        large = self.box.request("POST", "/api/boot/telemetry?run=0123456789abcdef&first=1&up=1", b"x" * (2 << 20), token)
        self.assertEqual(large.status, 413)
        self.assertEqual(machine.tell(f"auto {HOSTILE}\x1b[2J", "auto " + "y" * 5000).body, b"next 3\n")
        lines = self.log(machine)["lines"]
        self.assertEqual(lines[0]["text"], f"{HOSTILE} [2J")
        self.assertEqual(len(lines[1]["text"]), 1000)
        page = self.box.get(f"/ops/{self.operation(machine)}").body.decode()
        self.assertNotIn(HOSTILE, page)
        self.assertIn("&lt;img src=x", page)

    def test_fifty_agents_at_once_lose_nothing(self):
        """The whole of it, for five minutes, is in `make bench`."""
        machines = [self.machine() for _ in range(50)]
        wrong = []

        def agent(machine):
            first = 1
            for _ in range(10):
                lines = [f"low line {number}" for number in range(first, first + 20)]
                answer = machine.tell(*lines, first=first)
                first += 20
                if answer.body != f"next {first}\n".encode():
                    wrong.append((machine.mac, answer.status, answer.body))
                time.sleep(0.2)

        threads = [threading.Thread(target=agent, args=(machine,)) for machine in machines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        expected = [f"line {number}" for number in range(1, 201)]
        for machine in machines:
            self.assertEqual([line["text"] for line in self.log(machine)["lines"]], expected)


class KeptTest(unittest.TestCase):
    def test_P6_lines_outlast_a_killed_orchestrator(self):
        with Sprout(provisioning=PROVISIONING) as box:
            import_image(box)
            box.register(1, hostname="pve-1")
            machine = Machine(box, 1)
            machine.begin()
            self.assertEqual(machine.tell("low a").body, b"next 2\n")
            box.kill("sprout-orchestrator")
            until(lambda: machine.tell("low a", "low b").body == b"next 3\n", what="the orchestrator is back")
            operation = box.get(f"/api/hosts/{machine.mac}/operations").json["operations"][0]["id"]
            lines = box.get(f"/api/operations/{operation}/log").json["lines"]
            self.assertEqual([line["text"] for line in lines], ["a", "b"])


if __name__ == "__main__":
    unittest.main()
