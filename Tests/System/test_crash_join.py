"""A host joins and is registered once, and leaves no secret, whoever is killed at whichever step of that."""

import collections
import contextlib
import sqlite3
import threading
import time
import unittest

from harness import until
from installing import HASH
from joining import MEMBERS, NAME, OBSTACLE, Host, JoinLab
from netbox import TOKEN, NetBox
from receiver import Receiver
from test_crash_operation import OTHERS, kill, nothing_commits
from test_power_api import Plug

LATEST = "(SELECT id FROM operation ORDER BY started_at DESC, rowid DESC LIMIT 1)"
# What is committed one after the other, and how it is seen.
COMMITS = {
    "joining": f"SELECT 1 FROM operation_step WHERE operation = {LATEST} AND state = 'joining'",
    "its turn": f"SELECT 1 FROM setting WHERE key = 'cluster.turn' AND value = {LATEST}",
    "the ticks": f"SELECT 1 FROM operation WHERE id = {LATEST} AND preflight IS NOT NULL",
    "the command": f"SELECT 1 FROM event WHERE operation = {LATEST} AND message LIKE '%joins the cluster: pvecm add%'",
    "its first line": f"SELECT 1 FROM effect WHERE operation = {LATEST} AND kind = 'join_cluster' AND progress IS NOT NULL",
    "its last line": f"SELECT 1 FROM event WHERE operation = {LATEST} AND message LIKE 'successfully added node%'",
    "ready": f"SELECT 1 FROM operation WHERE id = {LATEST} AND outcome = 'ready'",
    "the registration": f"SELECT 1 FROM effect WHERE operation = {LATEST} AND kind = 'register_in_inventory'"
                        " AND done_at IS NOT NULL",
    "the key's removal": f"SELECT 1 FROM effect WHERE operation = {LATEST} AND kind = 'remove_key' AND done_at IS NOT NULL"}


@unittest.skipIf(OBSTACLE, OBSTACLE)
class CrashOfAJoinTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(JoinLab())
        with cls.lab.within("box"):
            cls.plug = Plug()
            cls.receiver = cls.enterClassContext(Receiver())
            cls.receiver.up()
        cls.addClassCleanup(cls.plug.server_close)
        cls.addClassCleanup(cls.plug.shutdown)
        cls.box = cls.lab.serve(
            f"infrastructure:\n  kind: netbox\n  base_url: {cls.receiver.url}\n  site: home\n  role: hypervisor\n"
            "  server_type_map: {vm: lab-machine}\n", types=cls.plug.types(status=True))
        cls.lab.trust(cls.box)
        cls.box.store_secret("infrastructure", TOKEN)
        cls.box.store_secret("plug", "canary-of-the-plug")
        cls.secrets = cls.box.sql("SELECT name FROM secret ORDER BY name")
        cls.host = Host(cls.box, cls.lab.node)
        cls.undisturbed = cls("walk").walk(lambda: None)

    def walk(self, disturb):
        """From Rebuild to the last thing that is done for the host; `disturb` runs beside what follows the first start."""
        box, host, netbox = self.box, self.host, NetBox()
        self.lab.member.reset()
        self.receiver.answer = netbox.answer
        self.plug.asked.clear()
        self.plug.on.clear()
        begun = self.joins_begun()
        host.install()
        until(lambda: box.sql("SELECT count(*) FROM effect WHERE kind = 'arm_netboot' AND done_at IS NULL") == ["0"], 20)
        starter = threading.Thread(target=host.start)
        starter.start()
        disturb()
        starter.join(60)
        self.assertEqual(host.end("ready"), "it is node 4 of the cluster lab.")
        until(lambda: box.sql("SELECT count(*) FROM effect WHERE done_at IS NULL") == ["0"], 30, "all that is to be done")
        self.assertEqual([path for path, _ in self.plug.asked].count(f"/on/{NAME}"), 1, "it was switched on once")
        self.assertEqual(self.joins_begun(), begun + 1, "it joined once")
        self.assertEqual(self.lab.member.names, MEMBERS + [NAME])
        self.assertEqual([device["name"] for device in netbox.all("dcim/devices")], [NAME], "it was registered once")
        made = [(method, table) for method, table, _ in netbox.changes if method == "POST"]
        self.assert_nothing_secret_is_left()
        return self.told(), sorted(made)

    def told(self):
        """How the latest operation went: its steps, what happened in it, and what pvecm said, each line once."""
        box = self.box
        steps = box.sql(f"SELECT state, outcome FROM operation_step WHERE operation = {LATEST} ORDER BY number")
        kinds = collections.Counter(box.sql(
            f"SELECT kind FROM event WHERE operation = {LATEST} AND kind NOT IN ('host.joining', 'host.noticed')"))
        lines = box.sql(f"SELECT message FROM event WHERE operation = {LATEST} AND kind = 'host.joining' ORDER BY id")
        said = [line for line in lines if not line.startswith((f"{NAME} joins the cluster:", "backup old database"))]
        return steps, kinds, said

    def joins_begun(self):
        journal = self.lab.node.container.output("journalctl", "--no-pager", "-o", "cat")
        return journal.count("Establishing API connection")

    def assert_nothing_secret_is_left(self):
        self.assertEqual(self.box.sql("SELECT name FROM secret ORDER BY name"), self.secrets)
        self.assertEqual(self.box.sql("SELECT count(*) FROM operation WHERE token_hash IS NOT NULL"), ["0"])
        [key] = self.host.machine.answer["global"]["root-ssh-keys"]
        places = "/root/.ssh/authorized_keys /root/.ssh/authorized_keys2"
        self.assertNotIn(key.split()[1], self.lab.node.container.output("sh", "-c", f"cat {places} 2>/dev/null || :"))
        written = b"".join(path.read_bytes() for path in (self.box.state / "db").iterdir()) + self.box.log().encode()
        for secret in [HASH.split("$")[2], "canary-of-the-plug", TOKEN, self.lab.member.password]:
            self.assertNotIn(secret.encode(), written)

    # How it is disturbed

    @contextlib.contextmanager
    def committed(self, what):
        """Waits until that is committed, and gives a connection that may stop what would be committed next."""
        with contextlib.closing(sqlite3.connect(
                self.box.state / "db" / "sprout.db", timeout=10, isolation_level=None)) as connection:
            until(lambda: connection.execute(COMMITS[what]).fetchone(), 40, what, pause=0.002)
            yield connection

    def kill_right_after(self, what):
        with self.committed(what):
            kill(self.box, "sprout-orchestrator")

    def kill_before_what_follows(self, what):
        """It has done what comes next, and cannot commit it."""
        with self.committed(what) as connection:
            connection.execute("BEGIN IMMEDIATE")
            time.sleep(1)
            kill(self.box, "sprout-orchestrator")
            connection.execute("ROLLBACK")

    def test_P16_a_kill_of_the_orchestrator_before_it_has_committed_the_first_start(self):
        def disturb():
            with nothing_commits(self.box):
                time.sleep(0.3)
                kill(self.box, "sprout-orchestrator")

        self.assertEqual(self.walk(disturb), self.undisturbed)

    def test_P16_a_kill_of_the_orchestrator_right_after_each_commit(self):
        for what in COMMITS:
            with self.subTest(what):
                self.assertEqual(self.walk(lambda: self.kill_right_after(what)), self.undisturbed)

    def test_P16_a_kill_of_the_orchestrator_before_each_commit(self):
        for what in list(COMMITS)[:-1]:
            with self.subTest(what):
                self.assertEqual(self.walk(lambda: self.kill_before_what_follows(what)), self.undisturbed)

    def test_P16_a_kill_of_each_other_daemon_at_each_step(self):
        def disturb():
            for what in COMMITS:
                with self.committed(what):
                    for name in OTHERS:
                        kill(self.box, name)

        self.assertEqual(self.walk(disturb), self.undisturbed)


if __name__ == "__main__":
    unittest.main()
