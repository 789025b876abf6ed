"""New nodes join a cluster: a box, a member and a node with a real systemd and a real sshd, all in one network.

The member and pvecm are stand-ins that behave as Proxmox VE's: what is tried here goes wrong as it does there.
"""

import json
import unittest

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
        self.machine = Machine(self, 0, release="9.0", mac=MAC)

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


@unittest.skipIf(OBSTACLE, OBSTACLE)
class JoinTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab.Lab(capture=False)
        cls.lab.__enter__()
        cls.addClassCleanup(cls.lab.__exit__, None)
        cls.member = cluster.Member(cls.lab, members=3)
        cls.node = cluster.Node(cls.lab, cls.member, name=NAME)
        cls.node.container.output("sh", "-ec", SYSTEM)
        cls.box = cls.lab.box(more=SETTINGS)
        (cls.box.config / "server-types.yaml").write_text(TYPES)
        until(lambda: '"joining"' in "".join(cls.box.sql("SELECT body FROM server_type")), what="the server type")
        import_image(cls.box, release="9.0")
        assert cls.box.cli("hosts", "add", NAME, "--mac", MAC, "--type", "vm").returncode == 0
        assert cls.box.cli("cluster", "trust", cls.member.fingerprint).returncode == 0
        cls.set_password(cls.member.password)

    @classmethod
    def set_password(cls, password):
        cls.box.store_secret("cluster", password)

    def setUp(self):
        self.member.reset()
        self.host = Host(self.box, self.node)
        self.box.cli("hosts", "cancel", NAME)

    def joins_begun(self):
        journal = self.node.container.output("journalctl", "--no-pager", "-o", "cat")
        return journal.count("Establishing API connection")

    def test_P9_a_host_joins_after_its_ticks_and_leaves_no_secret(self):
        self.host.install()
        self.host.start()
        reason = self.host.end("ready")
        self.assertEqual(reason, "it is node 4 of the cluster lab.")
        self.assertEqual(self.member.names, MEMBERS + [NAME])
        ticks = {tick["check"]: tick for tick in self.host.operation["preflight"]["ticks"]}
        # Where there is no ping, how far the member is stays unknown, which is said and is in nobody's way.
        self.assertIn(ticks["ports"]["outcome"], ("good", "caution"), ticks)
        self.assertEqual({tick["outcome"] for name, tick in ticks.items() if name != "ports"}, {"good"}, ticks)
        self.assertLessEqual({"quorum", "name", "links", "versions", "clock", "ports"}, set(ticks))
        told = "\n".join(self.host.told())
        self.assertIn(f"successfully added node '{NAME}' to cluster.", told)
        self.assertIn(f"pvecm add {cluster.MEMBER} --fingerprint {self.member.fingerprint} --link0", told)
        # P3: its key goes although the join has replaced the file that it was in.
        until(lambda: self.box.sql("SELECT name FROM secret") == ["person.cluster"], 15, "the key to go")
        self.host.is_told("takes the key of its installation no more", 5)
        shown = self.node.ssh("true", key=self.node.key)
        self.assertEqual(shown.returncode, 255, "the keys of the answer are lost with the join")
        journal = self.node.container.output("journalctl", "--no-pager", "-o", "verbose")
        self.assertNotIn(self.member.password, journal)
        self.assertNotIn(self.member.password, self.box.log())
        for file in self.box.state.rglob("*"):
            if file.is_file():
                self.assertNotIn(self.member.password.encode(), file.read_bytes(), file)

    def test_P15_a_member_is_not_removed_and_a_live_one_not_rebuilt(self):
        self.host.install()
        self.host.start()
        self.host.end("ready")
        removed = self.box.cli("hosts", "remove", NAME, "--yes")
        self.assertIn(f"{NAME} is a member of the cluster lab", removed.stderr)
        self.assertIn(f"pvecm delnode {NAME}", removed.stderr)
        rebuilt = self.box.cli("hosts", "rebuild", NAME, "--yes")
        self.assertIn(f"{NAME} is a live member of lab (node 4, online)", rebuilt.stderr)
        self.assertEqual(self.host.state, "ready")

    def test_E16_a_cluster_without_quorum_is_waited_for(self):
        self.host.install()
        with self.member.fault("hasNoQuorum"):
            self.host.start()
            self.host.is_told("has no quorum: 3 of 3 votes")
            self.assertEqual(self.host.state, "joining")
        self.host.end("ready")

    def test_E16_nothing_is_armed_while_the_cluster_has_no_quorum(self):
        with self.member.fault("hasNoQuorum"):
            rebuilt = self.box.cli("hosts", "rebuild", NAME, "--yes")
        self.assertIn("The cluster lab has no quorum", rebuilt.stderr)
        self.assertNotEqual(self.host.state, "pxe_ready")

    def test_E18_a_join_that_is_half_done_is_told_and_cleaned_up_by_the_next(self):
        self.host.install()
        with self.member.fault("leavesJoinsHalfDone"):
            self.host.start()
            reason = self.host.end("failed")
        self.assertIn("it is half joined: lab lists it (node 4), and it does not come online", reason)
        self.assertIn("--remove-member", reason)
        refused = self.box.cli("hosts", "rebuild", NAME, "--yes")
        self.assertIn(f"{NAME} is left in lab as a member that is offline (node 4), with no guests", refused.stderr)
        self.host.install("--remove-member")
        self.host.start()
        self.assertEqual(self.host.end("ready"), "it is node 4 of the cluster lab.")
        self.assertIn(f"The dead member {NAME} (node 4) was taken out of lab.", self.host.told())
        self.assertEqual(self.member.names, MEMBERS + [NAME])

    def test_E18_an_answer_that_is_cut_off_is_looked_at_from_the_other_side(self):
        self.host.install()
        with self.member.fault("cutsAnswersOff"):
            self.host.start()
            self.assertIn("it is half joined", self.host.end("failed"))
        self.assertEqual(self.member.names, MEMBERS + [NAME])

    def test_E23_a_clock_that_is_off_is_told_and_waited_for(self):
        self.host.install()
        with self.member.fault("clockOffset", 4):
            self.host.start()
            self.host.is_told("corosync and certificates want less than a second")
            self.assertEqual(self.host.state, "joining")
            self.assertRegex("\n".join(self.host.told()), r"The clock of pve-lab is (39|40)\d\d ms behind pve1")
        self.host.end("ready")

    def test_what_the_cluster_refuses_ends_it_at_once_and_a_rebuild_goes_through(self):
        self.host.install()
        begun = self.joins_begun()
        self.set_password("not-the-password")
        self.host.start()
        reason = self.host.end("failed")
        self.assertIn("refuses root's password", reason)
        self.assertEqual(self.joins_begun(), begun)
        self.set_password(self.member.password)
        self.host.install()
        self.host.start()
        self.host.end("ready")

    def test_a_join_that_never_ends_is_called_unclear_before_its_time_is_over(self):
        self.host.install()
        with self.member.fault("letsJoinsWait"):
            self.host.start()
            reason = self.host.end("failed", within=80)
        self.assertIn("it is unclear whether it joined: pvecm still runs on it, and lab lists it (node 4)", reason)
        self.assertIn("It said last: “backup old database", reason)

    def test_an_orchestrator_that_is_killed_goes_on_with_the_join_that_it_began(self):
        self.host.install()
        begun = self.joins_begun()
        with self.member.fault("letsJoinsWait"):
            self.host.start()
            self.host.is_told("Join request OK, finishing setup locally")
            for _ in range(3):
                self.box.kill("sprout-orchestrator")
        self.host.end("ready")
        self.assertEqual(self.joins_begun(), begun + 1, "it was begun once")
        told = [line for line in reversed(self.host.told()) if line.startswith(("Login", "Request", "successfully"))]
        self.assertEqual(told[-3:], ["Login succeeded.", "Request addition of this node",
                                     f"successfully added node '{NAME}' to cluster."], "each line is told once")

    def test_E29_a_join_that_is_cancelled_is_not_begun(self):
        self.host.install()
        begun = self.joins_begun()
        with self.member.fault("hasNoQuorum"):
            self.host.start()
            self.host.is_told("has no quorum")
            self.assertEqual(self.box.cli("hosts", "cancel", NAME).returncode, 0)
        self.assertEqual(self.host.state, "failed")
        until(lambda: self.box.sql("SELECT name FROM secret") == ["person.cluster"], 20, "the key to go")
        self.assertEqual(self.joins_begun(), begun)
        self.assertEqual(self.member.names, MEMBERS)


@unittest.skipIf(OBSTACLE, OBSTACLE)
class JoinBySSHTest(unittest.TestCase):
    def test_without_a_password_a_host_joins_with_keys_alone(self):
        with lab.Lab(capture=False) as network:
            member = cluster.Member(network, members=3)
            node = cluster.Node(network, member, name=NAME)
            node.container.output("sh", "-ec", SYSTEM)
            box = network.box(more=SETTINGS + "  join_with: ssh\n")
            import_image(box, release="9.0")
            self.assertEqual(box.cli("hosts", "add", NAME, "--mac", MAC, "--type", "vm").returncode, 0)
            shown = box.cli("cluster", "check")
            self.assertIn(f"{cluster.MEMBER} shows the SSH host key SHA256:", shown.stdout)
            fingerprint = shown.stdout.split("sprout cluster trust ")[1].split()[0]
            self.assertEqual(box.cli("cluster", "trust", fingerprint).returncode, 0)
            self.assertIn("sprout cluster key", box.cli("cluster", "check").stdout)
            line = box.cli("cluster", "key").stdout.strip()
            self.assertEqual(box.cli("cluster", "key").stdout.strip(), line, "it is the same each time")
            self.assertIn("does not let root log in", box.cli("cluster", "check").stdout)
            member.change(lambda model: (model["authorizedKeys"].append(line), model["faults"].update(
                needsSecondFactor=True)))
            checked = box.cli("cluster", "check")
            self.assertEqual(checked.returncode, 0, checked.stdout)
            host = Host(box, node)
            host.install()
            node.container.output("sh", "-c", "mkdir -p /etc/corosync && touch /etc/corosync/authkey")
            host.start()
            self.assertIn("“authentication key '/etc/corosync/authkey' already exists”", host.end("failed"))
            own = node.container.output("cut", "-d ", "-f2", "/root/.ssh/id_rsa.pub").strip()
            self.assertIn("--use_ssh 1", "\n".join(host.told()))
            self.assertNotIn(own, "\n".join(member.look()["authorizedKeys"]), "who did not join logs in nowhere")
            host.install()
            host.start()
            self.assertEqual(host.end("ready"), "it is node 4 of the cluster lab.")
            self.assertEqual(member.names, MEMBERS + [NAME])
            self.assertIn("--use_ssh 1", "\n".join(host.told()))
            until(lambda: box.sql("SELECT name FROM secret") == ["person.cluster-key"], 20, "the operation's key to go")


if __name__ == "__main__":
    unittest.main()
