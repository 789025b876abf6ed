"""What an operation promises whoever presses Rebuild: a plan, an end, and nothing left behind."""

import concurrent.futures
import datetime
import os
import re
import signal
import threading
import time
import unittest

from harness import Sprout, until
from installing import PROVISIONING, Machine, import_image
from test_crash import DAEMONS
from test_installer import pass_deadline

TO_DISK = b"Now it starts from its own first disk"


class OperationTest(unittest.TestCase):
    def setUp(self):
        self.box = self.enterContext(Sprout(provisioning=PROVISIONING))
        import_image(self.box)

    def machine(self, number):
        self.box.register(number, hostname=f"pve-{number}")
        return Machine(self.box, number)

    def walk(self, machine, state):
        """Takes a machine to a state, by what it does itself where it stays there."""
        self.assertEqual(machine.arm().status, 202)
        if state == "pxe_ready":
            return
        machine.boot()
        machine.load("vmlinuz")
        until(lambda: machine.state() == "pxe_booted", what="the kernel to be fetched")
        if state == "pxe_booted":
            return
        machine.load_all()
        self.assertEqual(machine.ask().status, 200)
        if state == "installing":
            return
        self.assertEqual(machine.tell_installed().status, 200)
        for event, reached in [("started_new_system", "first_boot"), ("phoned_home", "joining")]:
            if machine.state() == state:
                return
            if reached == "joining":
                self.name_a_cluster()
            self.box.command("POST", f"/hosts/{machine.host()['id']}/advance", {"event": event})
            self.assertEqual(machine.state(), reached)

    def name_a_cluster(self):
        """From now on hosts are to join one that nobody reaches."""
        (self.box.config / "provisioning.yaml").write_text(f"{PROVISIONING}proxmox:\n  existing_node: 127.0.0.1\n")
        until(lambda: "No cluster" not in self.box.cli("cluster", "check").stderr, what="the settings")

    def reason(self, machine):
        return self.box.sql(
            f"SELECT reason FROM event WHERE host = '{machine.host()['id']}' AND kind = 'host.advanced' ORDER BY id")[-1]

    def test_P2_a_plan_is_shown_first_and_nothing_is_armed_until_it_is_confirmed(self):
        machine = self.machine(1)
        machine.install()
        path = f"/api/hosts/{machine.host()['id']}/rebuild"
        answer = self.box.request("POST", path, {"dry_run": True})
        self.assertEqual(answer.status, 200)
        plan = answer.json
        self.assertEqual(plan["host"]["hostname"], "pve-1")
        self.assertEqual(plan["known_disks"], ["/dev/vda, QEMU, S/N D-1"])
        self.assertEqual((plan["disk"], plan["fqdn"], plan["release"]), ("/dev/vda", "pve-1.home.arpa", "9.2"))
        self.assertEqual((plan["address"], plan["problems"]), ("from DHCP, and kept for good", []))
        for body in [{}, {"confirm": "pve-2"}, {"confirm": ""}, {"dry_run": True, "confirm": "pve-1"}]:
            self.box.request("POST", path, body)
            self.assertEqual(machine.state(), "ready", body)
            self.assertIn(TO_DISK, machine.script().body)
        began = time.monotonic()
        self.assertEqual(machine.arm().status, 202)
        self.assertEqual(machine.state(), "pxe_ready")
        self.assertLess(time.monotonic() - began, 1)
        record = self.box.get(f"/api/hosts/{machine.mac}/operations").json["operations"][0]
        since, due = (datetime.datetime.fromisoformat(text) for text in [record["steps"][0]["started_at"], record["due_at"]])
        self.assertEqual(due - since, datetime.timedelta(minutes=10))
        self.assertIn(f"under way, its last step until {record['due_at']}", self.box.cli("operations", "list", "pve-1").stdout)

    def test_E9_a_machine_that_hangs_ends_in_failed_with_what_was_seen_last_and_what_to_do(self):
        expected = {
            "pxe_ready": ("it never netbooted in 10 minutes", "let it boot from the network"),
            "pxe_booted": ("its installer was loaded, and never asked for its answer in 5 minutes", "Its screen says why"),
            "installing": ("its installer has its answer, and never reported that it is done in 25 minutes", "then rebuild"),
            "installed": ("it is installed, and its new system was not heard in 10 minutes", "Look at its screen"),
            "first_boot": ("it was still first_boot after 10 minutes", "Look at its timeline, then rebuild it"),
            "joining": ("it did not join in 10 minutes", "nobody answers there")}
        machines = {}
        for number, state in enumerate(expected, 1):
            machines[state] = self.machine(number)
            self.walk(machines[state], state)
        pass_deadline(self.box)
        for state, words in expected.items():
            machine = machines[state]
            until(lambda: machine.state() == "failed", 25, f"the end of {state}")
            for part in words:
                self.assertIn(part, self.reason(machine))
            self.assertIn(words[0], self.box.cli("hosts", "show", machine.host()["hostname"]).stdout)
            self.assertIn(TO_DISK, machine.script().body, "it is not restarted by itself")

    def test_E28_of_two_who_press_rebuild_at_once_one_is_told_who_was_first_and_since_when(self):
        for number in range(1, 6):
            machine = self.machine(number)
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                answers = list(pool.map(lambda _: machine.arm(), range(2)))
            first, second = sorted(answers, key=lambda answer: answer.status)
            self.assertEqual((first.status, second.status), (202, 409))
            since = machine.host()["state_since"]
            self.assertRegex(
                second.json["detail"],
                rf"^pve-{number} is already being rebuilt \(the token test at 127\.0\.0\.1 through sprout-web.*, {re.escape(since)}\), and is"
                r" pxe_ready\. Cancel that first")
        self.assertEqual(self.box.sql("SELECT count(*) FROM operation"), ["5"])
        self.assertEqual(self.box.sql("SELECT count(*) FROM secret"), ["5"])

    def test_E29_a_cancelled_host_is_disarmed_at_once_and_it_is_said_what_is_on_its_disk(self):
        expected = {
            "pxe_ready": ("registered", "nothing was written to its disk"),
            "pxe_booted": ("registered", "nothing was written to its disk"),
            "installing": ("failed", "what was on its disk is gone, or will be. Switch the machine off, or rebuild it"),
            "installed": ("failed", "the new system is on its disk, and starts from it"),
            "first_boot": ("failed", "the new system is on its disk, and starts from it"),
            "joining": ("failed", "the new system is on its disk, and may have joined its cluster")}
        for number, (state, (end, disk)) in enumerate(expected.items(), 1):
            with self.subTest(state):
                machine = self.machine(number)
                self.walk(machine, state)
                began = time.monotonic()
                answer = self.box.request("POST", f"/api/hosts/{machine.host()['id']}/cancel", {})
                self.assertEqual((answer.status, answer.json["state"]), (200, end))
                self.assertIn(disk, answer.json["disk"])
                self.assertIn(disk, self.reason(machine))
                self.assertNotIn(b"/boot/vmlinuz", machine.script().body)
                self.assertEqual(machine.load("vmlinuz").status, 404)
                self.assertEqual(machine.ask().status, 404)
                self.assertLess(time.monotonic() - began, 1, "disarmed")
                until(lambda: self.box.sql("SELECT count(*) FROM secret") == ["0"], 5, "its key to be gone")
                self.assertEqual(machine.tell_installed(f"/api/hosts/{machine.host()['id']}/installed").status, 404)

    def test_E29_a_host_that_restarted_once_its_installer_had_begun_is_not_said_to_be_untouched(self):
        machine = self.machine(1)
        self.walk(machine, "installing")
        machine.script()
        until(lambda: machine.state() == "pxe_ready", what="the restart to be known")
        done = self.box.cli("hosts", "cancel", "pve-1")
        self.assertEqual(
            done.stdout, "pve-1 is left alone; the installer had begun before the machine restarted, so what was on its disk"
            " may be gone, and no new system is whole: rebuild it.\n", done.stderr)


class PowerLossTest(unittest.TestCase):
    def test_E19_a_box_that_loses_power_goes_on_where_it_was(self):
        with Sprout(provisioning=PROVISIONING) as box:
            import_image(box)
            machines = {}
            for number, state in enumerate(["waiting", "loading", "installing", "restarting", "ready"], 1):
                box.register(number, hostname=state)
                machines[state] = Machine(box, number)
                if state != "ready":
                    self.assertEqual(machines[state].arm().status, 202)
            for state in ["loading", "installing", "restarting"]:
                machines[state].boot()
                machines[state].load("vmlinuz")
            until(lambda: machines["loading"].state() == "pxe_booted", what="the kernel to be fetched")
            for state in ["installing", "restarting"]:
                machines[state].load_all()
                self.assertEqual(machines[state].ask().status, 200)
            self.assertEqual(machines["restarting"].tell_installed().status, 200)
            machines["ready"].install()
            body = f"/boot/body?token={machines['loading'].token}"
            whole = box.get(body).body
            before = {host["hostname"]: host["state"] for host in box.hosts()}
            operations = box.sql("SELECT id, host, reentries FROM operation ORDER BY id")
            caller = Caller(machines["restarting"])

            for pid in [box.process.pid] + [box.pid(name) for name in DAEMONS]:
                os.kill(pid, signal.SIGKILL)
            box.process.wait()
            with caller:
                time.sleep(30)
                began = time.monotonic()
                box.start()
                self.assertEqual({host["hostname"]: host["state"] for host in box.hosts()} | {"restarting": "installed"}, before)
                until(lambda: machines["restarting"].state() == "ready", 60, "the host that finished meanwhile to be known")
                self.assertLess(time.monotonic() - began, 60)

            rest = box.get(body, headers={"Range": "bytes=1000-"})
            self.assertEqual((rest.status, whole[:1000] + rest.body), (206, whole))
            self.assertEqual(machines["loading"].ask().status, 200)
            self.assertEqual(machines["installing"].tell_installed().status, 200)
            self.assertEqual(machines["waiting"].state(), "pxe_ready")
            machines["waiting"].boot()
            self.assertEqual(box.sql("SELECT id, host, reentries FROM operation ORDER BY id"), operations, "none began anew")


class Caller:
    """A new system that calls until somebody answers, as the script of the first start does."""

    def __init__(self, machine):
        # What it was given when there was still somebody to ask.
        self.machine, self.host = machine, machine.host()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.call)

    def call(self):
        while not self.stop.wait(1):
            try:
                if self.machine.phone_home(self.host).status == 200:
                    return
            except OSError:
                pass

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


if __name__ == "__main__":
    unittest.main()
