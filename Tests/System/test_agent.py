"""The agent that runs beside an installer, and the hook that gets it there: the very scripts, against a server of the test's own."""

import contextlib
import http.server
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tarfile
import tempfile
import threading
import time
import unittest
import urllib.parse

from harness import ROOT, Sprout, children, free_port, until
from installing import PROVISIONING, Machine as Installing, import_image
from test_images import synthetic_iso

SCRIPTS = ROOT / "Sources" / "Recipes" / "Agent"
TOKEN = "a-token-of-the-operation"


class Listener:
    """Takes lines as Sprout is to: by their numbers, each once, and says which it wants next."""

    def __init__(self):
        self.port = free_port()
        self.lines, self.requests, self.problems, self.uploads, self.runs = [], [], [], {}, set()
        self.orders = []
        # Gives a status, "drop" or a text instead of the true answer; None is the true one.
        self.rule = lambda number, request: None
        self.server = None

    def open(self):
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                listener.take(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def take(self, request):
        address = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(address.query))
        body = request.rfile.read(int(request.headers["Content-Length"]))
        entry = {"path": address.path, "query": query, "headers": dict(request.headers), "body": body, "at": time.monotonic()}
        self.requests.append(entry)
        if address.path.endswith("/logs"):
            self.uploads[query["order"]] = body
            return self.answer(request, 200, b"")
        try:
            verdict = self.rule(len(self.requests), entry)
        except Exception as error:
            self.problems.append(repr(error))
            raise
        if verdict == "drop":
            request.close_connection = True
            return request.connection.close()
        if isinstance(verdict, int):
            return self.answer(request, verdict, b"no\n")
        self.store(query, body)
        text = verdict or "".join([f"next {len(self.lines) + 1}\n", *(f"order {order}\n" for order in self.orders)])
        return self.answer(request, 200, text.encode())

    def store(self, query, body):
        first, new = int(query["first"]), body.split(b"\n")
        if new.pop() != b"" or len(new) > 200 or len(body) > 48 << 10:
            self.problems.append(f"{len(new)} lines and {len(body)} bytes from {first}")
        self.runs.add(query["run"])
        if first > len(self.lines) + 1:
            return
        known = len(self.lines) + 1 - first
        if new[:known] != self.lines[first - 1:first - 1 + len(new[:known])]:
            self.problems.append(f"lines from {first} on are others than they were")
        self.lines += new[known:]

    @staticmethod
    def answer(request, status, body):
        with contextlib.suppress(OSError):
            request.send_response(status)
            request.send_header("Content-Type", "text/plain")
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)

    def texts(self, source):
        """What came of a source, without its times."""
        return [text.decode(errors="replace") for _, one, text in (line.split(b" ", 2) for line in list(self.lines))
                if one.decode() == source]


class Machine:
    """Folders that look like the live system of an installer, and the agent in it."""

    def __init__(self, listener, **environment):
        self.listener = listener
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sprout-agent-", dir="/tmp"))
        self.home, self.logs, self.proc, self.sys, self.tools = (
            self.folder / name for name in ("home", "logs", "proc", "sys", "tools"))
        for path in (self.home, self.logs, self.tools, self.proc / "sys/kernel/random", self.proc / "net", self.sys / "block"):
            path.mkdir(parents=True)
        (self.home / "place").write_text(f"url='http://127.0.0.1:{listener.port}/api/boot/telemetry'\ntoken='{TOKEN}'\n")
        (self.proc / "uptime").symlink_to("/proc/uptime")
        (self.proc / "sys/kernel/random/boot_id").write_text("01234567-89ab-4def-8123-456789abcdef\n")
        (self.proc / "sys/kernel/sysrq").write_text("0\n")
        (self.proc / "net/route").write_text("Iface\tDestination\n")
        self.tool("ip", "exit 1")
        self.tool("udevadm", "exit 1")
        self.tool("sync", f"echo synced >>{self.folder}/synced")
        self.tool("dmesg", "echo kernel words; echo a password is here")
        self.environment = {
            "SPROUT_AGENT_HOME": str(self.home), "SPROUT_AGENT_LOGS": str(self.logs), "SPROUT_AGENT_PROC": str(self.proc),
            "SPROUT_AGENT_SYS": str(self.sys), "SPROUT_AGENT_TOOLS": str(self.tools), **environment}
        self.process = None

    def tool(self, name, text):
        path = self.tools / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def start(self):
        self.errors = open(self.folder / "errors", "ab")
        self.process = subprocess.Popen(
            ["/bin/bash", SCRIPTS / "agent"], env=self.environment, stdin=subprocess.DEVNULL, stdout=self.errors,
            stderr=self.errors, start_new_session=True)

    def stop(self):
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.errors.close()
            self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder)

    def running(self):
        """The process that the first one starts anew."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in children:
            with contextlib.suppress(OSError):
                if pathlib.Path(f"/proc/{child}/cmdline").read_bytes().endswith(b"agent\0run\0"):
                    return int(child)
        return None

    def write(self, name, content):
        with open(self.logs / name, "ab") as log:
            log.write(content)

    def begin(self, process, *words):
        folder = self.proc / str(process)
        folder.mkdir()
        (folder / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in words))

    def end(self, process):
        shutil.rmtree(self.proc / str(process))


class AgentCase(unittest.TestCase):
    """A server, and machines that tell it their lines."""

    def setUp(self):
        self.listener = Listener()
        self.listener.open()
        self.addCleanup(self.listener.close)

    def machine(self, **environment):
        machine = Machine(self.listener, **environment)
        self.addCleanup(machine.remove)
        machine.start()
        return machine

    def expect(self, source, wanted, seconds=30):
        try:
            until(lambda: self.listener.texts(source)[:len(wanted) + 1] == wanted, seconds, f"{len(wanted)} lines of {source}")
        except AssertionError as error:
            came = self.listener.texts(source)
            other = next((n for n, pair in enumerate(zip(came, wanted)) if pair[0] != pair[1]), min(len(came), len(wanted)))
            raise AssertionError(f"{error}: line {other} is {came[other:other + 1]}, and was to be {wanted[other:other + 1]}"
                                 f" ({len(came)} came)") from error
        self.assertEqual(self.listener.problems, [])


class AgentTest(AgentCase):
    """What the installer writes arrives, whatever becomes of the network, of the server and of the agent."""

    def test_lines_of_three_logs_arrive_as_they_are_written_with_their_times_and_their_source(self):
        machine = self.machine()
        until(lambda: self.listener.lines, what="a first line")
        machine.write("fetch_answer.log", b"INFO: Fetching\n")
        self.expect("fetch", ["INFO: Fetching"])
        machine.write("auto_installer.log", b"INFO: progress   3.0 % - part")
        machine.write("install-low-level.log", "# größe\n".encode())
        self.expect("low", ["# größe"])
        self.assertEqual(self.listener.texts("auto"), [])
        machine.write("auto_installer.log", b"itioning\nERROR: no")
        self.expect("auto", ["INFO: progress   3.0 % - partitioning"])
        self.assertEqual(self.listener.texts("agent"), ["started 1"])
        request = self.listener.requests[-1]
        self.assertEqual(request["path"], "/api/boot/telemetry")
        self.assertEqual(request["query"]["run"], "0123456789ab4def")
        self.assertRegex(request["query"]["up"], r"^\d+$")
        self.assertEqual(request["headers"]["Authorization"], f"Bearer {TOKEN}")
        self.assertEqual(request["headers"]["Host"], f"127.0.0.1:{self.listener.port}")
        self.assertEqual((request["headers"]["Content-Type"], request["headers"]["Connection"]), ("text/plain", "close"))
        for line in self.listener.lines:
            self.assertRegex(line, rb"^\d+\.\d\d (agent|fetch|auto|low) ")

    def test_with_nothing_new_a_sign_of_life_comes_every_10_seconds(self):
        self.machine()
        until(lambda: len(self.listener.requests) >= 3, 35, "two signs of life")
        times = [request["at"] for request in self.listener.requests]
        self.assertEqual([request["body"] for request in self.listener.requests[1:3]], [b"", b""])
        for gap in (times[1] - times[0], times[2] - times[1]):
            # As long as whoever is busy here allows.
            self.assertTrue(9.5 < gap < 15, f"{gap} s")

    def test_every_line_arrives_once_and_in_order_though_the_server_fails_drops_and_lies(self):
        false = ["next 0\n", "next 999999999\n", "next x\n", "<html>\n", "next 1\n", "next -4\n", ""]

        def rule(number, request):
            if number % 4 == 1:
                return 503
            if number % 4 == 2:
                return "drop"
            if number % 4 == 3 and number < 60:
                return false[number // 4 % len(false)] or "\n"
            return None

        self.listener.rule = rule
        machine = self.machine()
        wanted = []
        for number in range(900):
            wanted.append(f"line {number}")
            machine.write("install-low-level.log", f"line {number}\n".encode())
            if number % 100 == 0:
                until(lambda: self.listener.texts("low"), 60, "a line")
        self.expect("low", wanted, 120)

    def test_a_server_that_has_lost_lines_is_given_them_again(self):
        machine = self.machine()
        machine.write("auto_installer.log", b"".join(b"line %d\n" % number for number in range(500)))
        wanted = [f"line {number}" for number in range(500)]
        self.expect("auto", wanted)
        del self.listener.lines[100:]
        self.expect("auto", wanted)

    def test_a_server_that_was_away_gets_what_was_written_meanwhile(self):
        machine = self.machine()
        until(lambda: self.listener.lines, what="a first line")
        self.listener.close()
        for number in range(300):
            machine.write("auto_installer.log", b"line %d\n" % number)
        time.sleep(12)
        self.listener.open()
        began = time.monotonic()
        self.expect("auto", [f"line {number}" for number in range(300)])
        self.assertLess(time.monotonic() - began, 20)

    def test_a_server_that_accepts_and_says_nothing_is_left_after_10_seconds(self):
        held = threading.Event()
        self.addCleanup(held.set)
        self.listener.rule = lambda number, request: held.wait(30) and None if number == 1 else None
        machine = self.machine()
        until(lambda: self.listener.requests, what="a request")
        began = time.monotonic()
        machine.write("auto_installer.log", b"one\n")
        self.expect("auto", ["one"])
        self.assertTrue(9 < time.monotonic() - began < 25, f"{time.monotonic() - began} s")

    def test_nobody_who_wants_it_is_asked_again_after_a_minute_only(self):
        self.listener.rule = lambda number, request: 404
        self.machine()
        until(lambda: self.listener.requests, what="a request")
        time.sleep(15)
        self.assertEqual(len(self.listener.requests), 1)

    def test_what_is_too_much_for_the_server_is_sent_in_halves(self):
        self.listener.rule = lambda number, request: 413 if request["body"].count(b"\n") > 30 else None
        machine = self.machine()
        machine.write("auto_installer.log", b"".join(b"line %d\n" % number for number in range(150)))
        self.expect("auto", [f"line {number}" for number in range(150)])

    def test_a_killed_agent_goes_on_without_losing_repeating_or_renumbering_a_line(self):
        machine = self.machine()
        wanted = []
        for round in range(4):
            for number in range(400):
                text = f"line {round}.{number}"
                wanted.append(text)
                machine.write("install-low-level.log", text.encode() + b"\n")
                machine.write("auto_installer.log", (b"\0binary " if number % 7 == 0 else b"") + text.encode() + b"\n")
                if number == 200:
                    until(lambda: len(self.listener.texts("low")) > 400 * round, what="lines of this round")
                    before = until(machine.running, what="the agent")
                    os.kill(before, signal.SIGKILL)
                    until(lambda: machine.running() not in (None, before), what="another agent")
        self.expect("low", wanted, 60)
        self.expect("auto", [("binary " if int(text.split(".")[1]) % 7 == 0 else "") + text for text in wanted], 60)
        self.assertEqual(self.listener.texts("agent"), ["started 1"])
        self.assertEqual(len(self.listener.runs), 1)

    def test_half_a_line_in_the_spool_is_put_right(self):
        machine = self.machine()
        machine.write("auto_installer.log", b"one\ntwo\n")
        self.expect("auto", ["one", "two"])
        machine.stop()
        with open(machine.home / "spool", "ab") as spool:
            spool.write(b"12 3.00 auto thr")
        machine.write("auto_installer.log", b"three\n")
        machine.start()
        self.expect("auto", ["one", "two", "three"])

    def test_ten_thousand_lines_arrive(self):
        machine = self.machine()
        wanted = [f"Unpacking package-{number} (1.2.3-{number}) ..." for number in range(10_000)]
        machine.write("install-low-level.log", "".join(f"{line}\n" for line in wanted).encode())
        began = time.monotonic()
        self.expect("low", wanted, 90)
        print(f"10 000 lines: {time.monotonic() - began:.0f} s", end=" ", flush=True)

    def test_huge_and_binary_lines_are_cut_and_made_plain(self):
        machine = self.machine()
        machine.write("install-low-level.log", b"x" * 3_000_000 + b"\n" + b"a\x00b\x01c\td\r\x1b[0m\xff\n"
                      + "ä".encode() * 4096 + b"\n" + b"y" * 4096 + b"\n" + b"\n" + b"last\n")
        until(lambda: self.listener.lines and self.listener.lines[-1].endswith(b" last"), what="the last line")
        texts = [line.split(b" ", 2)[2] for line in self.listener.lines if b" low " in line[:20]]
        self.assertEqual(
            texts, [b"x" * 1000, b"ab c\td  [0m\xff", "ä".encode() * 500, b"y" * 1000, b"", b"last"])
        self.assertEqual(self.listener.problems, [])

    def test_a_full_spool_leaves_out_the_newest_lines_and_says_how_many(self):
        machine = self.machine(SPROUT_AGENT_SPOOL_LIMIT="20000")
        machine.write("install-low-level.log", b"".join(b"line %04d\n" % number for number in range(2000)))
        until(lambda: any(text.startswith("left out") for text in self.listener.texts("agent")), 40, "the line that says so")
        kept = self.listener.texts("low")
        self.assertEqual(kept, [f"line {number:04}" for number in range(len(kept))])
        self.assertEqual(self.listener.texts("agent")[-1], f"left out {2000 - len(kept)} lines")
        self.assertLess((machine.home / "spool").stat().st_size, 20_500)

    def test_a_log_that_is_made_anew_is_read_from_its_beginning(self):
        machine = self.machine()
        machine.write("auto_installer.log", b"ERROR: a long line of the first try\n")
        self.expect("auto", ["ERROR: a long line of the first try"])
        (machine.logs / "auto_installer.log").unlink()
        machine.write("auto_installer.log", b"second\n")
        self.expect("auto", ["ERROR: a long line of the first try", "second"])
        (machine.logs / "auto_installer.log").write_bytes(b"3rd\n")
        machine.begin(100, "/usr/bin/proxmox-auto-installer")
        self.expect("auto", ["ERROR: a long line of the first try", "second", "3rd"])


class AgentsOwnTest(AgentCase):
    """What the agent says of its own, and what it does when told to."""

    def test_the_network_and_the_disks_are_told_once_they_are_there(self):
        machine = Machine(self.listener)
        self.addCleanup(machine.remove)
        for name, size in (("sda", 2000), ("nvme0n1", 4000), ("sr0", 100), ("loop0", 100), ("zram0", 5), ("ram0", 5), ("sdb", 0)):
            (machine.sys / "block" / name / "device").mkdir(parents=True)
            (machine.sys / "block" / name / "size").write_text(f"{size}\n")
        machine.tool("udevadm", 'case $3 in --name=sda) echo "ID_SERIAL=long_S1"; echo "ID_SERIAL_SHORT=S 1"; echo ID_MODEL=QEMU_DISK;;'
                     " --name=sda1) echo ID_FS_TYPE=ext4; echo ID_FS_LABEL=my photos; echo ID_PART_ENTRY_NAME=data; echo OTHER=x;;"
                     " --name=nvme0n1) echo ID_FS_TYPE=zfs_member; echo ID_PART_ENTRY_NAME=none;;"
                     " *) exit 1;; esac")
        machine.tool("dumpe2fs", 'echo "Last mounted on: /srv"; echo "Last mount time:          Tue Mar  3 10:00:00 2026"; [ $2 = /dev/sda1 ]')
        (machine.sys / "block/sda/sda1").mkdir()
        (machine.sys / "block/sda/sda1/partition").write_text("1\n")
        (machine.sys / "block/sda/sda1/size").write_text("1000\n")
        machine.start()
        until(lambda: self.listener.lines, what="a first line")
        self.assertEqual(self.listener.texts("agent"), ["started 1"])
        machine.tool("ip", 'echo "2: ens18    inet 192.168.7.5/24 brd 192.168.7.255 scope global ens18"')
        (machine.proc / "net/route").write_text("Iface\tDestination\nens18\t00000000\n")
        self.expect("agent", ["started 1", "network 192.168.7.5/24 ens18", "disk nvme0n1 size 2048000",
                              "part nvme0n1 nvme0n1 ID_FS_TYPE zfs_member", "disk sda size 1024000", "disk sda ID_SERIAL long_S1", "disk sda ID_SERIAL_SHORT S 1",
                              "disk sda ID_MODEL QEMU_DISK", "part sda sda1 size 512000", "part sda sda1 ID_FS_TYPE ext4",
                              "part sda sda1 ID_FS_LABEL my photos", "part sda sda1 ID_PART_ENTRY_NAME data",
                              "part sda sda1 mounted Tue Mar  3 10:00:00 2026", "disks told"])

    def test_it_begins_once_the_live_system_has_mounted_what_it_needs(self):
        machine = Machine(self.listener)
        self.addCleanup(machine.remove)
        (machine.proc / "uptime").unlink()
        machine.start()
        children = pathlib.Path(f"/proc/{machine.process.pid}/task/{machine.process.pid}/children")
        until(children.read_text, what="its waiting")
        self.assertIsNone(machine.running())
        (machine.proc / "uptime").symlink_to("/proc/uptime")
        self.expect("agent", ["started 1"])

    def test_programs_are_told_and_a_stop_within_5_seconds(self):
        machine = self.machine()
        machine.begin(90, "/bin/bash", "/sbin/unconfigured.sh.original")
        (machine.proc / "2").mkdir()
        (machine.proc / "2/cmdline").write_text("")
        machine.begin(100, "/usr/bin/proxmox-fetch-answer")
        wanted = ["started 1", "program proxmox-fetch-answer began", "disks told"]
        self.expect("agent", wanted)
        machine.end(100)
        machine.begin(101, "/usr/bin/python3", "-E", "/usr/bin/proxmox-auto-installer")
        until(lambda: "program proxmox-auto-installer began" in self.listener.texts("agent"))
        machine.begin(102, "/usr/bin/perl", "-T", "/usr/bin/proxmox-low-level-installer", "dump-env")
        machine.begin(103, "tail", "-f", "/usr/bin/proxmox-post-hook")
        machine.begin(104, "/usr/bin/perl", "-T", "/usr/bin/proxmox-low-level-installer", "start-session")
        until(lambda: "program proxmox-low-level-installer began" in self.listener.texts("agent"))
        machine.end(104)
        until(lambda: "program proxmox-low-level-installer ended" in self.listener.texts("agent"))
        machine.write("auto_installer.log", b"ERROR: Installation failed")
        ended = float(pathlib.Path("/proc/uptime").read_text().split()[0])
        machine.end(101)
        until(lambda: "stopped" in self.listener.texts("agent"), 10, "the word that it stopped")
        [line] = [line for line in self.listener.lines if line.endswith(b" agent stopped")]
        took = float(line.split()[0]) - ended
        # Five seconds, and what a busy machine adds.
        self.assertTrue(4 <= took <= 8, f"it said so after {took} s")
        self.assertEqual(self.listener.texts("auto"), ["ERROR: Installation failed"])
        self.assertEqual(self.listener.texts("agent")[4:], [
            "program proxmox-auto-installer began", "program proxmox-low-level-installer began",
            "program proxmox-low-level-installer ended", "program proxmox-auto-installer ended", "stopped"])
        # Somebody tries again by hand.
        machine.begin(105, "/usr/bin/proxmox-auto-installer")
        until(lambda: self.listener.texts("agent")[-1] == "program proxmox-auto-installer began")
        machine.end(105)
        until(lambda: self.listener.texts("agent")[-1] == "stopped", 10)

    def test_a_real_process_is_found_by_the_name_of_its_script(self):
        machine = self.machine()
        script = machine.folder / "proxmox-post-hook"
        script.write_text("#!/bin/bash\nread -r word\nexit 1\n")
        script.chmod(0o755)
        process = subprocess.Popen([script], stdin=subprocess.PIPE)
        (machine.proc / str(process.pid)).symlink_to(f"/proc/{process.pid}")
        until(lambda: "program proxmox-post-hook began" in self.listener.texts("agent"))
        process.communicate(b"\n")
        until(lambda: "program proxmox-post-hook ended" in self.listener.texts("agent"))

    def test_a_killed_agent_says_nothing_of_its_own_twice(self):
        machine = self.machine()
        machine.begin(100, "/usr/bin/proxmox-auto-installer")
        until(lambda: len(self.listener.texts("agent")) == 2)
        before = machine.running()
        os.kill(before, signal.SIGKILL)
        machine.end(100)
        until(lambda: self.listener.texts("agent")[2:] == ["program proxmox-auto-installer ended", "stopped"], 15)
        os.kill(machine.running(), signal.SIGKILL)
        requests = len(self.listener.requests)
        until(lambda: len(self.listener.requests) > requests, 15, "a request of another agent")
        machine.write("auto_installer.log", b"x\n")
        self.expect("auto", ["x"])
        self.assertEqual(self.listener.texts("agent")[4:], [])

    def test_an_order_is_told_first_and_carried_out_once(self):
        for verb, letter in (("reboot", "b"), ("power-off", "o")):
            with self.subTest(verb):
                self.listener.lines.clear()
                machine = self.machine()
                until(lambda: self.listener.lines, what="a first line")
                self.listener.orders = [f"o-1 {verb}", "o-2 dance", "o-2 dance", "../x reboot"]
                trigger = machine.proc / "sysrq-trigger"
                until(lambda: trigger.exists() and trigger.read_text(), 15, "the order")
                self.assertEqual(self.listener.texts("agent"), ["started 1", f"order o-1 {verb}", "order o-2 unknown"])
                self.assertEqual(trigger.read_text(), f"{letter}\n")
                self.assertEqual((machine.proc / "sys/kernel/sysrq").read_text(), "1\n")
                self.assertEqual((machine.folder / "synced").read_text(), "synced\n")
                trigger.unlink()
                os.kill(machine.running(), signal.SIGKILL)
                requests = len(self.listener.requests)
                until(lambda: len(self.listener.requests) > requests + 1, 30, "requests of another agent")
                self.assertFalse(trigger.exists())
                self.listener.orders = []
                machine.stop()

    def test_an_order_is_carried_out_after_5_seconds_though_nobody_hears_of_it(self):
        machine = self.machine()
        self.listener.orders = ["o-1 reboot"]
        self.listener.rule = lambda number, request: None if number == 1 else 503
        trigger = machine.proc / "sysrq-trigger"
        until(lambda: len(self.listener.requests) > 1, what="a second request")
        self.assertFalse(trigger.exists())
        until(trigger.exists, 8, "the order")

    def test_logs_are_sent_without_passwords_and_answers(self):
        machine = self.machine()
        machine.write("auto_installer.log", b"INFO: fine\nroot_password: hunter22\n$6$salt$hash\n")
        machine.write("low-level-config.json", b'{"password": "hunter22"}')
        self.expect("auto", ["INFO: fine", "root_password: hunter22", "$6$salt$hash"])
        self.listener.orders = ["7 logs"]
        archive = until(lambda: self.listener.uploads.get("7"), 30, "the logs")
        self.assertLess(len(archive), 8 << 20)
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            files = {pathlib.Path(member.name).name: tar.extractfile(member).read() for member in tar if member.isfile()}
        self.assertEqual(sorted(files), ["auto_installer.log", "dmesg.txt", "lsblk.txt", "network.txt"])
        self.assertIn(b"INFO: fine", files["auto_installer.log"])
        self.assertIn(b"kernel words", files["dmesg.txt"])
        self.assertFalse(any(word in content for content in files.values() for word in (b"hunter22", b"$6$", b"password is")))
        upload = next(request for request in self.listener.requests if request["path"].endswith("/logs"))
        self.assertEqual(upload["headers"]["Authorization"], f"Bearer {TOKEN}")
        until(lambda: not list(machine.home.glob("logs-*")), what="an empty folder")

    def test_it_takes_next_to_no_processor_at_20_lines_a_second(self):
        machine = self.machine()
        until(lambda: self.listener.lines, what="a first line")
        for process in range(1000, 1030):
            machine.begin(process, "/usr/sbin/a-daemon", "--of", "the installer")
        end, number = time.monotonic() + 60, 0
        while time.monotonic() < end:
            machine.write("install-low-level.log", b"Unpacking package-%d (1.2.3) over nothing ...\n" % number)
            number += 1
            time.sleep(0.05)
        fields = pathlib.Path(f"/proc/{machine.running()}/stat").read_text().rsplit(")", 1)[1].split()
        used = sum(int(fields[place]) for place in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")
        memory = pathlib.Path(f"/proc/{machine.running()}/status").read_text().split("VmRSS:")[1].split()[0]
        print(f"{used:.2f} CPU s in 60 s, {number} lines, {memory} kB", end=" ", flush=True)
        self.assertLess(used, 3)
        self.assertLess(int(memory), 8000)


class HookTest(unittest.TestCase):
    """The hook, sourced by the shells that an initrd has, with folders that look like one."""

    def test_the_scripts_have_nothing_that_shellcheck_objects_to(self):
        if not shutil.which("shellcheck"):
            self.skipTest("There is no shellcheck here: apt-get install shellcheck")
        for name in ("agent", "hook"):
            done = subprocess.run(["shellcheck", SCRIPTS / name], capture_output=True, text=True)
            self.assertEqual(done.stdout, "")

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="sprout-hook-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, self.root)
        (self.root / "sprout").mkdir()
        for name in ("agent", "hook"):
            shutil.copy(SCRIPTS / name, self.root / "sprout" / name)
        (self.root / "sprout/place").write_text("url='http://192.168.1.5/api/boot/telemetry'\ntoken='x'\n")

    def overlay(self, name="mnt/.installer-mp", sbin="usr/sbin"):
        overlay = self.root / name
        (overlay / "usr/sbin").mkdir(parents=True)
        (overlay / "sbin").symlink_to(sbin)
        (overlay / "usr/sbin/unconfigured.sh").write_text('#!/bin/sh\necho "$$ $*"\n')
        (overlay / "usr/sbin/unconfigured.sh").chmod(0o755)
        return overlay

    def run_init(self, leaving, shell=("dash",)):
        """An /init that sources the hook as the patched one does: what it says afterwards."""
        text = "\n".join([
            "#!/bin/sh", "set -eu", "target=/mnt/live first=1 folder=2 rest=3", "[ ! -r \"$SPROUT_HOOK_ROOT/sprout/hook\" ] ||"
            " . \"$SPROUT_HOOK_ROOT/sprout/hook\"", 'echo "went on $target $first $folder $rest $-"', "exit 0", leaving, ""])
        (self.root / "init").write_text(text)
        done = subprocess.run(
            [*shell, self.root / "init"], env={"SPROUT_HOOK_ROOT": str(self.root), "PATH": os.environ["PATH"]},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.root)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"^went on /mnt/live 1 2 3 \w*e\w*\n$")

    LEAVING = ("if ! exec switch_root -c /dev/console /mnt/.installer-mp /bin/setsid /bin/sh -c"
               " \"exec /sbin/unconfigured.sh </dev/tty1 >/dev/tty1 2>&1\"; then false; fi")

    def assert_placed(self, overlay):
        for name, mode in (("agent", 0o700), ("place", 0o600), ("", 0o700)):
            self.assertEqual((overlay / "sprout" / name).stat().st_mode & 0o777, mode)
        self.assertEqual((overlay / "sprout/agent").read_bytes(), (SCRIPTS / "agent").read_bytes())
        self.assertIn("/sprout/agent", (overlay / "usr/sbin/unconfigured.sh").read_text())
        self.assertEqual((overlay / "usr/sbin/unconfigured.sh").stat().st_mode & 0o777, 0o755)
        self.assertEqual((overlay / "usr/sbin/unconfigured.sh.original").read_text(), '#!/bin/sh\necho "$$ $*"\n')
        self.assertFalse((overlay / "usr/sbin/unconfigured.sh.new").exists())

    def test_the_agent_is_put_into_the_live_system_by_each_shell(self):
        for shell in (["dash"], ["bash", "--posix"], ["busybox", "sh"]):
            with self.subTest(shell):
                overlay = self.overlay()
                self.run_init(self.LEAVING, shell)
                self.assert_placed(overlay)
                shutil.rmtree(self.root / "mnt")

    def test_the_live_system_is_where_the_line_says(self):
        rest = "/bin/sh -c 'exec /sbin/unconfigured.sh'"
        for leaving, place in [
                (f"exec switch_root /live {rest}", "live"), (f"  exec switch_root -c /dev/tty1 '/other' {rest}", "mnt/.installer-mp"),
                (f"if ! exec switch_root -c /dev/tty1 /live {rest}; then :; fi", "live"),
                (f"# exec switch_root /other {rest}\nexec /sbin/switch_root /live {rest}\nexec /sbin/switch_root /mnt sbin/init", "live"),
                (f"\texec switch_root \"${{target}}\" {rest}", "mnt/live"), (f"exec switch_root $(reboot) {rest}", "mnt/.installer-mp"),
                ("exec switch_root", "mnt/.installer-mp"), ("exec switch_root -c unconfigured.sh", "mnt/.installer-mp"),
                (f"exec switch_root $nowhere {rest}", "mnt/.installer-mp")]:
            with self.subTest(leaving):
                overlay = self.overlay(place)
                self.run_init(leaving)
                self.assert_placed(overlay)
                shutil.rmtree(overlay)

    def test_an_absolute_link_leads_into_the_live_system(self):
        overlay = self.overlay(sbin="/usr/sbin")
        self.run_init(self.LEAVING)
        self.assert_placed(overlay)

    def test_whatever_fails_the_installation_goes_on_untouched(self):
        self.run_init(self.LEAVING)
        overlay = self.overlay()
        original = (overlay / "usr/sbin/unconfigured.sh").read_text()
        (self.root / "sprout/place").unlink()
        self.run_init(self.LEAVING)
        self.assertEqual((overlay / "usr/sbin/unconfigured.sh").read_text(), original)
        (overlay / "sprout").rename(overlay / "away")
        (overlay / "sprout").write_text("no folder")
        self.run_init(self.LEAVING)
        self.assertEqual((overlay / "usr/sbin/unconfigured.sh").read_text(), original)

    def test_the_wrapper_becomes_the_installer_with_its_words_and_starts_the_agent(self):
        overlay = self.overlay()
        self.run_init(self.LEAVING)
        wrapper = (overlay / "usr/sbin/unconfigured.sh").read_text()
        # The live system is the root of a machine; here its paths lie in the folder.
        (self.root / "agent-ran").unlink(missing_ok=True)
        (overlay / "sprout/agent").write_text(f"ps -o sid= -o pid= $$ > {self.root}/agent-ran\n")
        for folder in ("/sprout/", "/sbin/"):
            for before in " <>":
                wrapper = wrapper.replace(f"{before}{folder}", f"{before}{overlay}{folder}")
        (self.root / "wrapper").write_text(wrapper)
        process = subprocess.Popen(["dash", self.root / "wrapper", "one", "two words"], stdout=subprocess.PIPE, text=True)
        output, _ = process.communicate(timeout=10)
        self.assertEqual(output, f"{process.pid} one two words\n")
        session, agent = until(lambda: (self.root / "agent-ran").exists() and (self.root / "agent-ran").read_text().split())
        self.assertEqual(session, agent)


class ServedTest(unittest.TestCase):
    """What a machine is given by Sprout itself."""

    def test_an_image_whose_init_is_known_is_started_with_the_agent_and_another_without(self):
        with Sprout(provisioning=PROVISIONING) as box, tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            init = (ROOT / "Tests/Rehearsal/initrd/init").read_text()
            (folder / "init").write_text(init)
            initrd = subprocess.run(
                ["cpio", "--quiet", "-o", "-H", "newc"], cwd=folder, input=b"init\n", stdout=subprocess.PIPE, check=True).stdout
            iso, _ = synthetic_iso(folder / "9.2", "9.2", 1_000_000, initrd=initrd)
            other, _ = synthetic_iso(folder / "9.1", "9.1", 1_000_000)
            for path in (iso, other):
                done = box.cli("images", "import", str(path))
                self.assertEqual(done.returncode, 0, done.stderr)
            image = box.get("/api/images/proxmox-ve-9.2-1").json
            self.assertNotIn("without_agent", image)
            self.assertEqual(image["files"][-1]["name"], "init")
            self.assertEqual(box.get("/api/images/proxmox-ve-9.1-1").json["without_agent"], "its initrd has no /init")
            self.assertEqual(box.cli("images", "verify", "proxmox-ve-9.2-1").returncode, 0)
            with_agent, without = Installing(box, 1), Installing(box, 2, release="9.1")
            box.register(1)
            box.register(2)
            self.assertEqual(with_agent.arm(image="proxmox-ve-9.2-1").status, 202)
            self.assertEqual(without.arm(image="proxmox-ve-9.1-1").status, 202)
            script = with_agent.boot()
            self.assertIn(f"initrd --name agent {box.url}/boot/agent?token={with_agent.token} ||\nboot ||\n", script)
            self.assertNotIn("agent", without.boot())
            self.assertEqual(without.load("agent").status, 404)
            self.assertEqual(box.get("/boot/agent?token=" + "x" * 43).status, 404)
            with_agent.load_all()
            answer = with_agent.load("agent")
            self.assertEqual(answer.status, 200, answer.body)
            place = folder / "unpacked"
            place.mkdir()
            subprocess.run(["cpio", "--quiet", "-idm"], cwd=place, input=answer.body, check=True)
            self.assertEqual(
                {str(path.relative_to(place)): oct(path.stat().st_mode & 0o777) for path in place.rglob("*")},
                {"init": "0o755", "sprout": "0o700", "sprout/hook": "0o600", "sprout/agent": "0o755", "sprout/place": "0o600"})
            for name in ("hook", "agent"):
                self.assertEqual((place / "sprout" / name).read_bytes(), (SCRIPTS / name).read_bytes())
            lines = (place / "init").read_text().splitlines(keepends=True)
            lines.remove("[ ! -r /sprout/hook ] || . /sprout/hook\n")
            self.assertEqual("".join(lines), init)
            told = subprocess.run(
                ["dash", "-c", '. "$0"; printf "%s %s" "$url" "$token"', place / "sprout/place"], capture_output=True, text=True)
            self.assertEqual(told.stdout, f"{box.url}/api/boot/telemetry {with_agent.token}")


class WholeWayTest(unittest.TestCase):
    """The very agent, and Sprout itself."""

    def installing(self, box):
        """A host whose installer has its answer, its operation, and the machine whose agent is to report there."""
        import_image(box)
        box.register(1, hostname="pve-1")
        host = Installing(box, 1)
        host.begin()
        operation = box.get(f"/api/hosts/{host.mac}/operations").json["operations"][0]["id"]
        machine = Machine(box)
        self.addCleanup(machine.remove)
        (machine.home / "place").write_text(f"url='{box.url}/api/boot/telemetry'\ntoken='{host.token}'\n")
        return host, operation, machine

    def test_E10_P6_lines_are_exact_whatever_breaks_and_a_machine_whose_installer_failed_is_restarted_from_the_page(self):
        with Sprout(provisioning=PROVISIONING) as box:
            host, operation, machine = self.installing(box)
            (machine.proc / "sysrq-trigger").write_text("")
            machine.start()

            def told(source):
                lines = box.get(f"/api/operations/{operation}/log?limit=1000").json["lines"]
                self.assertEqual([line["number"] for line in lines], list(range(1, len(lines) + 1)))
                return [line["text"] for line in lines if line["source"] == source]

            wanted = []

            def write(count):
                more = [f"line {number}" for number in range(len(wanted), len(wanted) + count)]
                wanted.extend(more)
                machine.write("install-low-level.log", "".join(f"{text}\n" for text in more).encode())

            write(100)
            until(lambda: told("low") == wanted, what="the first lines")
            with self.subTest("the agent is killed"):
                os.kill(machine.running(), signal.SIGKILL)
                write(100)
                until(lambda: told("low") == wanted, what="the lines after it")
            with self.subTest("the network is cut"):
                doors = [box.pid("nginx"), *children(box.pid("nginx"))]
                for pid in doors:
                    os.kill(pid, signal.SIGSTOP)
                write(100)
                time.sleep(15)
                for pid in doors:
                    os.kill(pid, signal.SIGCONT)
                until(lambda: told("low") == wanted, 30, "the lines of meanwhile")
            with self.subTest("the orchestrator is killed"):
                write(50)
                box.kill("sprout-orchestrator")
                write(50)
                until(lambda: told("low") == wanted, 30, "the lines around it")
            machine.begin(7, "/usr/bin/proxmox-auto-installer")
            until(lambda: "program proxmox-auto-installer began" in told("agent"), what="the installer to be seen")
            machine.write("auto_installer.log", b"INFO: progress  12.0 % - partitioning\nERROR: no space left\n")
            machine.end(7)
            failed = time.monotonic()
            until(lambda: host.state() == "failed", what="the host to fail")
            self.assertLess(time.monotonic() - failed, 15)
            [step] = box.get(f"/api/operations/{operation}").json["steps"][-1:]
            self.assertEqual(step["reason"], "its installer stopped: no space left.")
            self.assertEqual(host.arm().status, 202)
            until(lambda: (machine.proc / "sysrq-trigger").read_text() == "b\n", 30, "the machine to be restarted")
            self.assertRegex(told("agent")[-1], r"^order \d+ reboot$")

    def test_all_logs_come_when_they_are_asked_for_without_passwords_and_a_failure_is_told(self):
        with Sprout(provisioning=PROVISIONING) as box:
            host, operation, machine = self.installing(box)
            machine.write("auto_installer.log", b"INFO: fine\nroot_password: hunter22\nINFO: after it\n")
            machine.write("install-low-level.log", b"unpacking\n" * 1000)
            machine.start()
            until(lambda: box.get(f"/api/operations/{operation}/log").json["lines"], what="a first line")
            file = machine.folder / "logs.tar.gz"
            began = time.monotonic()
            done = box.cli("operations", "log", operation, "--bundle", file, "--reason", "to see them all", "-o", "json")
            self.assertEqual(done.returncode, 0, done.stderr)
            print(f"{time.monotonic() - began:.1f} s, {file.stat().st_size} bytes", end=" ", flush=True)
            self.assertEqual(json.loads(done.stdout)["size"], file.stat().st_size)
            with tarfile.open(file) as tar:
                files = {pathlib.Path(member.name).name: tar.extractfile(member).read() for member in tar if member.isfile()}
            self.assertEqual(sorted(files), [
                "auto_installer.log", "dmesg.txt", "install-low-level.log", "lsblk.txt", "network.txt"])
            self.assertEqual(files["auto_installer.log"].decode().splitlines(), [
                "INFO: fine", "(a line that may hold a password was left out)", "INFO: after it"])
            self.assertEqual(files["install-low-level.log"], b"unpacking\n" * 1000)
            self.assertIn(b"kernel words", files["dmesg.txt"])
            self.assertNotIn(b"hunter22", b"".join(files.values()))
            machine.tool("tar", "exit 1")
            failed = box.cli("operations", "log", operation, "--bundle", file)
            self.assertEqual(failed.returncode, 1)
            self.assertIn("The agent inside the installer could not send them.", failed.stderr)


if __name__ == "__main__":
    unittest.main()
