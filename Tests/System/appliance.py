"""The disk image as a machine: QEMU without KVM, UEFI with Secure Boot, 1 GB of memory, a router that gives one address."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse
import uuid
from pathlib import Path

from harness import PROGRAMS, Answer, free_port, until

FIRMWARE = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
# With Microsoft's keys, as machines come.
VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"
ESP = 1 << 20
# With random numbers from the start: otherwise the kernel changes its code when it has enough of them, while both processors run
# it, and QEMU's computed ones may stumble over that (Oops: int3).
CPU = "Nehalem,+rdrand"
MAC = "52:54:00:12:34:56"
NEEDS = {"mmdebstrap": "mmdebstrap", "mksquashfs": "squashfs-tools", "mcopy": "mtools", "qemu-system-x86_64": "qemu-system-x86",
         "sfdisk": "fdisk"}


def obstacle():
    """Why no appliance can be made and started here, as a sentence, or None."""
    if os.geteuid() != 0:
        return "The files of the image belong to root: run this with sudo."
    for program, package in NEEDS.items():
        if not shutil.which(program):
            return f"There is no {program} here: apt-get install {package}"
    return None if os.path.exists(FIRMWARE) else "There is no UEFI firmware here: apt-get install ovmf"


class Appliance:
    """One box, with a disk that is bigger than the image."""

    def __init__(self, image):
        self.folder = Path(tempfile.mkdtemp(prefix="sprout-appliance-"))
        self.disk = self.folder / "disk"
        subprocess.run(["cp", "--sparse=always", image, self.disk], check=True)
        os.truncate(self.disk, 4 << 30)
        shutil.copy(VARIABLES, self.folder / "variables")
        self.drive = f"file={self.disk}"
        self.serial = self.folder / "serial"
        self.port, self.tls_port = free_port(), free_port()
        self.process = None
        self._open_shell()

    def _open_shell(self):
        """Has systemd offer root's shell at the second serial port, to look at what no page tells: a box offers none."""
        [entry] = self.entries()
        options = self.folder / "entry"
        subprocess.run(["mcopy", "-n", "-i", f"{self.disk}@@{ESP}", f"::/loader/entries/{entry}", options], check=True)
        options.write_text(re.sub("^options.*", r"\g<0> systemd.debug_shell=ttyS1", options.read_text(), flags=re.MULTILINE))
        subprocess.run(["mcopy", "-o", "-i", f"{self.disk}@@{ESP}", options, f"::/loader/entries/{entry}"], check=True)

    def entries(self):
        """What systemd-boot can start; a name with + is on trial."""
        listed = subprocess.run(
            ["mdir", "-b", "-i", f"{self.disk}@@{ESP}", "::/loader/entries"], check=True, capture_output=True, text=True)
        return [line.rsplit("/", 1)[1] for line in listed.stdout.splitlines()]

    def power_on(self, *more, prefix=(), network=None):
        """With ports of this machine that lead to it, or as part of a `network` of QEMU's, and whatever QEMU is told besides."""
        network = network or f"user,hostfwd=tcp:127.0.0.1:{self.port}-:80,hostfwd=tcp:127.0.0.1:{self.tls_port}-:443"
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [*prefix, "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-machine", "q35,smm=on", "-cpu", CPU, "-smp", "2",
             "-m", "1024", "-nodefaults", "-display", "none",
             "-global", "driver=cfi.pflash01,property=secure,value=on",
             "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={FIRMWARE}",
             "-drive", f"if=pflash,format=raw,unit=1,file={self.folder}/variables",
             # As a card or a stick, it cannot be told what is free.
             "-drive", f"if=none,id=disk,format=raw,{self.drive}", "-device", "virtio-blk-pci,drive=disk,discard=off",
             "-netdev", f"{network},id=net", "-device", f"virtio-net-pci,netdev=net,mac={MAC},romfile=",
             "-chardev", f"file,id=console,path={self.serial}", "-serial", "chardev:console",
             "-chardev", f"socket,id=shell,path={self.folder}/shell,server=on,wait=off", "-serial", "chardev:shell",
             "-monitor", f"unix:{self.folder}/monitor,server=on,wait=off", *more],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def seconds(self):
        """Since it was switched on."""
        return time.monotonic() - self.began

    def processor_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def press_power(self, deadline=180):
        """As the button at the box: it ends what runs, and switches itself off."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(self.folder / "monitor"))
            monitor.recv(1000)
            monitor.send(b"system_powerdown\n")
            self.process.wait(deadline)

    def close(self):
        if self.process:
            self.pull_plug()
        shutil.rmtree(self.folder)

    def screen(self):
        """What the console shows since it was last cleared, without colours and the like."""
        text = self.serial.read_text(errors="replace").rpartition("\x1b[2J")[2] if self.serial.exists() else ""
        return text.replace("\r", "")

    def browse(self, method, path, form=None, timeout=30):
        """Asks as a browser does."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        body = urllib.parse.urlencode(form) if form else None
        connection.request(method, path, body, {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        result = Answer(answer.status, answer.headers, answer.read())
        connection.close()
        return result

    def start(self, *options, deadline=900):
        """Switches it on, and waits until it answers."""
        self.power_on(*options)
        until(lambda: self.answers() or self.process.poll() is not None, deadline, "the dashboard", pause=0.5)
        if self.process.poll() is not None:
            raise RuntimeError(self.process.stderr.read().decode())

    def pull_plug(self):
        self.process.kill()
        self.process.wait()

    def answers(self):
        try:
            return self.browse("GET", "/health", timeout=5).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def shell(self, command, deadline=120):
        """What a command inside prints."""
        begin, end = uuid.uuid4().hex, uuid.uuid4().hex
        # The terminal shows what is typed, so neither word may be in it as a whole.
        typed = f"PS1=; echo {begin[:9]}''{begin[9:]}; {command}; echo {end[:9]}''{end[9:]}\r"
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(deadline)
            line.connect(str(self.folder / "shell"))
            line.sendall(typed.encode())
            said = b""
            while end.encode() not in said:
                said += line.recv(4096)
        text = said.decode(errors="replace").replace("\r", "")
        return text.partition(begin)[2].partition(end)[0].strip("\n")


class Owner:
    """Somebody with the command line on another machine, and a token of the box: over TLS, by its fingerprint."""

    def __init__(self, box):
        self.box = box
        self.fingerprint = re.search(r"SHA-256 +(\S+)", box.shell("sprout tls show"))[1]
        self.token = json.loads(box.shell("sprout tokens create --name owner --role admin -o json"))["token"]
        (box.folder / "token").write_text(self.token)

    def cli(self, *words, input=None):
        """The exit status, and all that was said."""
        done = subprocess.run(
            [PROGRAMS / "sprout", *words, "--url", f"https://127.0.0.1:{self.box.tls_port}", "--fingerprint", self.fingerprint,
             "--token-file", self.box.folder / "token"], input=input or "", capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def report(self):
        status, said = self.cli("box", "show", "-o", "json")
        assert status == 0, said
        return json.loads(said)
