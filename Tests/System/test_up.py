"""`sprout up`: starting, stopping, restarting, and what it says when it cannot."""

import os
import signal
import subprocess
import tempfile
import time
import unittest

from harness import PROGRAMS, ROOT, Sprout, UnixConnection, free_port, until

DAEMONS = ["sprout-orchestrator", "sprout-web", "sprout-boot", "sprout-metadata", "sprout-dhcp", "sprout-fetch"]


def up(*words, cwd=None, timeout=30):
    return subprocess.run(
        [PROGRAMS / "sprout", "up", *words], capture_output=True, text=True, timeout=timeout, cwd=cwd,
        stdin=subprocess.DEVNULL)


class StartTest(unittest.TestCase):
    def test_all_daemons_are_ready_and_say_so_on_their_sockets(self):
        with Sprout() as box:
            for name in ["command", "observe", "web", "boot", "metadata", "dhcp", "fetch"]:
                connection = UnixConnection(box.state / "run" / f"{name}.sock")
                connection.request("GET", "/health")
                answer = connection.getresponse()
                self.assertEqual(answer.status, 200, name)
                self.assertIn(b'"status":"ok"', answer.read())
                connection.close()

    def test_each_daemon_stops_within_a_second(self):
        with Sprout() as box:
            for name in DAEMONS:
                pid = box.pid(name)
                start = time.monotonic()
                os.kill(pid, signal.SIGTERM)
                until(lambda: not os.path.exists(f"/proc/{pid}"), 5)
                self.assertLess(time.monotonic() - start, 1, name)

    def test_a_stop_as_soon_as_it_is_ready_ends_it(self):
        with Sprout() as box:
            for _ in range(20):
                box.stop()
                box.start()

    def test_stopping_leaves_no_process_behind(self):
        box = Sprout()
        with box:
            pids = [box.pid(name) for name in DAEMONS + ["nginx"]]
            self.assertNotIn(None, pids)
        for pid in pids:
            self.assertFalse(os.path.exists(f"/proc/{pid}"))

    def test_a_killed_supervisor_takes_its_children_along(self):
        box = Sprout()
        with box:
            pids = [box.pid(name) for name in DAEMONS]
            box.process.kill()
            box.process.wait()
            until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), 10)
            box.start()
            self.assertEqual(box.get("/api/hosts").status, 200)

    def test_the_first_run_makes_its_own_configuration(self):
        box = Sprout()
        for file in box.config.iterdir():
            file.unlink()
        box.config.rmdir()
        box.config = box.state
        for name in ["provisioning.yaml", "server-types.yaml"]:
            (box.state / name).write_text((ROOT / "deploy" / name.replace(".yaml", ".example.yaml")).read_text())
        with box:
            types = box.get("/api/server-types").json
            self.assertEqual([kind["key"] for kind in types["server_types"]], ["ms01", "r630", "vm"])
            self.assertIsNone(types["problem"])


class FrontDoorTest(unittest.TestCase):
    def test_nginx_accepts_the_configuration_of_the_box(self):
        text = (ROOT / "rootfs" / "usr" / "share" / "sprout" / "nginx.conf").read_text()
        with tempfile.TemporaryDirectory() as folder:
            file = f"{folder}/nginx.conf"
            with open(file, "w") as copy:
                copy.write(text.replace("/run/sprout-nginx", folder).replace("80 default_server", f"{free_port()} default_server"))
            result = subprocess.run(
                ["nginx", "-t", "-q", "-c", file, "-e", "stderr"], capture_output=True, text=True,
                env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})
        self.assertEqual((result.returncode, result.stderr), (0, ""))


class WedgeTest(unittest.TestCase):
    def test_a_wedged_daemon_is_brought_back_by_its_watchdog(self):
        with Sprout() as box:
            pid = box.pid("sprout-web")
            os.kill(pid, signal.SIGSTOP)
            answer = box.get("/api/hosts", timeout=40)
            self.assertEqual(answer.status, 200, "a request made meanwhile is answered late, not refused")
            self.assertNotEqual(box.pid("sprout-web"), pid)
            self.assertIn("did not feed its watchdog", box.log())


class RefusalTest(unittest.TestCase):
    def setUp(self):
        self.box = Sprout()
        self.addCleanup(lambda: self.box.__exit__(None))

    def arguments(self, **changes):
        values = {"--config": self.box.config / "provisioning.yaml", "--state": self.box.state,
                  "--listen": f"127.0.0.1:{self.box.port}", **changes}
        return [str(word) for pair in values.items() for word in pair]

    def test_a_second_start_on_the_same_state_is_refused(self):
        self.box.start()
        result = up(*self.arguments(**{"--listen": free_port()}))
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"already in use by another `sprout up`, running as process {self.box.process.pid}", result.stderr)

    def test_a_taken_port_is_named_with_its_holder(self):
        self.box.start()
        other = Sprout()
        self.addCleanup(lambda: other.__exit__(None))
        result = up(*self.arguments(**{"--state": other.state}))
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, rf"127.0.0.1:{self.box.port} is taken by sprout \(process \d+\)")

    def test_a_mistake_in_the_configuration_is_told_with_its_place(self):
        (self.box.config / "provisioning.yaml").write_text("pxe:\n  enabeld: true\n")
        result = up(*self.arguments())
        self.assertEqual(result.returncode, 1)
        self.assertIn("provisioning.yaml:2:3: pxe.enabeld: ", result.stderr)
        self.assertIn("did you mean enabled?", result.stderr)

    def test_network_boot_that_cannot_be_done_is_told_with_the_remedy(self):
        netboot = "pxe:\n  enabled: true\n  interface: {}\n"
        (self.box.config / "provisioning.yaml").write_text(netboot.format("lo"))
        result = up(*self.arguments())
        self.assertEqual(result.returncode, 1)
        self.assertIn("machines cannot reach 127.0.0.1", result.stderr)
        (self.box.config / "provisioning.yaml").write_text(netboot.format("nowhere0"))
        result = up(*self.arguments(**{"--listen": f"0.0.0.0:{self.box.port}"}))
        self.assertEqual(result.returncode, 1)
        if os.geteuid() == 0:
            self.assertIn("there is no interface nowhere0", result.stderr)
        else:
            self.assertIn("may be opened by root only", result.stderr)

    def test_what_is_missing_or_wrong_is_named(self):
        for words, status, sentence in [
            (["--config", "/nowhere/p.yaml"], 1, "/nowhere/p.yaml: No such file or directory"),
            (["--listen", "nonsense"], 2, '--listen is "nonsense"; it must be PORT or ADDRESS:PORT'),
            (["--listen", "203.0.113.77:8080"], 1, "cannot listen on 203.0.113.77:8080"),
            (["--lisen", "80"], 2, "there is no option --lisen here"),
        ]:
            with self.subTest(words=words):
                values = self.arguments()
                if words[0] in values:
                    values[values.index(words[0]) + 1] = words[1]
                else:
                    values += words
                result = up(*values)
                self.assertEqual(result.returncode, status, result.stderr)
                self.assertIn(sentence, result.stderr)

    def test_a_path_too_long_for_sockets_is_refused(self):
        result = up(*self.arguments(**{"--state": self.box.state / ("x" * 90)}))
        self.assertEqual(result.returncode, 1)
        self.assertIn("is too long a path", result.stderr)

    def test_a_database_of_a_newer_release_is_left_alone(self):
        database = self.box.state / "db" / "sprout.db"
        database.parent.mkdir()
        subprocess.run(["sqlite3", database, "PRAGMA user_version = 99; CREATE TABLE kept (x)"], check=True)
        process = subprocess.Popen(
            [PROGRAMS / "sprout", "up", *self.arguments()], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        try:
            line = next(line for line in process.stderr if "cannot go on" in line)
        finally:
            process.terminate()
            process.wait(10)
            process.stderr.close()
        self.assertIn("the database is schema 99, this program reads 11", line)
        tables = subprocess.run(["sqlite3", database, ".tables"], capture_output=True, text=True).stdout.split()
        self.assertEqual(tables, ["kept"])


if __name__ == "__main__":
    unittest.main()
