"""An operation comes to the same end whoever is killed at whichever of its steps, and does nothing twice.

A transaction cannot commit while somebody else holds the database's write lock: the test takes that lock, lets a machine
ask, kills the orchestrator that waits, and lets go. So it dies right before its commit; right after it, where it is killed
as soon as its answer is there.
"""

import collections
import contextlib
import os
import pathlib
import signal
import sqlite3
import threading
import time
import unittest

from harness import Sprout, until
from installing import HASH, PROVISIONING, Machine, import_image
from test_power_api import Plug

OTHERS = ["sprout-web", "sprout-metadata", "sprout-boot", "sprout-dhcp"]


class Walk:
    """One machine's way from armed to ready, step by step."""

    STEPS = ["arm", "boot", "load_kernel", "load_rest", "ask", "first_boot_script", "tell_installed", "phone_home"]
    # What is told to be seen is never waited for: what follows from it is made up for when it was lost.
    WITHOUT_COMMIT = ["load_kernel", "load_rest", "first_boot_script"]

    def __init__(self, box, plug, number):
        self.box, self.plug, self.number = box, plug, number
        box.register(number, hostname=f"pve-{number}")
        self.machine = Machine(box, number)

    def take(self, step):
        if step == "boot":
            return self.boot()
        if step == "load_kernel":
            answer = self.machine.load("vmlinuz")
        elif step == "load_rest":
            answer = [self.machine.load(name) for name in ["initrd.img", "body", "tail"]][-1]
        else:
            answer = getattr(self.machine, step)()
        assert answer.status in (200, 202), (step, answer.status, answer.body)

    def boot(self):
        """A machine that is told to wait asks again, as iPXE does."""
        until(lambda: self.machine.script().status == 200, 20, "the script")
        self.machine.boot()

    @property
    def has_switched_on(self):
        return self.box.sql("SELECT count(*) FROM effect WHERE kind = 'arm_netboot' AND done_at IS NULL") == ["0"]

    def finish(self):
        """What became of it, once all of its effects are done."""
        until(lambda: self.machine.state() == "ready", 20, "the end of the operation")
        host = self.machine.host()["id"]
        until(lambda: self.box.sql(f"SELECT count(*) FROM effect WHERE host = '{host}' AND done_at IS NULL AND kind IN"
                                   " ('arm_netboot', 'disarm_netboot', 'remove_key')") == ["0"], 20, "the effects")
        steps = self.box.sql(
            "SELECT state, operation_step.outcome FROM operation_step JOIN operation ON operation.id = operation_step.operation"
            f" WHERE host = '{host}' ORDER BY number")
        kinds = self.box.sql(f"SELECT kind FROM event WHERE host = '{host}'")
        operations = self.box.sql(f"SELECT outcome, reentries FROM operation WHERE host = '{host}'")
        switched = [path for path, _ in self.plug.asked].count(f"/on/pve-{self.number}")
        return (operations, steps, dict(collections.Counter(kinds))), switched


@contextlib.contextmanager
def nothing_commits(box):
    connection = sqlite3.connect(box.state / "db" / "sprout.db", timeout=10, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def kill(box, name):
    pid = until(lambda: box.pid(name), 20, name)
    os.kill(pid, signal.SIGKILL)
    return pid


def take_killing_before_the_commit(walk, step):
    failures = []

    def ask():
        try:
            walk.take(step)
        except BaseException as failure:
            failures.append(failure)

    asker = threading.Thread(target=ask)
    with nothing_commits(walk.box):
        asker.start()
        time.sleep(0.15)
        kill(walk.box, "sprout-orchestrator")
        time.sleep(0.05)
    asker.join(60)
    assert not asker.is_alive(), step
    if failures:
        raise failures[0]


class CrashOfAnOperationTest(unittest.TestCase):
    def setUp(self):
        self.plug = Plug()
        self.addCleanup(self.plug.server_close)
        self.addCleanup(self.plug.shutdown)

    @contextlib.contextmanager
    def box(self):
        self.plug.asked.clear()
        self.plug.on.clear()
        with Sprout(provisioning=PROVISIONING, server_types=self.plug.types(status=True)) as box:
            box.socket_request(
                "web.sock", "PUT", "/api/secrets/plug", {"value": "canary-of-the-plug"},
                {"Content-Type": "application/json", "X-Request-Id": "set-1"})
            import_image(box)
            yield box

    def undisturbed(self, box, number):
        walk = Walk(box, self.plug, number)
        for step in Walk.STEPS:
            walk.take(step)
        result, switched = walk.finish()
        self.assertEqual(switched, 1)
        self.assertEqual([line.split("|")[0] for line in result[1]],
                         ["pxe_ready", "pxe_booted", "installing", "installed", "first_boot", "joining"])
        return result

    def disturbed(self, box, number, expected, at, disturb):
        """Walks with a disturbance at one step; an effect that was under way when it came may be tried once more."""
        walk = Walk(box, self.plug, number)
        for step in Walk.STEPS:
            if step == at:
                if step != "arm":
                    until(lambda: walk.has_switched_on, 20, "the machine to be switched on")
                disturb(walk, step)
            else:
                walk.take(step)
        result, switched = walk.finish()
        self.assertEqual(result, expected)
        return switched

    def test_P16_a_kill_of_the_orchestrator_before_and_after_each_commit_changes_nothing(self):
        def after(walk, step):
            walk.take(step)
            kill(walk.box, "sprout-orchestrator")

        expected = None
        for at in Walk.STEPS:
            with self.subTest(at), self.box() as box:
                expected = expected or self.undisturbed(box, 1)
                if at not in Walk.WITHOUT_COMMIT:
                    switched = self.disturbed(box, 2, expected, at, take_killing_before_the_commit)
                    self.assertEqual(switched, 1, "what was not committed was not done")
                switched = self.disturbed(box, 3, expected, at, after)
                self.assertEqual(switched, 1, "what was done was not done again")
                self.assertEqual(box.sql("PRAGMA integrity_check"), ["ok"])
                self.assert_nothing_secret_is_left(box)

    def test_P16_a_kill_of_each_other_daemon_at_each_step_changes_nothing(self):
        def disturb(walk, step):
            killed = {name: kill(walk.box, name) for name in OTHERS}
            walk.take(step)
            for name, pid in killed.items():
                until(lambda: walk.box.pid(name) not in (None, pid), 20, f"{name} to come back")

        expected = None
        for at in Walk.STEPS:
            with self.subTest(at), self.box() as box:
                expected = expected or self.undisturbed(box, 1)
                self.assertEqual(self.disturbed(box, 2, expected, at, disturb), 1)
                self.assert_nothing_secret_is_left(box)

    def assert_nothing_secret_is_left(self, box):
        self.assertEqual(box.sql("SELECT count(*) FROM secret WHERE name LIKE 'operation.%'"), ["0"])
        self.assertEqual(box.sql("SELECT count(*) FROM operation WHERE token_hash IS NOT NULL"), ["0"])
        files = b"".join(path.read_bytes() for path in pathlib.Path(box.state / "db").iterdir()) + box.log().encode()
        for secret in [HASH.split("$")[2], "canary-of-the-plug"]:
            self.assertNotIn(secret.encode(), files)


if __name__ == "__main__":
    unittest.main()
