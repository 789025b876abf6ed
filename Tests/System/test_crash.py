"""What is acknowledged is kept, whoever is killed while it is written."""

import concurrent.futures
import itertools
import os
import signal
import threading
import time
import unittest

from harness import Sprout, until

DAEMONS = ["sprout-orchestrator", "sprout-web", "sprout-boot", "sprout-metadata", "sprout-dhcp", "sprout-fetch", "nginx"]


class Writers:
    """Registers hosts at a steady rate, and remembers every answer."""

    def __init__(self, box, rate=50):
        self.box, self.period = box, 1 / rate
        self.acknowledged, self.refused = [], []
        self.longest = 0
        self.stop = threading.Event()
        self.numbers = itertools.count(1)

    def write(self):
        number = next(self.numbers)
        start = time.monotonic()
        try:
            answer = self.box.register(number, hostname=f"h{number}", timeout=60)
        except OSError as error:
            self.refused.append((number, repr(error)))
            return
        self.longest = max(self.longest, time.monotonic() - start)
        (self.acknowledged if answer.status == 201 else self.refused).append((number, answer.status, answer.body))

    def __enter__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(32)
        self.clock = threading.Thread(target=self.tick)
        self.clock.start()
        return self

    def tick(self):
        due = time.monotonic()
        while not self.stop.is_set():
            self.pool.submit(self.write)
            due += self.period
            time.sleep(max(0, due - time.monotonic()))

    def __exit__(self, *_):
        self.stop.set()
        self.clock.join()
        self.pool.shutdown()


class CrashTest(unittest.TestCase):
    def check(self, box, writers):
        names = {host["hostname"] for host in box.hosts()}
        self.assertEqual(writers.refused, [], "a request made during a restart is answered late, not refused")
        missing = [number for number, *_ in writers.acknowledged if f"h{number}" not in names]
        self.assertEqual(missing, [])
        self.assertEqual(len(names), len(writers.acknowledged))
        self.assertEqual(box.sql("PRAGMA integrity_check"), ["ok"])
        registered = box.sql("SELECT count(*) FROM event WHERE kind = 'host.registered'")
        self.assertEqual(registered, [str(len(names))], "each host was registered once")

    def test_kill_9_of_each_daemon_under_50_writes_a_second_loses_nothing(self):
        with Sprout() as box:
            with Writers(box) as writers:
                until(lambda: len(writers.acknowledged) > 25)
                for name in DAEMONS[:-1] * 2:
                    pid = until(lambda: box.pid(name))
                    os.kill(pid, signal.SIGKILL)
                    until(lambda: box.pid(name) not in (None, pid), 30, f"{name} to come back")
                    seen = len(writers.acknowledged)
                    until(lambda: len(writers.acknowledged) > seen + 10, 30, "writes to go on")
            self.assertGreater(len(writers.acknowledged), 100)
            self.check(box, writers)

    def test_readers_go_on_while_the_orchestrator_is_away(self):
        with Sprout() as box:
            for number in range(1, 6):
                box.register(number)
            os.kill(box.pid("sprout-orchestrator"), signal.SIGSTOP)
            self.assertEqual(len(box.hosts()), 5)
            self.assertEqual(box.get("/").status, 200)
            for name in ["boot", "metadata", "dhcp"]:
                health = box.socket_request(f"{name}.sock", "GET", "/health")
                self.assertEqual(health.status, 200, name)
            self.assertEqual(box.register(6).status, 201, "a command waits for the watchdog to bring it back")

    def test_a_kill_of_everything_at_once_loses_nothing(self):
        with Sprout() as box:
            with Writers(box) as writers:
                until(lambda: len(writers.acknowledged) > 50)
                for pid in [box.process.pid] + [box.pid(name) for name in DAEMONS]:
                    os.kill(pid, signal.SIGKILL)
                writers.stop.set()
            acknowledged = [number for number, *_ in writers.acknowledged]
            box.process.wait()
            box.start()
            names = {host["hostname"] for host in box.hosts()}
            self.assertEqual([number for number in acknowledged if f"h{number}" not in names], [])
            self.assertEqual(box.sql("PRAGMA integrity_check"), ["ok"])

    def test_a_request_repeated_over_a_broken_connection_is_carried_out_once(self):
        with Sprout() as box:
            body = {"mac": "52:54:00:00:00:01", "server_type": "vm"}
            first = box.command("POST", "/hosts", body, "the-same")
            again = box.command("POST", "/hosts", body, "the-same")
            self.assertEqual((first.status, first.json), (201, again.json))
            other = box.command("POST", "/hosts", body, "another")
            self.assertEqual(other.status, 409)


if __name__ == "__main__":
    unittest.main()
