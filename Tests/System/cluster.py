"""A cluster of Proxmox VE that does not exist, on the network of a lab: a member, and nodes that join it.

The member is `sprout rehearse cluster` in a network namespace of its own, with an sshd whose root has its pvecm and pvesh.
A node is a container with a real systemd and a real sshd, in which pvecm is the stand-in's.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess

from container import Container
from harness import PROGRAMS, UnixConnection, until

SSHD = "/usr/sbin/sshd"
COROSYNC = """
import socket, sys
port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
port.bind((sys.argv[1], 5405))
while True:
    port.recv(2048)
"""
MEMBER, NODE = "192.168.77.10", "192.168.77.50"


def obstacle():
    """Why there can be no cluster here, as a sentence, or None; the lab and the container have their own reasons."""
    if not os.path.exists(SSHD):
        return "There is no sshd here: apt-get install openssh-server"
    return None


def make_key(folder, name, kind="ed25519"):
    """A key pair, and the line of its public half."""
    file = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", f"a test's {name}", "-f", file], check=True)
    return file, (folder / f"{name}.pub").read_text().strip()


class Place:
    """Somebody in the lab whom the box reaches over SSH."""

    def ssh(self, command, key=None, text=None, timeout=60):
        """Runs a command as root there, from the box; the host key is looked at."""
        known = self.folder / f"known-{self.address}"
        known.write_text("".join(f"{self.address} {line}\n" for line in self.host_keys))
        words = [
            *self.lab.prefix("box"), "ssh", "-F", "none", "-i", key or self.key, "-o", "BatchMode=yes",
            "-o", "IdentitiesOnly=yes", "-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes",
            f"root@{self.address}", command]
        return subprocess.run(
            words, input=text, stdin=None if text is not None else subprocess.DEVNULL, capture_output=True, text=True,
            timeout=timeout)


class Member(Place):
    """The first member of a cluster, at port 8006 of its address; `key` logs in to it as root."""

    def __init__(self, lab, address=MEMBER, name="lab", members=1, speed=100):
        self.lab, self.address = lab, address
        self.folder = lab.folder / "member"
        self.folder.mkdir()
        self.key, self.public_key = make_key(self.folder, "member-key")
        lab.attach("member", f"{address}/24")
        self.state = self.folder / "state"
        lab.start("member", "cluster", PROGRAMS / "sprout", "rehearse", "cluster", "--address", address, "--name", name,
                  "--members", members, "--speed", speed, "--state", self.state)
        log = lab.folder / "cluster.log"
        until(lambda: "files: " in log.read_text() and (self.state / "root.sock").exists(), what="the member")
        self.fingerprint = re.search(r"^fingerprint: (\S+)$", log.read_text(), re.MULTILINE)[1]
        self.password = re.search(r"^password of root@pam: (\S+)$", log.read_text(), re.MULTILINE)[1]
        # Corosync answers nobody whom it does not know; where it does not run, the kernel says so.
        lab.start("member", "corosync", "python3", "-c", COROSYNC, address)
        self.start_sshd()
        self.change(lambda model: model["authorizedKeys"].append(self.public_key))
        self.first = self.look()

    def start_sshd(self):
        """Root of the member; its folders are those of the stand-in."""
        member = self.state / "member"
        host_key, line = make_key(self.folder, "host-key")
        self.host_keys = [" ".join(line.split()[:2])]
        configuration = self.folder / "sshd_config"
        configuration.write_text(
            f"AuthorizedKeysFile {member}/root/.ssh/authorized_keys\nForceCommand /bin/sh {member}/lib/login {member}\n"
            f"HostKey {host_key}\nListenAddress {self.address}\nPermitRootLogin prohibit-password\nPidFile none\n"
            "StrictModes no\nUsePAM no\n")
        os.makedirs("/run/sshd", exist_ok=True)
        self.lab.start("member", "member-sshd", SSHD, "-D", "-e", "-f", configuration)
        log = self.lab.folder / "member-sshd.log"
        until(lambda: "Server listening" in log.read_text(), what="the member's sshd")

    # The model

    def look(self):
        """All that the stand-in knows of its cluster."""
        return self._ask("GET")

    def become(self, model):
        return self._ask("PUT", model)

    def change(self, change):
        """Lets `change` do something to the model."""
        model = self.look()
        change(model)
        return self.become(model)

    @contextlib.contextmanager
    def fault(self, name, value=True):
        """Something goes wrong for the time of the block: a name of StandInCluster.Faults."""
        before = self.look()["faults"]
        self.change(lambda model: model["faults"].update({name: value}))
        try:
            yield
        finally:
            self.change(lambda model: model.update(faults=before))

    def reset(self):
        """As it was at first."""
        self.become(self.first)

    @property
    def names(self):
        return [member["name"] for member in self.look()["members"]]

    def _ask(self, method, body=None):
        connection = UnixConnection(self.state / "root.sock")
        headers = {"Content-Type": "application/json"}
        connection.request(method, "/standin", None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        assert answer.status == 200, data
        return json.loads(data)

    # Its API

    def curl(self, path, *words):
        """What the box gets from the API: the status line, and the body."""
        done = subprocess.run(
            [*self.lab.prefix("box"), "curl", "--silent", "--insecure", "--include", "--max-time", "20", *words,
             f"https://{self.address}:8006/api2/json{path}"], capture_output=True, text=True)
        head, _, body = done.stdout.partition("\n\n")
        return head.split("\n")[0], body, done.returncode


class Node(Place):
    """A node that is in no cluster yet; `key` logs in to it as root."""

    def __init__(self, lab, member, name="pve-new", address=NODE):
        self.lab, self.member, self.name, self.address = lab, member, name, address
        self.folder = lab.folder / name
        self.folder.mkdir()
        self.key, self.public_key = make_key(self.folder, "node-key")
        self.container = Container()
        lab.stack.callback(self.container.close)
        layer = self.container.layer
        self.container.write("etc/hostname", f"{name}\n")
        self.container.write("etc/hosts", f"127.0.0.1 localhost\n{address} {name}\n")
        shutil.copytree(member.state / "node", layer / "usr", dirs_exist_ok=True)
        self._write_ssh(layer)
        self.container.boot()
        self._plug_in()
        self.reinstall()
        until(lambda: self.ssh("true").returncode == 0, what="a login on the node")

    def _write_ssh(self, layer):
        for folder in ("etc/ssh", "root"):
            self.container.folder_without_lower(folder)
        (layer / "root/.ssh").mkdir(mode=0o700)
        host_key, line = make_key(self.folder, "ssh_host_ed25519_key")
        self.host_keys = [" ".join(line.split()[:2])]
        shutil.copy(host_key, layer / "etc/ssh")
        self.container.write(
            "etc/ssh/sshd_config", "AuthorizedKeysFile .ssh/authorized_keys .ssh/authorized_keys2\n"
            "HostKey /etc/ssh/ssh_host_ed25519_key\nPermitRootLogin prohibit-password\n")
        wanted = layer / "etc/systemd/system/multi-user.target.wants"
        wanted.mkdir(parents=True, exist_ok=True)
        (wanted / "ssh.service").symlink_to("/lib/systemd/system/ssh.service")

    def _plug_in(self):
        """A port of its own on the lab's bridge."""
        port = f"n{self.address.rsplit('.', 1)[1]}"
        subprocess.run(
            ["ip", "link", "add", port, "netns", f"{self.lab.name}-lan", "type", "veth", "peer", "name", "eth0",
             "netns", str(self.container.leader)], check=True, capture_output=True)
        self.lab.in_("lan", "ip", "link", "set", port, "master", "br0", "up")
        self.container.output("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        self.container.output("ip", "link", "set", "eth0", "up")

    def reinstall(self, *keys):
        """Makes it a node that is in no cluster, with the keys of its answer."""
        script = """
            pkill -x pvecm || :
            rm -rf /etc/pve /etc/corosync /root/.ssh
            install -d -m 700 /etc/pve/priv /root/.ssh
            ln -s /etc/pve/priv/authorized_keys /root/.ssh/authorized_keys
            cat > /etc/pve/priv/authorized_keys
            ssh-keygen -q -t rsa -N '' -C "root@$(hostname)" -f /root/.ssh/id_rsa
            """
        lines = "".join(f"{key}\n" for key in (self.public_key, *keys))
        self.container.output("sh", "-ec", script, text=lines)

    def add_words(self, *more, fingerprint=None):
        return (f"pvecm add {self.member.address} --fingerprint {fingerprint or self.member.fingerprint}"
                f" --link0 {self.address} {' '.join(more)}")

    def join(self, *more, password=None, fingerprint=None):
        """Joins by hand; all that is said is in one text."""
        line = self.add_words(*more, fingerprint=fingerprint)
        # A login has HOME, and ssh-copy-id needs it.
        done = self.container.run(
            "sh", "-c", f"cd /root && HOME=/root {line} 2>&1", text=f"{self.member.password if password is None else password}\n")
        return done.returncode, done.stdout
