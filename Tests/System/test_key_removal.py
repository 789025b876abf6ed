"""The key of an operation leaves the host when the operation is over: a real sshd lets nobody in with it any more."""

import json
import os
import pathlib
import subprocess
import unittest

import lab
from harness import Answer, until
from installing import PROVISIONING, Machine, import_image

NODE = "192.168.77.50"
MAC = "52:54:00:77:00:50"
SSHD = "/usr/sbin/sshd"


def obstacle():
    if not os.path.exists(SSHD):
        return f"There is no {SSHD} here: apt-get install openssh-server"
    return lab.obstacle()


class Node:
    """An installed system in a network namespace of its own, with a real sshd; it asks Sprout as a machine does."""

    url = f"http://{lab.BOX}"

    def __init__(self, network, name="node", address=NODE, mac=MAC):
        self.network, self.name, self.address = network, name, address
        self.folder = pathlib.Path(network.folder) / name
        (self.folder / "ssh").mkdir(parents=True, mode=0o700)
        network.attach(name, f"{address}/24")
        network.in_(name, "ip", "link", "set", "eth0", "address", mac)
        for kind in ["ed25519", "ecdsa", "rsa"]:
            subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", self.folder / f"host_{kind}"], check=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / "other"], check=True)
        keys = "".join(f"HostKey {self.folder}/host_{kind}\n" for kind in ["ed25519", "ecdsa", "rsa"])
        (self.folder / "sshd_config").write_text(
            f"{keys}PidFile {self.folder}/sshd.pid\nPermitRootLogin yes\nUsePAM no\nStrictModes no\n"
            f"AuthorizedKeysFile {self.folder}/ssh/authorized_keys\n")
        self.process = None

    def let_in(self, *keys):
        (self.folder / "ssh" / "authorized_keys").write_text("".join(f"{key}\n" for key in keys))

    @property
    def authorized_keys(self):
        return (self.folder / "ssh" / "authorized_keys").read_text().splitlines()

    def start_sshd(self):
        os.makedirs("/run/sshd", exist_ok=True)
        os.makedirs("/root/.ssh", mode=0o700, exist_ok=True)
        # Its root's home is its own: what a login changes there, changes nothing here.
        script = f"mount --bind {self.folder}/ssh /root/.ssh && exec {SSHD} -D -e -f {self.folder}/sshd_config"
        self.process = self.network.start(self.name, f"sshd-{self.name}", "unshare", "--mount", "sh", "-c", script)
        until(lambda: subprocess.run(
            [*self.network.prefix("box"), "ssh-keyscan", "-T", "2", self.address], capture_output=True).stdout, what="sshd")

    def change_host_keys(self):
        for kind in ["ed25519", "ecdsa", "rsa"]:
            for name in [f"host_{kind}", f"host_{kind}.pub"]:
                (self.folder / name).unlink()
            subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", self.folder / f"host_{kind}"], check=True)

    def host_keys(self):
        return {kind: (self.folder / f"host_{kind}.pub").read_text().strip() for kind in ["ed25519", "ecdsa", "rsa"]}

    # What a machine asks

    def request(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        words = [word for name, value in headers.items() for word in ("--header", f"{name}: {value}")]
        if body is not None:
            words += ["--data-binary", "@-"]
        done = subprocess.run(
            [*self.network.prefix(self.name), "curl", "--silent", "--show-error", "--request", method, *words,
             "--write-out", "\n%{http_code}", self.url + path], input=body, capture_output=True, check=True)
        text, _, status = done.stdout.rpartition(b"\n")
        return Answer(int(status), {}, text)

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers)


@unittest.skipIf(obstacle(), obstacle())
class KeyRemovalTest(unittest.TestCase):
    def install(self, network):
        """A host that is installed up to its new system, which has the operation's key and another."""
        box = network.box(more=PROVISIONING.split("\n", 2)[2])
        import_image(box)
        self.assertEqual(box.cli("hosts", "add", "pve-lab", "--mac", MAC, "--type", "vm").returncode, 0)
        self.assertEqual(box.cli("hosts", "rebuild", "pve-lab", "--yes").returncode, 0)
        node = Node(network)
        machine = Machine(node, 0, mac=MAC, seen_by=box)
        machine.boot()
        for name in ["vmlinuz", "tail"]:
            self.assertEqual(machine.load(name).status, 200)
        self.assertEqual(machine.ask().status, 200)
        key = machine.answer["global"]["root-ssh-keys"][0]
        other = (node.folder / "other.pub").read_text().strip()
        node.let_in(other, key)
        self.assertEqual(machine.tell_installed(**{"ssh-public-host-keys": node.host_keys()}).status, 200)
        return box, node, machine, other

    def phone_home(self, machine):
        self.assertEqual(machine.phone_home(addresses=[f"{NODE}/24"]).status, 200)
        self.assertEqual(machine.state(), "ready")

    def test_P3_the_key_is_gone_from_the_host_and_from_the_database(self):
        with lab.Lab(capture=False) as network:
            box, node, machine, other = self.install(network)
            node.start_sshd()
            self.phone_home(machine)
            until(lambda: box.sql("SELECT count(*) FROM secret") == ["0"], 10, "the private half to be gone")
            self.assertEqual(node.authorized_keys, [other])
            told = "SELECT message FROM event WHERE kind = 'host.noticed'"
            until(lambda: box.sql(told) == ["pve-lab takes the key of its installation no more: nobody has it now."], 5,
                  "the timeline to say so")

    def test_P3_what_could_not_be_removed_stays_to_be_done_and_is_done_later(self):
        with lab.Lab(capture=False) as network:
            box, node, machine, other = self.install(network)
            self.phone_home(machine)
            pending = "SELECT problem FROM effect WHERE kind = 'remove_key' AND done_at IS NULL"
            until(lambda: "is not reached over SSH" in "".join(box.sql(pending)), 30, "the first try")
            self.assertEqual(box.sql("SELECT count(*) FROM secret"), ["1"])
            box.stop()
            box.start()
            node.start_sshd()
            until(lambda: box.sql(pending) == [], 60, "the next try")
            self.assertEqual(node.authorized_keys, [other])
            self.assertEqual(box.sql("SELECT count(*) FROM secret"), ["0"])

    def test_P3_nobody_logs_in_to_who_is_not_the_host(self):
        with lab.Lab(capture=False) as network:
            box, node, machine, _ = self.install(network)
            node.change_host_keys()
            node.start_sshd()
            self.phone_home(machine)
            pending = "SELECT problem FROM effect WHERE kind = 'remove_key' AND done_at IS NULL"
            until(lambda: "is not the host that is known" in "".join(box.sql(pending)), 30, "the refusal")
            self.assertNotIn("Accepted", (network.folder / "sshd-node.log").read_text())
            self.assertEqual(len(node.authorized_keys), 2)


if __name__ == "__main__":
    unittest.main()
