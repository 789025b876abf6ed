"""A machine of its own for a test: this one's files, or those of another root, under an overlay, with a systemd that boots."""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

START = """
for group in $1; do mkdir "$group"; echo $$ > "$group/cgroup.procs"; done
mount -t overlay overlay -o "$2" "$3"
shift 3
exec systemd-nspawn "$@"
"""


class Container:
    """Boots what lies in `layer` over this machine's root or `below`; nothing that happens inside reaches what is below."""

    NEEDS = {"systemd-nspawn": "systemd-container", "nsenter": "util-linux", "setpriv": "util-linux"}

    @staticmethod
    def obstacle():
        """Why no container can be booted here, as a sentence, or None."""
        if os.geteuid() != 0:
            return "A real systemd is booted in a container, which only root may do: run this with sudo."
        for program, package in Container.NEEDS.items():
            if not shutil.which(program, path=PATH):
                return f"There is no {program} here: apt-get install {package}"
        return None

    def __init__(self, below="/"):
        self.below = below
        # Not below /: the kernel refuses an overlay whose upper layer lies in its lower one.
        self.name = f"sprout-{uuid.uuid4().hex[:12]}"
        self.folder = Path("/dev/shm") / self.name
        self.layer = self.folder / "layer"
        self.root = self.folder / "root"
        self.console = self.folder / "console"
        self.folder.mkdir(mode=0o700)
        for name in ("layer", "root", "work"):
            (self.folder / name).mkdir(mode=0o755)
        if below == "/":
            # What this machine has enabled must not start inside.
            self.folder_without_lower("etc/systemd/system")
            self.folder_without_lower("var/log/journal")
        self.process = None
        self.leader = None
        atexit.register(self.close)

    def folder_without_lower(self, name):
        """An empty folder in the layer that hides this machine's folder of that name."""
        folder = self.layer / name
        folder.mkdir(parents=True, exist_ok=True)
        os.setxattr(folder, "trusted.overlay.opaque", b"y")

    def write(self, name, text):
        path = self.layer / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    # Boot and end

    def boot(self, deadline=30):
        """Boots, and returns when systemd has nothing left to start."""
        for folder, _, _ in os.walk(self.layer):
            # A folder of the layer stands for the one below it, whatever the umask made of it.
            os.chmod(folder, 0o755)
        mount = f"lowerdir={self.below},upperdir={self.layer},workdir={self.folder}/work"
        flags = ["--quiet", "--boot", f"--directory={self.root}", f"--machine={self.name}", "--private-network",
                 "--register=no", "--notify-ready=yes", "--settings=no", "--link-journal=no", "--resolv-conf=off",
                 "--timezone=off", "--console=read-only"]
        # Without a systemd outside nobody makes a control group for it.
        groups = [] if os.path.isdir("/run/systemd/system") else self._control_groups()
        if groups:
            flags.append("--keep-unit")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices, open(self.console, "wb") as console:
            notices.bind(str(self.folder / "notify"))
            self.process = subprocess.Popen(
                # The mount is seen by this process alone, and ends with it; it ends when the test does.
                ["setpriv", "--pdeathsig=TERM", "unshare", "--mount", "--propagation=private", "sh", "-ec", START, "sh",
                 " ".join(map(str, groups)), mount, self.root, *flags, "systemd.unit=multi-user.target"],
                env={"PATH": PATH, "NOTIFY_SOCKET": str(self.folder / "notify")},
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True)
            self._await_ready(notices, time.monotonic() + deadline)

    def _control_groups(self):
        """One of its own in each hierarchy that systemd uses: what is in one control group is one machine's."""
        hierarchies = map(Path, ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"))
        return [hierarchy / self.name for hierarchy in hierarchies if (hierarchy / "cgroup.procs").exists()]

    def _await_ready(self, notices, deadline):
        notices.settimeout(0.1)
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                fields = dict(line.split("=", 1) for line in notices.recv(4096).decode().split("\n") if "=" in line)
            except TimeoutError:
                continue
            if "X_NSPAWN_LEADER_PID" in fields:
                self.leader = int(fields["X_NSPAWN_LEADER_PID"])
            if fields.get("READY") == "1":
                return
        raise RuntimeError("The container did not boot. Its console:\n" + self.console.read_text(errors="replace"))

    def close(self):
        """Powers off, and leaves nothing behind."""
        atexit.unregister(self.close)
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                # All that runs inside ends with its first process.
                os.kill(self.leader or self.process.pid, signal.SIGKILL)
                self.process.wait()
        shutil.rmtree(self.folder)
        for group in self._control_groups():
            for folder, _, _ in os.walk(group, topdown=False):
                os.rmdir(folder)

    # Inside

    def run(self, *command, identity=None, text=None, timeout=30):
        """Runs a command inside, as root or as `identity`, and gives what became of it."""
        enter = ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--"]
        who = identity.options if identity else []
        return subprocess.run(
            [*enter, *who, *command], input=text, stdin=None if text is not None else subprocess.DEVNULL,
            capture_output=True, text=True, timeout=timeout, env={"PATH": PATH, "LC_ALL": "C.UTF-8"})

    def output(self, *command, **options):
        """What a command that succeeds prints."""
        result = self.run(*command, **options)
        if result.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {result.returncode}: {result.stderr or result.stdout}")
        return result.stdout

    def properties(self, unit, *names):
        shown = self.output("systemctl", "show", unit, "--property", ",".join(names))
        return dict(line.split("=", 1) for line in shown.splitlines())

    def journal(self):
        return self.run("journalctl", "--no-pager", "--lines=80").stdout

    def path(self, name):
        """A file inside, as this machine sees it."""
        return Path(f"/proc/{self.leader}/root/{name}")


class Identity:
    """Whom a command inside runs as."""

    def __init__(self, user, group, groups=None):
        supplement = "--init-groups" if groups is None else f"--groups={groups}" if groups else "--clear-groups"
        self.options = ["setpriv", f"--reuid={user}", f"--regid={group}", supplement, "--inh-caps=-all", "--"]
