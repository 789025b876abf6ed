"""The units: as files, and under a real systemd that boots in a container."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from container import Container, Identity

CHECKOUT = Path(__file__).resolve().parents[2]
UNITS = CHECKOUT / "units"
READERS = ["sprout-boot", "sprout-dhcp", "sprout-metadata", "sprout-web"]
DAEMONS = [*READERS, "sprout-fetch", "sprout-orchestrator"]
SERVICES = [*DAEMONS, "sprout-nginx"]
SOCKETS = ["boot", "command", "dhcp", "fetch", "front", "install", "lease", "metadata", "observe", "web"]
OF_ORCHESTRATOR = ("command", "install", "lease", "observe")
DATABASE = "/var/lib/sprout/db/sprout.db"


def programs():
    """The folder with the daemons: what the environment says, or what was built last."""
    if "SPROUT_PROGRAMS" in os.environ:
        return Path(os.environ["SPROUT_PROGRAMS"])
    built = [CHECKOUT / ".build" / kind for kind in ("debug", "release")]
    built = [folder for folder in built if (folder / "sprout-web").exists()]
    if not built:
        raise FileNotFoundError("The daemons are not built: run swift build, or set SPROUT_PROGRAMS to their folder.")
    return max(built, key=lambda folder: (folder / "sprout-web").stat().st_mtime)


def server_types(*keys):
    types = "".join(f"  {key}:\n    boot_disk: /dev/vda\n    hostname_prefix: pve-\n" for key in keys)
    return f"server_types:\n{types}"


@unittest.skipUnless(shutil.which("systemd-analyze"), "There is no systemd-analyze here: apt-get install systemd")
class UnitFilesTest(unittest.TestCase):
    def test_systemd_has_nothing_to_say(self):
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
            shutil.copytree(UNITS, root / "etc/systemd/system")
            for program in [
                    *(f"usr/lib/sprout/{name}" for name in [*DAEMONS, "sprout"]), "usr/sbin/nginx", "bin/sh", "bin/chmod", "bin/rm"]:
                # Only that it can be executed is looked at.
                (root / program).parent.mkdir(parents=True, exist_ok=True)
                (root / program).touch(0o755)
            units = sorted(unit.name for unit in UNITS.iterdir() if unit.is_file())
            verified = subprocess.run(
                ["systemd-analyze", "verify", "--man=no", f"--root={root}", *units], capture_output=True, text=True)
        self.assertEqual((verified.returncode, verified.stdout + verified.stderr), (0, ""))

    def test_services_are_hardened(self):
        for service in [*SERVICES, "sprout-support"]:
            with self.subTest(service):
                analyzed = subprocess.run(
                    ["systemd-analyze", "security", "--offline=yes", "--no-pager", UNITS / f"{service}.service"],
                    capture_output=True, text=True)
                found = re.search(r"Overall exposure level for \S+: (\S+)", analyzed.stdout)
                self.assertIsNotNone(found, analyzed.stderr)
                # Two reach out: one to power controllers and to the hosts that it has installed, one to the Internet. The third
                # asks all others, and the journal.
                most = {"sprout-orchestrator": 1.0, "sprout-fetch": 1.0, "sprout-support": 1.3}.get(service, 0.4)
                self.assertLessEqual(float(found[1]), most, analyzed.stdout)

    def test_directives_are_in_alphabetical_order(self):
        files = [*UNITS.rglob("*.*"), *(CHECKOUT / "image/rootfs/usr/lib/systemd/system").rglob("*.*")]
        for unit in sorted(file for file in files if file.is_file()):
            sections = re.split(r"^\[\w+\]$", unit.read_text(), flags=re.MULTILINE)[1:]
            for section in sections:
                names = re.findall(r"^(\w+)=", section, flags=re.MULTILINE)
                self.assertEqual(names, sorted(names, key=str.casefold), unit.name)

    def test_every_service_is_part_of_the_target(self):
        target = (UNITS / "sprout.target").read_text()
        self.assertEqual(re.findall(r"^Wants=(\S+)\.service$", target, flags=re.MULTILINE), sorted(SERVICES))


@unittest.skipIf(Container.obstacle(), Container.obstacle())
class UnitsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        container = cls.container = Container()
        cls.addClassCleanup(container.close)
        cls.install(container)
        container.boot()
        cls.restarts = {daemon: container.properties(daemon, "NRestarts")["NRestarts"] for daemon in DAEMONS}

    @classmethod
    def install(cls, container):
        layer = container.layer
        shutil.copytree(UNITS, layer / "usr/lib/systemd/system")
        for part in ("sysusers.d", "tmpfiles.d"):
            shutil.copytree(CHECKOUT / "rootfs/usr/lib" / part, layer / "usr/lib" / part)
        shutil.copytree(CHECKOUT / "rootfs/usr/share/sprout", layer / "usr/share/sprout")
        (layer / "usr/lib/sprout").mkdir()
        for daemon in [*DAEMONS, "sprout"]:
            shutil.copy(programs() / daemon, layer / "usr/lib/sprout" / daemon)
        # As after the installation of a package: there are users to be made.
        container.write("etc/systemd/system/systemd-sysusers.service.d/always.conf", "[Unit]\nConditionNeedsUpdate=\n")
        container.write("etc/systemd/journald.conf.d/volatile.conf", "[Journal]\nStorage=volatile\n")
        container.write("etc/sprout/server-types.yaml", server_types("vm"))
        subprocess.run(
            ["systemctl", "--quiet", f"--root={layer}", "enable", "sprout.target", "sprout-netboot.target"], check=True, capture_output=True)

    def setUp(self):
        self.container.output("systemctl", "start", *DAEMONS)

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(self.container.journal())

    # Parts of the tests

    def send(self, socket, path, *options, timeout=10):
        """What an HTTP request over one of the sockets is answered with: status, body, seconds."""
        printed = self.container.output(
            "curl", "--silent", "--show-error", "--max-time", str(timeout),
            "--unix-socket", f"/run/sprout/{socket}.sock",
            "--write-out", "\n%{http_code} %{time_total}", *options, f"http://sprout{path}", timeout=timeout + 5)
        body, _, figures = printed.rpartition("\n")
        status, seconds = figures.split()
        return int(status), json.loads(body), float(seconds)

    def register(self, hostname, mac, request):
        return self.send(
            "web", "/api/hosts", "--header", "content-type: application/json", "--header", f"x-request-id: {request}",
            "--data", json.dumps({"mac": mac, "server_type": "vm", "hostname": hostname}))

    def process(self, daemon):
        """What the kernel says of a daemon's main process."""
        pid = self.container.properties(daemon, "MainPID")["MainPID"]
        lines = self.container.output("cat", f"/proc/{pid}/status").splitlines()
        return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}

    def identity(self, daemon):
        status = self.process(daemon)
        return Identity(status["Uid"][0], status["Gid"][0], ",".join(status["Groups"]))

    def wait(self, what, condition, deadline=8):
        end = time.monotonic() + deadline
        while not condition():
            self.assertLess(time.monotonic(), end, f"It took more than {deadline} s until {what}.")
            time.sleep(0.05)

    # The tests

    def test_every_daemon_becomes_ready(self):
        for daemon in DAEMONS:
            with self.subTest(daemon):
                state = self.container.properties(f"{daemon}.service", "ActiveState", "SubState", "Type", "Slice")
                self.assertEqual(
                    state,
                    {"ActiveState": "active", "SubState": "running", "Type": "notify", "Slice": "sprout.slice"})
                self.assertEqual(self.restarts[daemon], "0")

    def test_every_socket_answers_for_its_daemon(self):
        for socket in SOCKETS:
            with self.subTest(socket):
                daemon = "orchestrator" if socket in OF_ORCHESTRATOR else {"front": "web"}.get(socket, socket)
                status, health, _ = self.send(socket, "/health")
                self.assertEqual((status, health["status"], health["daemon"]), (200, "ok", f"sprout-{daemon}"))

    def test_S19_sprout_web_is_told_the_metrics_of_every_daemon(self):
        text = self.container.output("curl", "--silent", "--unix-socket", "/run/sprout/web.sock", "http://sprout/metrics")
        up = dict(re.findall(r'^sprout_up\{daemon="(.*)"\} (\d)$', text, flags=re.MULTILINE))
        self.assertEqual(up, dict.fromkeys(DAEMONS, "1"))
        occupied = dict(re.findall(r'^sprout_resident_memory_bytes\{daemon="(.*)"\} (\d+)$', text, flags=re.MULTILINE))
        for daemon in DAEMONS:
            self.assertGreater(int(occupied[daemon]), 1 << 20, daemon)
        free = re.findall(r'^sprout_disk_free_bytes\{folder="(\w+)"\} (\d+)$', text, flags=re.MULTILINE)
        self.assertEqual({folder for folder, bytes_ in free if int(bytes_) > 0}, {"database", "images"})

    def test_every_service_is_a_user_without_powers(self):
        for daemon in SERVICES:
            with self.subTest(daemon):
                status = self.process(daemon)
                user = self.container.output("id", "--user", "--name", status["Uid"][0]).strip()
                self.assertEqual((user, len(set(status["Uid"] + status["Gid"]))), (daemon, 1))
                powers = {int(status[f"Cap{kind}"][0], 16) for kind in ("Amb", "Bnd", "Eff", "Inh", "Prm")}
                self.assertEqual(powers, {0})
                self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), (["1"], ["2"]))

    def test_sockets_let_in_only_those_they_are_for(self):
        allowed = {
            "nobody": (Identity("nobody", "nogroup"), set()),
            "nginx": (Identity("sprout-nginx", "sprout-nginx"), {"boot", "front", "metadata"}),
            "a person of the group sprout": (Identity("nobody", "nogroup", "sprout"), {"dhcp", "web"}),
            "sprout-boot": (self.identity("sprout-boot"), {"install", "observe"}),
            "sprout-dhcp": (self.identity("sprout-dhcp"), {"lease", "observe"}),
            "sprout-fetch": (self.identity("sprout-fetch"), set()),
            "sprout-metadata": (self.identity("sprout-metadata"), {"install", "observe"}),
            "sprout-orchestrator": (self.identity("sprout-orchestrator"), {"fetch"}),
            # It asks the others what they count.
            "sprout-web": (
                self.identity("sprout-web"), {"boot", "command", "dhcp", "front", "metadata", "observe", "web"}),
        }
        for who, (identity, sockets) in allowed.items():
            with self.subTest(who):
                let_in = self.container.output("python3", "-", identity=identity, text=f"""
import socket
for name in {SOCKETS}:
    try:
        socket.socket(socket.AF_UNIX).connect(f"/run/sprout/{{name}}.sock")
        print(name)
    except PermissionError:
        pass
""")
                self.assertEqual(set(let_in.split()), sockets)

    def test_only_the_orchestrator_writes_the_database(self):
        script = f"""
import os, sqlite3
def outcome(name, attempt):
    try:
        attempt()
        print(name, "yes")
    except (OSError, sqlite3.Error):
        print(name, "no")
def read():
    sqlite3.connect("file:{DATABASE}?mode=ro", uri=True).execute("SELECT count(*) FROM host").fetchall()
def write():
    with sqlite3.connect("{DATABASE}") as database:
        database.execute("INSERT INTO setting (key) VALUES ('test')")
        database.execute("DELETE FROM setting WHERE key = 'test'")
def append(suffix):
    os.close(os.open("{DATABASE}" + suffix, os.O_WRONLY | os.O_APPEND))
def make():
    os.close(os.open("{DATABASE}-test", os.O_WRONLY | os.O_CREAT))
    os.unlink("{DATABASE}-test")
outcome("read", read)
outcome("write", write)
for suffix in "", "-shm", "-wal":
    outcome("append" + suffix, lambda: append(suffix))
outcome("make", make)
"""
        everything = {"read", "write", "append", "append-shm", "append-wal", "make"}
        allowed = {
            "nobody": (Identity("nobody", "nogroup"), set()),
            "nginx": (Identity("sprout-nginx", "sprout-nginx"), set()),
            "a person of the group sprout": (Identity("nobody", "nogroup", "sprout"), set()),
            "sprout-fetch": (self.identity("sprout-fetch"), set()),
            "sprout-orchestrator": (self.identity("sprout-orchestrator"), everything),
        } | {reader: (self.identity(reader), {"read"}) for reader in READERS}
        for who, (identity, attempts) in allowed.items():
            with self.subTest(who):
                outcomes = self.container.output("python3", "-", identity=identity, text=script).splitlines()
                self.assertEqual(len(outcomes), len(everything))
                self.assertEqual({line.split()[0] for line in outcomes if line.endswith("yes")}, attempts)

    def test_the_orchestrator_alone_reads_the_configuration(self):
        path = "/etc/sprout/server-types.yaml"
        readers = {
            daemon for daemon in DAEMONS
            if self.container.run("cat", path, identity=self.identity(daemon)).returncode == 0
        }
        self.assertEqual(readers, {"sprout-orchestrator"})

        self.container.path(path).write_text(server_types("another", "vm"))
        self.wait("the changed file is in force", lambda: "another" in [
            server_type["key"] for server_type in self.send("web", "/api/server-types")[1]["server_types"]])

    def test_a_host_is_registered_and_its_lines_are_found_in_the_journal(self):
        status, host, _ = self.register("pve-01", "52:54:00:00:00:01", "t1")
        self.assertEqual((status, host["hostname"]), (201, "pve-01"))
        status, page, _ = self.send("web", "/api/hosts")
        self.assertEqual((status, [host["hostname"] for host in page["hosts"]]), (200, ["pve-01"]))

        self.container.output("journalctl", "--sync")
        printed = self.container.output("journalctl", "SPROUT_HOST=pve-01", "--output=json")
        lines = [json.loads(line) for line in printed.splitlines()]
        self.assertEqual(len(lines), 1)
        self.assertEqual(lines[0]["SPROUT_EVENT"], "host.registered")
        self.assertEqual(lines[0]["SPROUT_REQUEST"], "t1")
        self.assertRegex(lines[0]["MESSAGE_ID"], "^[0-9a-f]{32}$")
        self.assertEqual(lines[0]["_SYSTEMD_UNIT"], "sprout-orchestrator.service")

        _, events, _ = self.send("web", "/api/hosts/pve-01/events")
        self.assertEqual(events[0]["actor"], "root on the box through sprout-web")

    def test_a_wedged_daemon_is_replaced_and_its_callers_wait(self):
        folder = self.container.path("run/systemd/system/sprout-web.service.d")
        folder.mkdir(parents=True)
        (folder / "watchdog.conf").write_text("[Service]\nWatchdogSec=2\n")
        self.container.output("systemctl", "daemon-reload")
        self.container.output("systemctl", "restart", "sprout-web")
        try:
            wedged = self.container.properties("sprout-web", "MainPID", "NRestarts")
            self.container.output("systemctl", "kill", "--signal=STOP", "sprout-web")
            status, _, seconds = self.send("web", "/api/hosts", timeout=15)
            self.assertEqual(status, 200)
            self.assertGreater(seconds, 0.2)
            replaced = self.container.properties("sprout-web", "MainPID", "NRestarts")
            self.assertNotEqual(replaced["MainPID"], wedged["MainPID"])
            self.assertEqual(int(replaced["NRestarts"]), int(wedged["NRestarts"]) + 1)
        finally:
            shutil.rmtree(folder)
            self.container.output("systemctl", "daemon-reload")
            self.container.output("systemctl", "restart", "sprout-web")

    def test_every_daemon_stops_at_once(self):
        for daemon in DAEMONS:
            with self.subTest(daemon):
                began = time.monotonic()
                self.container.output("systemctl", "stop", f"{daemon}.service")
                self.assertLess(time.monotonic() - began, 1)
                end = self.container.properties(f"{daemon}.service", "ActiveState", "Result", "ExecMainStatus")
                self.assertEqual(end, {"ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0"})

    def test_the_target_takes_everything_with_it(self):
        units = [f"{daemon}.service" for daemon in DAEMONS] + [unit.name for unit in UNITS.glob("*.socket")]
        for verb, expected in (("stop", {"inactive"}), ("start", {"active"})):
            self.container.output("systemctl", verb, "sprout.target")
            states = {self.container.properties(unit, "ActiveState")["ActiveState"] for unit in units}
            self.assertEqual(states, expected)

    def test_without_the_orchestrator_sprout_web_goes_on_reading(self):
        # Its sockets too: sprout-web follows its events, and would start it again.
        self.container.output(
            "systemctl", "stop", *[f"sprout-orchestrator-{name}.socket" for name in OF_ORCHESTRATOR],
            "sprout-orchestrator.service")
        states = {daemon: self.container.properties(daemon, "ActiveState")["ActiveState"] for daemon in DAEMONS}
        self.assertEqual(states, dict.fromkeys(DAEMONS, "active") | {"sprout-orchestrator": "inactive"})
        for path in ("/api/hosts", "/api/server-types", "/health"):
            self.assertEqual(self.send("web", path)[0], 200, path)


if __name__ == "__main__":
    unittest.main()
