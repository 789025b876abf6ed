"""The Debian package, in a Debian 13 that boots with a real systemd: installed, upgraded under load, removed and purged."""

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import debian
from container import Container
from harness import PROGRAMS, ROOT, until
from test_units import DAEMONS, SERVICES, UNITS

NEWER = "99.0.0"
APT = ["apt-get", "--quiet=2", "--yes", "--no-install-recommends"]
# Each asks one daemon, or nginx itself, by what the LAN may ask.
PATHS = ["/health", "/netboot/autoexec.ipxe", "/assets/sprout.css", "/api/boot/proxmox/answer"]
LOAD = """
for path in $1; do
    while [ ! -e /tmp/enough ]; do
        curl --silent --max-time 20 --output /dev/null --write-out "%{http_code} $path\\n" "http://127.0.0.1$path"
    done >> "/tmp/load.$(echo "$path" | tr / _)" &
done
wait
"""


def obstacle():
    if not shutil.which("mmdebstrap"):
        return Container.obstacle() or "There is no mmdebstrap here: apt-get install mmdebstrap"
    return Container.obstacle()


class Machine:
    """A Debian that knows nothing of Sprout yet."""

    def __init__(self, test):
        self.container = Container(below=debian.root())
        test.addClassCleanup(self.container.close) if isinstance(test, type) else test.addCleanup(self.container.close)
        self.container.write("etc/systemd/journald.conf.d/volatile.conf", "[Journal]\nStorage=volatile\n")
        for version in (None, NEWER):
            package = debian.package(version)
            (self.container.layer / "srv").mkdir(exist_ok=True)
            shutil.copy(package, self.container.layer / "srv" / f"{version or 'sprout'}.deb")
        self.container.boot()
        self.output = self.container.output

    def apt(self, *words):
        return self.output(
            "env", "DEBIAN_FRONTEND=noninteractive", *APT, *words, timeout=120)

    def install(self, name="sprout"):
        result = self.container.run("env", "DEBIAN_FRONTEND=noninteractive", *APT, "install", f"/srv/{name}.deb", timeout=120)
        if result.returncode:
            raise RuntimeError(result.stdout + result.stderr + self.container.journal())
        return result.stdout + result.stderr

    def states(self, *units):
        return {unit: self.container.properties(unit, "ActiveState")["ActiveState"] for unit in units}

    def status(self, path, *options):
        return self.container.run(
            "curl", "--silent", "--max-time", "20", "--output", "/dev/null", "--write-out", "%{http_code}", *options, path).stdout

    def files(self):
        """All that is there but what every running system writes by itself."""
        listed = self.output(
            "find", "/", "-xdev", "-not", "-path", "/proc/*", "-not", "-path", "/sys/*", "-not", "-path", "/tmp/*",
            "-not", "-path", "/var/cache/*", "-not", "-path", "/var/lib/apt/*", "-not", "-path", "/var/lib/dpkg/*",
            "-not", "-path", "/var/log/*", "-not", "-path", "/srv/*", "-not", "-path", "/var/tmp/*")
        return set(listed.splitlines())


@unittest.skipIf(obstacle(), obstacle())
class InstalledPackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = Machine(cls)
        cls.said = cls.machine.install()
        cls.container = cls.machine.container

    def test_a_debian_machine_becomes_a_box_that_answers(self):
        sockets = [unit.name for unit in UNITS.glob("*.socket")]
        units = [*sockets, *(f"{service}.service" for service in SERVICES), "sprout.target", "sprout-netboot.target"]
        self.assertEqual(self.machine.states(*units), {unit: "active" for unit in units}, self.container.journal())
        enabled = self.container.output("systemctl", "is-enabled", "sprout.target", "sprout-netboot.target")
        self.assertEqual(enabled.split(), ["enabled", "enabled"])
        for address in ("http://127.0.0.1", "https://127.0.0.1", "http://[::1]", "https://[::1]"):
            self.assertEqual(self.machine.status(f"{address}/health", "--insecure", "--globoff"), "200", address)
        page = self.container.output("curl", "--silent", "--location", "--header", "accept: text/html", "http://127.0.0.1/")
        self.assertIn("<title>", page)
        self.assertIn("Sprout", page)
        said = self.container.output("sprout", "setup")
        self.assertRegex(said, r"\b[A-Z0-9]{4}-[A-Z0-9]{4}")

    def test_the_doctor_finds_nothing_wrong(self):
        told = self.container.run("sprout", "doctor")
        self.assertEqual(told.returncode, 0, told.stdout + told.stderr)

    def test_the_first_settings_are_those_of_the_example_and_secret(self):
        for name in ("provisioning", "server-types"):
            path = f"/etc/sprout/{name}.yaml"
            owner = self.container.output("stat", "--format=%U %G %a", path)
            self.assertEqual(owner, "root sprout-orchestrator 640\n")
            self.assertEqual(self.container.path(path).read_text(), (ROOT / f"deploy/{name}.example.yaml").read_text())

    def test_every_library_is_in_the_package_or_in_one_that_it_depends_on(self):
        linked = self.container.output("sh", "-c", "ldd /usr/lib/sprout/*")
        self.assertNotIn("not found", linked)
        programs = [PROGRAMS / program for program in ("sprout", *DAEMONS)]
        needed = subprocess.run(["readelf", "--dynamic", *programs], capture_output=True, text=True, check=True).stdout
        for name in set(re.findall(r"Shared library: \[(\S+?)\]", needed)):
            path = re.search(rf"^\s*{re.escape(name)} => (\S+)", linked, flags=re.MULTILINE)
            if not path or path[1].startswith("/usr/lib/sprout/"):
                continue
            owner = self.container.run("sh", "-c", f"dpkg -S */{name} | cut -d: -f1 | sort -u").stdout.split()
            self.assertTrue(set(owner) & set(debian.dependencies()), f"{name} is in {owner}")

    def test_debians_welcome_page_makes_room_and_it_is_said(self):
        self.assertIn("Debian's nginx.service showed its welcome page only: it is disabled", self.said)
        self.assertEqual(self.container.run("systemctl", "is-enabled", "nginx.service").stdout, "disabled\n")


@unittest.skipIf(obstacle(), obstacle())
class PackageLifeTest(unittest.TestCase):
    def test_an_upgrade_drops_no_request_and_a_purge_leaves_nothing(self):
        machine = Machine(self)
        # What ours depends on is there before, and stays.
        machine.apt("install", *debian.dependencies())
        machine.output("systemctl", "disable", "--now", "nginx.service")
        before = machine.files()
        machine.install()
        daemons = [f"{service}.service" for service in SERVICES]
        pids = {daemon: machine.container.properties(daemon, "MainPID")["MainPID"] for daemon in daemons}
        settings = machine.container.path("/etc/sprout/provisioning.yaml")
        settings.write_text("# mine\n")
        self.upgrade_under_load(machine)
        self.assertEqual(settings.read_text(), "# mine\n", "an upgrade neither changes settings nor asks")
        for daemon in daemons:
            now = machine.container.properties(daemon, "MainPID", "ActiveState")
            self.assertEqual(now["ActiveState"], "active", daemon)
            # Nginx goes on, with new workers.
            self.assertEqual(now["MainPID"] == pids[daemon], daemon == "sprout-nginx.service", daemon)
        self.assertEqual(machine.output("dpkg-query", "--show", "--showformat=${Version}", "sprout"), NEWER)

        machine.apt("remove", "sprout")
        self.assertTrue(machine.container.path("/var/lib/sprout/db/sprout.db").exists())
        self.assertTrue(machine.container.path("/etc/sprout/provisioning.yaml").exists())
        self.assertEqual(machine.output("systemctl", "list-units", "--no-legend", "sprout*.service", "sprout*.socket"), "")
        machine.apt("purge", "sprout")
        left = {path for path in machine.files() - before if not re.match(r"/(dev|run/(user|systemd|log|lock))/", path)}
        # Users and groups stay, as Debian wishes: files of theirs may be elsewhere.
        self.assertEqual(left - {"/etc/group-", "/etc/gshadow-", "/etc/passwd-", "/etc/shadow-"}, set())
        self.assertIn("uid=", machine.output("id", "sprout-web"))

    def upgrade_under_load(self, machine):
        container = machine.container
        load = subprocess.Popen(
            ["nsenter", f"--target={container.leader}", "--all", "--", "sh", "-c", LOAD, "sh", " ".join(PATHS)])
        try:
            asked = lambda: [line.split() for line in machine.output("sh", "-c", "cat /tmp/load.* 2>/dev/null || true").splitlines()]
            until(lambda: len(asked()) > 100, 20, "a hundred answers")
            began = len(asked())
            machine.install(NEWER)
            ended = len(asked())
            until(lambda: len(asked()) > ended + 100, 20, "a hundred answers more")
        finally:
            container.run("touch", "/tmp/enough")
            load.wait(30)
        answers = asked()
        print(f"{ended - began} requests during the upgrade, {len(answers)} in all")
        self.assertGreater(ended - began, 50)
        expected = {path: {machine.status(f"http://127.0.0.1{path}")} for path in PATHS}
        self.assertEqual({path: {status for status, of in answers if of == path} for path in PATHS}, expected)


@unittest.skipIf(obstacle(), obstacle())
class OccupiedMachineTest(unittest.TestCase):
    def test_a_site_that_is_there_stays_and_it_is_said_what_to_do(self):
        machine = Machine(self)
        machine.apt("install", "nginx")
        site = "server { listen 80 default_server; return 200 mine; }\n"
        machine.container.path("/etc/nginx/sites-available/mine").write_text(site)
        machine.output("ln", "-s", "/etc/nginx/sites-available/mine", "/etc/nginx/sites-enabled/mine")
        machine.output("rm", "/etc/nginx/sites-enabled/default")
        machine.output("systemctl", "restart", "nginx.service")
        said = machine.install()
        self.assertIn("port 80 or 443 is in use, and was left to who has it", said)
        self.assertEqual(machine.output("curl", "--silent", "http://127.0.0.1/"), "mine")
        self.assertEqual(machine.states("sprout-web.service", "sprout-nginx.socket"),
                         {"sprout-web.service": "active", "sprout-nginx.socket": "failed"})

        machine.output("systemctl", "disable", "--now", "nginx.service")
        machine.output("systemctl", "start", "sprout.target")
        until(lambda: machine.status("http://127.0.0.1/health") == "200", 10, "the dashboard")


@unittest.skipUnless(shutil.which("dpkg-deb"), "There is no dpkg-deb here.")
class PackageFileTest(unittest.TestCase):
    def test_the_same_programs_make_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                ["sh", "-c", f"SPROUT_COMPRESSION=none {ROOT}/deploy/deb/build {PROGRAMS} {folder} >/dev/null"], check=True)
            [again] = Path(folder).iterdir()
            self.assertEqual(again.read_bytes(), debian.package().read_bytes())

    @unittest.skipUnless(shutil.which("lintian"), "There is no lintian here: apt-get install lintian")
    def test_lintian_finds_no_errors(self):
        found = subprocess.run(
            # The package of a test is not compressed.
            ["lintian", "--allow-root", "--fail-on=error", "--suppress-tags=uses-no-compression-for-control-tarball,"
             "uses-no-compression-for-data-tarball", debian.package()], capture_output=True, text=True)
        self.assertEqual(found.returncode, 0, found.stdout + found.stderr)


if __name__ == "__main__":
    unittest.main()
