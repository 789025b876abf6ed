"""The time of day is set while hosts are installed: nothing expires by it, and nothing lives for ever.

No namespace gives a process another time of day. Debian's libfaketime does: preloaded into the orchestrator, which keeps
all deadlines, it adds to what clock_gettime says of CLOCK_REALTIME as much as stands in a file, which the tests write. All
other clocks stay the kernel's own, as they do where somebody sets the time.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from harness import PROGRAMS, Sprout, until
from installing import PROVISIONING, Machine, import_image

LIBRARIES = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
TYPES = "server_types:\n  vm:\n    boot_disk: /dev/vda\n    deadlines:\n      pxe_booted: 1m\n"
YEAR, DAY = 365 * 86_400, 86_400


def obstacle():
    if os.geteuid() != 0:
        return "Only root may put another file in the orchestrator's place: run this with sudo."
    return None if LIBRARIES else "There is no libfaketime here: apt-get install libfaketime"


@unittest.skipIf(obstacle(), obstacle())
class ClockTest(unittest.TestCase):
    def setUp(self):
        self.offset = self.enterContext(Offset())
        self.box = self.enterContext(
            Sprout(provisioning=PROVISIONING, server_types=TYPES, prefix=self.offset.prefix()))
        # Only the orchestrator's clock is set, and moves the end of what is good for some time; the others keep theirs.
        self.box.token = self.box.new_token("clock", "admin", days=3650)
        import_image(self.box)
        self.box.register(1, hostname="pve-1")
        self.machine = Machine(self.box, 1)

    def changes(self):
        return self.box.sql("SELECT message FROM event WHERE kind = 'clock.changed' ORDER BY id")

    def set(self, seconds):
        """Sets the clock, and waits until Sprout has noticed: every 15 s it looks by itself."""
        before = len(self.changes())
        self.offset.write(seconds)
        until(lambda: len(self.changes()) == before + 1, 20, f"the clock's change by {seconds} s to be noticed")

    def left(self):
        """The seconds that the operation has left, by Sprout's own clock."""
        return int(self.box.sql(
            f"SELECT due_at / 1000 - (strftime('%s', 'now') + {self.offset.seconds}) FROM deadline")[0])

    def test_E22_an_operation_goes_on_as_if_the_clock_had_not_been_set(self):
        machine = self.machine
        self.assertEqual(machine.arm().status, 202)
        self.set(-YEAR)
        self.assertIn(self.left(), range(560, 601))
        machine.boot()
        machine.load_all()
        self.offset.write(DAY)
        os.kill(self.box.pid("sprout-orchestrator"), signal.SIGKILL)
        until(lambda: len(self.changes()) == 2, 20, "the orchestrator that starts to see that the clock was set")
        self.assertEqual(machine.ask().status, 200)
        self.set(0)
        for step in [machine.first_boot_script, machine.tell_installed, machine.phone_home]:
            self.assertEqual(step().status, 200)
        self.assertEqual(machine.state(), "ready")
        operations = self.box.get(f"/api/hosts/{machine.mac}/operations").json["operations"]
        self.assertEqual([step["outcome"] for step in operations[0]["steps"]], [
            "fetched_kernel", "asked_for_answer", "reported_installed", "started_new_system", "phoned_home", "joined"])
        self.assertTrue(all(step["ended_at"] >= step["started_at"] for step in operations[0]["steps"]), operations)
        events = self.box.get(f"/api/hosts/{machine.mac}/events").json
        self.assertEqual([event["id"] for event in events], sorted((event["id"] for event in events), reverse=True))
        self.assertIn("to ready", events[1]["message"] + events[0]["message"], "the latest is the first though the clock went back")
        self.assertRegex(self.changes()[0], r"^The clock was set from 20\d\d-.* to 20\d\d-.*keeps the time that it had left")

    def test_E22_an_operation_whose_time_is_over_ends_though_the_clock_was_set_back(self):
        machine = self.machine
        machine.arm()
        machine.boot()
        machine.load("vmlinuz")
        until(lambda: machine.state() == "pxe_booted", what="the kernel to be fetched")
        self.set(-YEAR)
        self.assertEqual(machine.state(), "pxe_booted")
        until(lambda: machine.state() == "failed", 75, "the deadline of 60 s")
        self.assertIn("never asked for its answer", self.box.cli("hosts", "show", "pve-1").stdout)


@unittest.skipIf(obstacle(), obstacle())
class NeverSetTest(unittest.TestCase):
    def test_E22_a_box_that_begins_in_1970_answers_says_so_and_goes_on_when_its_clock_is_set(self):
        daemons = ["sprout-orchestrator", "sprout-web", "sprout-boot", "sprout-dhcp", "sprout-metadata"]
        with Offset(1_000_000 - int(time.time()), daemons) as offset, Sprout(
                provisioning=PROVISIONING, server_types=TYPES, prefix=offset.prefix()) as box:
            import_image(box)
            box.register(1, hostname="pve-1")
            machine = Machine(box, 1)
            self.assertEqual(machine.arm().status, 202)
            machine.boot()
            self.assertIn("The clock of this box says that it is 1970-01-", self.page(box))
            name, password = box.new_user("anna", "admin")
            self.assertTrue(box.sign_in(name, password))
            dates = subprocess.run(
                ["openssl", "x509", "-noout", "-startdate", "-checkend", str(9 * YEAR)], input=(box.state / "tls/served.pem").read_text(),
                check=True, capture_output=True, text=True)
            self.assertIn("notBefore=Jan  1 00:00:00 2020", dates.stdout, "who looks at it has the right time")
            offset.write(0)
            until(lambda: box.sql("SELECT 1 FROM event WHERE kind = 'clock.changed'"), 20, "the clock's change to be noticed")
            self.assertNotIn("The clock of this box", self.page(box))
            self.assertEqual(box.get("/api/hosts").status, 200, "a token keeps its days")
            self.assertTrue(box.sign_in(name, password))
            machine.load_all()
            self.assertEqual(machine.ask().status, 200)
            for step in [machine.first_boot_script, machine.tell_installed, machine.phone_home]:
                self.assertEqual(step().status, 200)
            self.assertEqual(machine.state(), "ready")

    def page(self, box):
        return box.socket_request("web.sock", "GET", "/", headers={"Accept": "text/html"}).body.decode()


class Offset:
    """What is added to the time of day of daemons, most often of the orchestrator alone."""

    def __init__(self, seconds=0, daemons=("sprout-orchestrator",)):
        self.seconds, self.daemons = seconds, daemons

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sprout-clock-", dir="/tmp"))
        self.file = self.folder / "offset"
        self.write(self.seconds)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def write(self, seconds):
        draft = self.file.with_suffix(".new")
        draft.write_text(f"{seconds:+d}\n")
        draft.rename(self.file)
        self.seconds = seconds

    def prefix(self):
        """Starts Sprout where a daemon's file is a script that starts it with the library: nobody else sees that."""
        mounts = []
        for daemon in self.daemons:
            shutil.copy(PROGRAMS / daemon, self.folder)
            start = self.folder / f"start-{daemon}"
            start.write_text(
                f"#!/bin/sh\nexport LD_PRELOAD={LIBRARIES[0]} FAKETIME_TIMESTAMP_FILE={self.file} FAKETIME_NO_CACHE=1"
                f" FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1\nexec {self.folder}/{daemon}\n")
            start.chmod(0o755)
            mounts.append(f"mount --bind {start} {PROGRAMS / daemon}")
        return ["unshare", "--mount", "sh", "-c", " && ".join([*mounts, 'exec "$@"']), "sh"]


if __name__ == "__main__":
    unittest.main()
