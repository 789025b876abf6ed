"""A machine that starts for the first time, as the script of that start sees it, and the box that it tells of that.

Needs root, and Debian's iproute2 and procps; everything is removed at the end, also after a failure."""

import contextlib
import ctypes
import http.server
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import uuid

from harness import ROOT

SCRIPT = ROOT / "Tests" / "RecipesTests" / "Golden" / "first-boot.sh"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# The programs that can send, and what they call themselves.
SENDERS = {"curl": "curl/", "wget": "Wget/", "perl": "HTTP-Tiny/"}
# What the script runs; it is given these, and one program that sends.
TOOLS = ["awk", "cat", "grep", "iconv", "ip", "mktemp", "paste", "rm", "sed", "tail", "timeout", "tr"]
PACKAGES = {"ip": "iproute2", "ps": "procps", "curl": "curl", "wget": "wget", "perl": "perl"}
TOKEN = "canary-0123456789"
BOX, MACHINE = "192.0.2.1", "192.0.2.5/24"
URL = f"http://{BOX}/api/boot/phone-home"
CLONE_NEWNET = 0x40000000

# Time passes only by sleeping; `later` is what happens after so many sleeps.
SLEEP = """#!/bin/sh
PATH={path}
echo "$1" >>{folder}/sleeps
read -r now _ </proc/uptime
echo "$((${{now%%.*}} + $1)).25 0" >/proc/uptime
[ "$(wc -l <{folder}/sleeps)" -eq {after} ] && {later}
true
"""


def obstacle():
    """Why the script cannot be run here, as a sentence, or None."""
    if os.geteuid() != 0:
        return "The script is run in a network namespace, which only root may make: run this with sudo."
    for program, package in PACKAGES.items():
        if not shutil.which(program, path=PATH):
            return f"There is no {program} here: apt-get install {package}"
    return None


class Server(http.server.ThreadingHTTPServer):
    """Answers with one status after the other, the last one for ever; None hangs up, and a function is called first."""

    def __init__(self, answers):
        super().__init__((BOX, 80), Handler)
        self.answers, self.requests, self.seen = list(answers), [], []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.seen.append(subprocess.run(["ps", "axeww"], capture_output=True, text=True, errors="replace").stdout)
        server.requests.append((self.path, dict(self.headers), body))
        answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
        if callable(answer):
            answer = answer()
        if answer is None:
            return self.connection.shutdown(socket.SHUT_RDWR)
        self.send_response(answer)
        self.send_header("Content-Length", "0")
        if answer == 302:
            self.send_header("Location", f"http://{BOX}/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        pass


class Network:
    """`with Network() as network:` has a box and a machine at the two ends of a wire; nothing of it stays."""

    def __enter__(self):
        self.name = f"sp{uuid.uuid4().hex[:6]}"
        self.stack = contextlib.ExitStack()
        try:
            for end in ["box", "machine"]:
                self.ip("netns", "add", f"{self.name}-{end}")
                self.stack.callback(self.ip, "netns", "del", f"{self.name}-{end}")
            self.ip("link", "add", "eth0", "netns", f"{self.name}-box", "type", "veth",
                    "peer", "name", "eth0", "netns", f"{self.name}-machine")
            for end in ["box", "machine"]:
                self.ip("-n", f"{self.name}-{end}", "link", "set", "eth0", "up")
            self.ip("-n", f"{self.name}-box", "addr", "add", f"{BOX}/24", "dev", "eth0")
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *_):
        self.stack.close()

    def ip(self, *words):
        subprocess.run(["ip", *words], check=True, capture_output=True)

    def serve(self, answers):
        """A server at the box's end, run by this process: its socket stays in the namespace in which it was opened."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/thread-self/ns/net") as own, open(f"/run/netns/{self.name}-box") as box:
            assert libc.setns(box.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            try:
                server = Server(answers)
            finally:
                assert libc.setns(own.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()

        def stop():
            server.shutdown()
            thread.join()
            server.server_close()

        self.stack.callback(stop)
        return server


class Machine:
    """A machine that starts for the first time: its firmware's words, its ports, its programs and its clock."""

    def __init__(self, network, shell="dash", sender="curl", after=0, later="true"):
        self.network, self.shell = network, shell
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sprout-first-boot-", dir="/tmp"))
        network.stack.callback(shutil.rmtree, self.folder)
        self.sleeps = self.folder / "sleeps"
        self.run_folder = self.folder / "run"
        self.run_folder.mkdir()
        (self.folder / "uptime").write_text("35.10 60.00\n")
        self.make_sys()
        self.make_programs(sender)
        sleep = self.folder / "bin" / "sleep"
        sleep.write_text(SLEEP.format(path=PATH, folder=self.folder, after=after, later=later))
        sleep.chmod(0o755)
        place = self.folder / "proxmox-first-boot"
        place.mkdir()
        self.script, self.flag = place / "proxmox-first-boot", place / "pending-first-boot-setup"
        self.flag.touch()
        text = SCRIPT.read_text()
        for name, value in [("url", URL), ("token", TOKEN)]:
            text, count = re.subn(f"^{name}='.*'$", f"{name}='{value}'", text, flags=re.M)
            assert count == 1, f"{count} lines for {name}"
        self.script.write_text(text)

    def make_sys(self):
        self.dmi = self.folder / "class" / "dmi" / "id"
        self.dmi.mkdir(parents=True)
        self.set_firmware(b"PF3ABCDE\n", b"4c4c4544-0042-3510-8052-b4c04f4d4e31\n")
        ports = {"lo": ("00:00:00:00:00:00", False), "enp1s0": ("BC:24:11:49:8D:75", True),
                 "enp2s0": ("bc:24:11:49:8d:76", True), "ib0": (":".join(["80"] * 20), True),
                 "vmbr0": ("bc:24:11:49:8d:75", False)}
        for name, (address, is_physical) in ports.items():
            port = self.folder / "class" / "net" / name
            port.mkdir(parents=True)
            (port / "address").write_text(f"{address}\n")
            if is_physical:
                (port / "device").mkdir()

    def set_firmware(self, serial, identity):
        (self.dmi / "product_serial").write_bytes(serial)
        (self.dmi / "product_uuid").write_bytes(identity)

    def make_programs(self, sender):
        """Each tells its arguments, and becomes the real one."""
        (self.folder / "bin").mkdir()
        for tool in [*TOOLS, sender]:
            program = self.folder / "bin" / tool
            real = shutil.which(tool, path=PATH)
            program.write_text(f'#!/bin/sh\nprintf "%s " {tool} "$@" >>{self.folder}/arguments\nexec {real} "$@"\n')
            program.chmod(0o755)

    def give_address(self, *words):
        self.network.ip("-n", f"{self.network.name}-machine", "addr", "replace", *(words or [MACHINE]), "dev", "eth0")

    def start(self):
        """Runs the script as systemd does; what else it sees of the machine is mounted for it alone."""
        mounts = 'for part in class:/sys/class uptime:/proc/uptime run:/run; do\n' \
            '  mount --bind "$0/${part%%:*}" "${part#*:}"\ndone\nPATH=$0/bin exec "$@"'
        return subprocess.Popen(
            ["ip", "netns", "exec", f"{self.network.name}-machine", "sh", "-ec", mounts, self.folder,
             shutil.which(self.shell, path=PATH), self.script, "fully-up"],
            env={"PATH": PATH, "LANG": "C.UTF-8"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def seconds(self):
        return [int(line) for line in self.sleeps.read_text().split()] if self.sleeps.exists() else []
