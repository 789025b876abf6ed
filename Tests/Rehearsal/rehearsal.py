"""Rehearses the whole way on this machine: a box that was flashed installs a blank machine, which joins a cluster.

    make rehearsal            or, once the programs are built, as root:
    SPROUT_PROGRAMS=.build/release .build/venv/bin/python Tests/Rehearsal/rehearsal.py [uefi|bios]

docs/rehearsal.md says what is real here, and what is not.
"""

import concurrent.futures
import contextlib
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("SPROUT_PROGRAMS", str(ROOT / ".build" / "release"))
sys.path.insert(0, str(ROOT / "Tests" / "System"))

import appliance  # noqa: E402
import cluster  # noqa: E402
import debian  # noqa: E402
import lab  # noqa: E402
import person  # noqa: E402
import standin_iso  # noqa: E402
from harness import PROGRAMS, until, written  # noqa: E402
from timeserver import TimeServer  # noqa: E402

OUT = ROOT / "out" / "rehearsal"
NAME, MAC, DISK = "pve-rehearsal", "52:54:00:77:00:50", "REHEARSAL-DISK-1"


def server_types(serial=DISK, filesystem="ext4"):
    return f"""server_types:
  vm:
    boot_disk:
      serial: {serial}
    filesystem: {filesystem}
    display_name: Blank virtual machine
    hostname_prefix: pve-
    deadlines: {{pxe_booted: 20m, installing: 40m, installed: 20m, first_boot: 20m, joining: 20m}}
"""


# For newer processors programs take functions that are slower where instructions are computed.
PROCESSORS = ["-cpu", "Nehalem", "-smp", "2", "-accel", "tcg,thread=multi"]
# What is asked and answered in few bytes, but for what only acknowledges.
SMALL_TALK = "tcp port 80 and tcp[13] & 8 != 0 and less 4000"


def obstacle():
    """Why there can be no rehearsal here, as a sentence, or None."""
    for program, package in {"chromium": "chromium", "ssh": "openssh-client"}.items():
        if not shutil.which(program):
            return f"There is no {program} here: apt-get install {package}"
    if not (PROGRAMS / "sprout").exists():
        return f"There is no {PROGRAMS}/sprout: run make build."
    return lab.obstacle() or appliance.obstacle() or cluster.obstacle() or standin_iso.obstacle()


class Rehearsal:
    def __init__(self, firmware):
        self.firmware = firmware
        self.stack = contextlib.ExitStack()
        self.steps, self.began = [], time.monotonic()
        self.network = self.box = self.person = None
        self.told_of, self.heard, self.percentages = None, 0, []

    def run(self):
        with self.stack:
            try:
                self.prepare()
                self.set_up_the_box()
                self.configure()
                self.install()
                self.look_at_the_end()
            except Exception as error:
                self.say("✗ " + "".join(traceback.format_exception(error)))
                self.show_what_was_seen()
                raise
        self.show_times()

    # What is told

    def say(self, text):
        line = f"{time.monotonic() - self.began:7.1f}  {text}"
        print(line, flush=True)
        with open(OUT / "log", "a") as log:
            log.write(line + "\n")

    @contextlib.contextmanager
    def step(self, name):
        began = time.monotonic()
        self.say(f"… {name}")
        yield
        took = time.monotonic() - began
        self.steps.append((name, took))
        self.say(f"✓ {name}: {took:.0f} s")

    def show_times(self):
        rows = [*self.steps, ("all of it", time.monotonic() - self.began)]
        width = max(len(name) for name, _ in rows)
        for name, seconds in rows:
            self.say(f"{name:<{width}}  {seconds:5.0f} s")

    def picture(self, name):
        self.person.page.screenshot(path=OUT / f"{name}.png", full_page=True)

    def pictures(self, state):
        """What the dashboard shows, and the machine."""
        self.picture(f"operation-{state}")
        screenshot(self.network.folder / "machine.monitor", OUT / f"machine-{state}.png")

    def show_what_was_seen(self):
        """After a failure: the ends of what both machines said, and pictures of their screens."""
        for monitor, name in [(self.network and self.network.folder / "machine.monitor", "machine"),
                              (self.box and self.box.folder / "monitor", "box")]:
            with contextlib.suppress(OSError, TypeError):
                screenshot(monitor, OUT / f"failed-{name}.png")
        if self.network:
            self.say("The machine's serial port said last:\n" + self.network.screen("machine")[-4000:])
        if self.box:
            self.say("The box's console shows:\n" + self.box.screen()[-2000:])
            with contextlib.suppress(OSError):
                self.say("Its journal ends with:\n" + self.box.shell("journalctl --no-pager --lines=80 --output=short-precise"))
        if self.person and self.person.page:
            self.picture("failed-page")

    # What there is before the box is switched on

    def prepare(self):
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="sprout-rehearsal-")))
        with self.step("a network, with a router and a member of a cluster"):
            self.start_network()
        making = self.stack.enter_context(concurrent.futures.ThreadPoolExecutor()).submit(
            standin_iso.make, self.folder, self.member.state / "node")
        with self.step("the image of the box"):
            image = debian.build_image(self.folder)
        with self.step("the rest of the stand-in installer's ISO"):
            self.iso = making.result()
            self.say(f"the image has {image.stat().st_size >> 20} MiB, the ISO {self.iso.stat().st_size >> 20}")
        self.box = appliance.Appliance(image)
        self.stack.callback(self.box.close)

    def start_network(self):
        self.network = self.stack.enter_context(lab.Lab(
            capture=False, person=person.ADDRESS, router=[
                f"--dhcp-host={appliance.MAC},{lab.BOX}", f"--dhcp-option=option:ntp-server,{lab.ROUTER}"]))
        with self.network.within("router"):
            self.stack.enter_context(TimeServer(lab.ROUTER))
        self.network.start("lan", "capture", "tcpdump", "-i", "br0", "-U", "-w", self.network.folder / "small-talk", SMALL_TALK)
        self.member = cluster.Member(self.network, speed=10)
        self.person = person.Person(self.network, self.folder)
        self.person.secrets["cluster"] = self.member.password

    # The box

    def set_up_the_box(self):
        with self.step("box: from power-on to its page"):
            self.box.power_on("-vga", "std", prefix=self.network.prefix("lan"), network=self.network.tap())
            until(lambda: self.person.reaches_the_box() or self.box.process.poll() is not None, 900, "the dashboard", pause=1)
            if self.box.process.poll() is not None:
                raise RuntimeError(self.box.process.stderr.read().decode())
        with self.step("box: its console shows address, certificate and code"):
            screen = until(lambda: re.search(rf"http://{lab.BOX} .*Setup code.*█", self.box.screen(), re.DOTALL)
                           and self.box.screen(), 180, "the console page", pause=0.5)
            self.person.trust(re.search(r"SHA-256 ([0-9A-F:]+)", screen)[1])
            screenshot(self.box.folder / "monitor", OUT / "box-console.png")
        with self.step("person: the first user, and a token for the command line"):
            self.person.open_browser(self.stack)
            self.person.become_the_first_user(re.search(r"Setup code +(\S+)", screen)[1], self.picture)
            self.person.make_token()

    def configure(self):
        sprout = self.person.sprout
        with self.step("person: settings, server types, the cluster"):
            self.person.say_what_hosts_have_in_common()
            self.set_server_type(serial="ANOTHER-DISK")
            sprout("config", "set", "pxe.interface", self.box.shell("ls /sys/class/net | grep ^en"))
            sprout("config", "set", "pxe.enabled", "true")
            sprout("config", "set", "proxmox.existing_node", cluster.MEMBER)
            sprout("secrets", "set", "cluster", text=self.member.password)
            sprout("cluster", "trust", self.member.fingerprint)
            sprout("cluster", "check")
        with self.step("person: the ISO is uploaded, and taken apart on the box"):
            sprout("images", "import", self.iso)
        with self.step("person: a host is registered, its plan is read, and Rebuild pressed"):
            sprout("hosts", "add", NAME, "--mac", MAC, "--type", "vm")
            self.person.press_rebuild(NAME, "ANOTHER-DISK", self.picture)

    def set_server_type(self, **changes):
        types = self.folder / "server-types.yaml"
        types.write_text(server_types(**changes))
        self.person.sprout("config", "replace", "server-types", types)

    # The machine

    def install(self):
        with self.step("machine: its firmware netboots, up to the installer's kernel"):
            self.switch_on()
            self.reaches("pxe_booted", 400)
            self.picture("operation-pxe_booted")
        with self.step("machine: has another disk than is meant, and gets no answer"):
            self.fails("ANOTHER-DISK", f"S/N {DISK}")
            assert written(self.disk) == self.photos, "something was written to the disk"
        # The stand-in knows one file system: what it says of another it says as the real one does of what it does not know.
        self.set_server_type(filesystem="xfs")
        with self.step("person: Rebuild is pressed again, and the serial number typed of the disk that is not empty"):
            self.person.press_rebuild(NAME, 'ext4 "photos"', self.picture, erase=DISK)
        with self.step("machine: restarts, without anybody touching it, and its installer fails"):
            self.fails("its installer stopped:", "unknown variant `xfs`")
            assert written(self.disk) == self.photos, "something was written to the disk"
            self.picture("operation-failed")
        self.set_server_type()
        with self.step("person: Rebuild is pressed again; the machine restarts, and has its answer"):
            self.person.press_rebuild(NAME, DISK, self.picture)
            self.reaches("installing", 900)
            self.pictures("installing")
        with self.step("machine: is installed"):
            self.reaches("installed", 1200)
            self.pictures("installed")
        with self.step("machine: netboots to its own disk, and starts the new system"):
            self.reaches("joining", 1200)
            self.pictures("joining")
        with self.step("machine: joins the cluster"):
            self.reaches("ready", 900)
            self.pictures("ready")
        self.person.visit("/")
        self.picture("hosts-ready")

    def switch_on(self):
        self.disk = self.folder / "disk"
        with open(self.disk, "wb") as file:
            file.truncate(8 << 30)
        subprocess.run(["mkfs.ext4", "-q", "-L", "photos", self.disk], check=True)
        self.photos = written(self.disk)
        self.network.machine(
            "machine", MAC, self.firmware, *PROCESSORS, "-vga", "std", "-machine", "graphics=on",
            "-drive", f"if=none,id=disk,format=raw,cache=unsafe,file={self.disk}",
            "-device", f"virtio-blk-pci,drive=disk,serial={DISK},bootindex=1",
            "-monitor", f"unix:{self.network.folder}/machine.monitor,server=on,wait=off", memory=6144, restarts=True)

    def reaches(self, state, seconds):
        """Waits until the host has been in a state, and no longer than until it has failed."""
        def seen():
            operation = self.person.told("operations", "list", NAME)["operations"][0]
            states = [step["state"] for step in operation["steps"]] + [operation.get("outcome")]
            self.say_what_the_installer_tells(operation["id"])
            if "failed" in states:
                raise AssertionError(f"{NAME} failed:\n" + self.person.sprout("hosts", "show", NAME))
            return state in states

        until(seen, seconds, f"{NAME}: {state}", pause=2)

    def fails(self, *words):
        """Waits until the operation has failed with these words: within 15 seconds of the installer's own."""
        def failed():
            operation = self.person.told("operations", "list", NAME)["operations"][0]
            self.say_what_the_installer_tells(operation["id"])
            return operation if operation.get("outcome") == "failed" else None

        operation = until(failed, 900, f"{NAME}: failed", pause=2)
        step = operation["steps"][-1]
        self.say(f"    {step['reason']}")
        for word in words:
            assert word in step["reason"], step
        ended = moment(step["ended_at"])
        lines = map(json.loads, self.person.sprout("operations", "log", operation["id"], "-o", "json").splitlines())
        errors = [moment(line["at"]) for line in lines if line["text"].startswith("ERROR: ")]
        assert all(ended - at < 15 for at in errors), (ended, errors)

    def say_what_the_installer_tells(self, operation):
        """What is new of it; in the middle a picture of how that is shown."""
        if self.told_of != operation:
            self.told_of, self.heard, self.percentages = operation, 0, []
        lines = self.person.sprout("operations", "log", operation, "-o", "json").splitlines()
        for line in map(json.loads, lines[self.heard:]):
            percent = re.match(r"INFO: progress +([0-9.]+) % - ", line["text"]) if line["source"] == "auto" else None
            if percent:
                self.percentages.append(float(percent[1]))
            if percent or line["source"] == "agent":
                self.say(f"    {line['source']}: {line['text']}")
        if len(lines) > self.heard and self.percentages and not (OUT / "operation-progress.png").exists():
            self.picture("operation-progress")
        self.heard = len(lines)

    # The end

    def look_at_the_end(self):
        with self.step("looked at: the new host, the member, the logs"):
            assert NAME in self.member.names, self.member.names
            assert len(self.percentages) > 3 and self.percentages == sorted(self.percentages), self.percentages
            address = self.person.told("hosts", "inventory", NAME)["address"]
            talk = person.small_talk(self.network.folder / "small-talk")
            assert all(talk.values()), "what the machine was told has passed by"
            self.check_host(address, talk["keys"])
            self.check_logs(talk["tokens"] | talk["hashes"])
        self.say(f"{NAME} is ready at {address}, a member of the cluster {self.member.names}")

    def check_host(self, address, keys):
        def has_key():
            kept = self.person.on_host(address, "cat /root/.ssh/authorized_keys*")
            return any(key in kept for key in keys)

        until(lambda: not has_key(), 120, "the key of the operation to be removed", pause=2)
        told = self.person.on_host(
            address, "hostname --fqdn; cat /etc/timezone; ls /var/lib/proxmox-first-boot; ip -brief link; cat /etc/pve/corosync.conf")
        for words in [f"{NAME}.", "Europe/Vienna", "mgmt0", "vmbr0", f"name: {NAME}"]:
            assert words in told, told
        assert "pending-first-boot-setup" not in told and "proxmox-first-boot" not in told, told

    def check_logs(self, secrets):
        """No password, token or hash is in the journal of the box, in its timeline, or in what is told here."""
        texts = {"the journal": self.box.shell("journalctl --no-pager --output=cat --all", deadline=300),
                 "the timeline": self.person.sprout("events", "list"), "the log": (OUT / "log").read_text()}
        for place, text in texts.items():
            assert len(text) > 1000, f"{place} is there"
            for name, secret in [*self.person.secrets.items(), *(("of the operation", one) for one in secrets)]:
                assert secret not in text, f"a secret ({name}) is in {place}"


def moment(text):
    return datetime.datetime.fromisoformat(text).timestamp()


def screenshot(monitor, file):
    """What is on a machine's screen: QEMU answers each command with its prompt."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(30)
        connection.connect(str(monitor))
        for command in ["", f"screendump {file} -f png\n"]:
            connection.sendall(command.encode())
            said = b""
            while not said.endswith(b"(qemu) "):
                said += connection.recv(4096)


def main(words):
    firmware = (words or ["uefi"])[0]
    if firmware not in ("uefi", "bios"):
        sys.exit("usage: rehearsal.py [uefi|bios]")
    if reason := obstacle():
        sys.exit(reason)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    try:
        Rehearsal(firmware).run()
    except KeyboardInterrupt:
        sys.exit("Stopped; everything is taken down.")
    except Exception:
        sys.exit(f"The rehearsal failed: {OUT.relative_to(ROOT)}/log says where, and what was on the screens.")


if __name__ == "__main__":
    main(sys.argv[1:])
