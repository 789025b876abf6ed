"""A host that is installed and joins a cluster, in a lab: its machine is a node with a real systemd and a real sshd."""

import json

import cluster
import lab
from container import Container
from harness import Answer, until
from installing import CREDENTIALS, Machine, import_image

OBSTACLE = lab.obstacle() or Container.obstacle() or cluster.obstacle()
MAC = "52:54:00:77:00:50"
NAME = "pve-lab"
MEMBERS = ["pve1", "pve2", "pve3"]
SETTINGS = f"{CREDENTIALS}proxmox:\n  existing_node: {cluster.MEMBER}\n"
TYPES = "server_types:\n  vm:\n    boot_disk: /dev/vda\n    deadlines: {joining: 1m}\n"
# What of the system a join looks for, and the stand-in does not have: its version, and two services.
SYSTEM = f"ip link set eth0 address {MAC}" + """
    printf '#!/bin/sh\\necho "pve-manager/9.0.7/0123456789abcdef (running kernel: 6.14.8-2-pve)"\\n' > /usr/bin/pveversion
    chmod +x /usr/bin/pveversion
    systemd-run --quiet --unit=pve-cluster sleep infinity
    systemd-run --quiet --unit=pveproxy sh -c 'while sleep 0.2; do
        folder=/etc/pve/nodes/$(hostname)
        [ -e $folder/pve-ssl.pem ] || continue
        openssl s_server -www -accept 8006 -cert $folder/pve-ssl.pem -key $folder/pve-ssl.key >/dev/null 2>&1 &
        while [ -e $folder/pve-ssl.pem ]; do sleep 0.1; done
        kill $!
    done'
    """


class Host:
    """The node as the machine of a host: what it asks Sprout, it asks from its own network."""

    url = f"http://{lab.BOX}"

    def __init__(self, box, node):
        self.box, self.node = box, node
        self.machine = Machine(self, 0, release="9.0", mac=MAC, seen_by=box)

    def request(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body, headers["Content-Type"] = json.dumps(body), "application/json"
        words = [word for name, value in headers.items() for word in ("--header", f"{name}: {value}")]
        if body is not None:
            words += ["--data-binary", "@-"]
        said = self.node.container.output(
            "curl", "--silent", "--show-error", "--request", method, *words, "--write-out", "\n%{http_code}",
            self.url + path, text=body.decode() if isinstance(body, bytes) else body or "")
        text, _, status = said.rpartition("\n")
        return Answer(int(status), {}, text.encode())

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers)

    def install(self, *words):
        """From Rebuild to the first start of the new system, which is as newly installed."""
        done = self.box.cli("hosts", "rebuild", NAME, "--yes", *words)
        assert done.returncode == 0, done.stderr
        self.machine.boot()
        for name in ["vmlinuz", "tail"]:
            assert self.machine.load(name).status == 200
        assert self.machine.ask().status == 200
        keys = self.machine.answer["global"]["root-ssh-keys"]
        self.node.reinstall(*keys)
        answer = self.machine.tell_installed(**{"ssh-public-host-keys": {"ed25519": self.node.host_keys[0]}})
        assert answer.status == 200, answer.body

    def start(self):
        answer = self.machine.phone_home(addresses=[f"{self.node.address}/24"])
        assert answer.status == 200, answer.body

    @property
    def state(self):
        return json.loads(self.box.cli("hosts", "show", NAME, "-o", "json").stdout)["state"]

    def end(self, state, within=50):
        """Waits until it is `state`, and gives what was said last of it."""
        until(lambda: self.state in ("ready", "failed"), within, what=f"the end of {NAME}")
        assert self.state == state, "\n".join(self.told())
        return self.box.sql("SELECT reason FROM event WHERE kind = 'host.advanced' ORDER BY id DESC LIMIT 1")[0]

    def told(self):
        return self.box.sql("SELECT message FROM event WHERE host IS NOT NULL ORDER BY id DESC LIMIT 30")

    def is_told(self, part, within=30):
        until(lambda: any(part in line for line in self.told()), within, what=part)

    @property
    def operation(self):
        return json.loads(self.box.cli("operations", "list", NAME, "-o", "json").stdout)["operations"][0]


class JoinLab(lab.Lab):
    """A lab with a member of a cluster of three, and a node; `serve` starts the box that lets the node join."""

    def __init__(self):
        super().__init__(capture=False)

    def __enter__(self):
        super().__enter__()
        try:
            self.member = cluster.Member(self, members=len(MEMBERS))
            self.node = cluster.Node(self, self.member, name=NAME)
            self.node.container.output("sh", "-ec", SYSTEM)
        except BaseException:
            self.__exit__(None)
            raise
        return self

    def serve(self, more="", types=TYPES):
        box = self.box(more=SETTINGS + more, types=types)
        import_image(box, release="9.0")
        assert box.cli("hosts", "add", NAME, "--mac", MAC, "--type", "vm").returncode == 0
        return box

    def leave_behind(self):
        """The node was a member, and is off for good: so the cluster has a guest whose disk was on it."""
        self.member.change(lambda model: ([member for member in model["members"] if member["name"] == NAME][0].update(
            isOnline=False), model["guests"].append({
                "kind": "qemu", "id": 105, "name": "dns", "node": NAME,
                "configuration": "cipassword: $5$canary\nmemory: 2048\nscsi0: local-zfs:vm-105-disk-0,size=8G\n"})))

    def trust(self, box):
        assert box.cli("cluster", "trust", self.member.fingerprint).returncode == 0
        box.store_secret("cluster", self.member.password)
