"""The stand-in of a cluster, before anything is tried against it: it has to go wrong as the real one does."""

import json
import unittest

import cluster
import lab
from container import Container
from harness import until

OBSTACLE = lab.obstacle() or Container.obstacle() or cluster.obstacle()
JOINED = [
    "Establishing API connection with host '192.168.77.10'", "Login succeeded.", "check cluster join API version",
    "Request addition of this node", "Join request OK, finishing setup locally", "stopping pve-cluster service",
    "waiting for quorum...OK", "(re)generate node files", "generate new node certificate", "merge authorized SSH keys",
    "generated new node certificate, restart pveproxy and pvedaemon services",
    "successfully added node 'pve-new' to cluster."]


@unittest.skipIf(OBSTACLE, OBSTACLE)
class StandInClusterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab.Lab(capture=False)
        cls.lab.__enter__()
        cls.addClassCleanup(cls.lab.__exit__, None)
        cls.member = cluster.Member(cls.lab)
        cls.node = cluster.Node(cls.lab, cls.member)

    def setUp(self):
        self.member.reset()
        self.node.reinstall()

    def ticket(self, password=None):
        fields = ["--data-urlencode", "username=root@pam", "--data-urlencode", f"password={password or self.member.password}"]
        return self.member.curl("/access/ticket", *fields)

    def as_root(self):
        data = json.loads(self.ticket()[1])["data"]
        return ["--cookie", f"PVEAuthCookie={data['ticket']}", "--header", f"CSRFPreventionToken: {data['CSRFPreventionToken']}"]

    def test_a_node_joins_by_hand_and_loses_the_keys_that_it_was_given(self):
        before = self.node.ssh("cat /root/.ssh/authorized_keys")
        self.assertEqual(before.stdout, f"{self.node.public_key}\n")
        self.node.ssh("cp /etc/pve/priv/authorized_keys /root/.ssh/authorized_keys2")
        status, said = self.node.join()
        lines = said.splitlines()
        self.assertEqual(status, 0, said)
        self.assertEqual([line for line in lines if not line.startswith("backup old database to '")], JOINED)
        self.assertIn("backup old database to '/var/lib/pve-cluster/backup/config-", said)
        keys = self.node.ssh("readlink /root/.ssh/authorized_keys; cat /root/.ssh/authorized_keys").stdout
        self.assertTrue(keys.startswith("/etc/pve/priv/authorized_keys\n"), keys)
        self.assertNotIn(self.node.public_key, keys)
        self.assertIn(self.member.public_key, keys, "the cluster's keys are its own now")
        self.assertIn("root@pve-new", keys)
        self.assertEqual(self.node.ssh("true", key=self.member.key).returncode, 0)
        self.node.container.output("rm", "/root/.ssh/authorized_keys2")
        self.assertEqual(self.node.ssh("true").returncode, 255, "its own key is lost with the join")
        shown = json.loads(self.member.ssh("pvesh get /cluster/status --output-format json").stdout)
        self.assertEqual([entry["name"] for entry in shown], ["lab", "pve1", "pve-new"])
        self.assertEqual((shown[0]["quorate"], shown[0]["version"]), (1, 2))
        self.assertEqual((shown[2]["online"], shown[2]["ip"]), (1, self.node.address))
        own = self.node.container.output("pvecm", "status")
        self.assertRegex(own, r"Quorate: +Yes\n")
        join = json.loads(self.member.ssh("pvesh get /cluster/config/join --node pve-new").stdout)
        file = "/etc/pve/nodes/pve-new/pve-ssl.pem"
        own = self.node.container.output("openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", file)
        self.assertIn(join["nodelist"][1]["pve_fp"], own)
        refused = self.node.join()
        self.assertEqual(refused[0], 0)
        self.assertIn("* authentication key '/etc/corosync/authkey' already exists", refused[1])
        self.assertIn("* cluster config '/etc/pve/corosync.conf' already exists", refused[1])

    def test_a_node_joins_over_ssh_when_both_sides_know_each_other(self):
        self.assertEqual(self.node.join("--use_ssh", "1"), (0, "unable to copy ssh ID\n"))
        own = self.node.ssh("cat /root/.ssh/id_rsa.pub").stdout.strip()
        self.member.ssh("cat >> /root/.ssh/authorized_keys", text=f"{own}\n")
        self.node.ssh("cat >> /root/.ssh/known_hosts", text=f"{self.member.address} {self.member.host_keys[0]}\n")
        status, said = self.node.join("--use_ssh", "1")
        self.assertEqual(status, 0)
        self.assertTrue(said.endswith("successfully added node 'pve-new' to cluster.\n"), said)
        self.assertTrue(said.startswith("copy corosync auth key\nstopping pve-cluster service\n"), said)
        self.assertEqual(self.member.names, ["pve1", "pve-new"])
        self.assertIn("name: pve-new", self.member.ssh("cat /etc/pve/corosync.conf").stdout)

    def test_a_failed_join_says_0_all_the_same(self):
        other = "AA" + self.member.fingerprint[2:] if self.member.fingerprint[:2] != "AA" else "AB" + self.member.fingerprint[2:]
        refusals = [
            ({"password": "wrong"}, "401 authentication failure\n"),
            ({"fingerprint": other}, f"fingerprint '{self.member.fingerprint}' not verified, abort!\n")]
        for words, end in refusals:
            with self.subTest(end):
                status, said = self.node.join(**words)
                self.assertEqual(status, 0)
                self.assertTrue(said.endswith(end), said)
        with self.member.fault("needsSecondFactor"):
            self.assertIn("TFA-enabled login currently works only with a TTY.", self.node.join()[1])
        self.assertEqual(self.member.names, ["pve1"])
        self.assertEqual(self.node.container.run("pvecm", "status").returncode, 2)

    def test_wrong_use_is_told_by_the_exit_code(self):
        run = self.node.container.run
        self.assertEqual(run("pvecm", "add", "a", "--fingerprint", "AB", text="x\n").returncode, 255)
        self.assertEqual(run("pvecm", "add", "a", "--nonsense", "1", text="x\n").returncode, 255)
        self.assertIn("EOF while reading password", run("pvecm", "add", "a", text="").stderr)
        inside = run("sh", "-c", "cd /etc/pve && pvecm add a", text="x\n")
        self.assertEqual(inside.returncode, 255)
        self.assertIn("Navigate out of /etc/pve", inside.stderr)

    def test_without_quorum_nothing_is_written(self):
        with self.member.fault("hasNoQuorum"):
            status, said = self.node.join()
            self.assertEqual(status, 0)
            self.assertIn("An error occurred on the cluster node: cluster not ready - no quorum?\nCluster join aborted!\n", said)
            done = self.member.ssh("pvecm delnode pve9")
            self.assertEqual((done.returncode, done.stderr), (255, "cluster not ready - no quorum?\n"))
        self.assertEqual(self.member.names, ["pve1"])
        gone = {"name": "gone", "nodeID": 2, "votes": 1, "rings": {"0": "192.168.77.99"}, "address": "192.168.77.99",
                "fingerprint": "", "isOnline": False}
        self.member.change(lambda model: model["members"].append(gone))
        self.assertEqual(self.member.ssh("pvecm delnode gone").stderr, "cluster not ready - no quorum?\n")
        self.assertEqual(self.member.ssh("pvecm expected 1 && pvecm delnode gone").returncode, 0)
        self.assertEqual(self.member.names, ["pve1"])

    def test_a_name_that_is_there_is_refused_until_it_is_taken_out(self):
        entry = {"name": "pve-new", "nodeID": 2, "votes": 0, "rings": {"0": "192.168.77.99"}, "address": "192.168.77.99",
                 "fingerprint": "", "isOnline": False}
        self.member.change(lambda model: model["members"].append(entry))
        self.assertIn("An error occurred on the cluster node: can't add existing node 'pve-new'", self.node.join()[1])
        gone = self.member.ssh("pvecm delnode pve-new")
        self.assertEqual((gone.returncode, gone.stdout), (0, "Killing node 2\n"))
        again = self.member.ssh("pvecm delnode pve-new")
        self.assertEqual(again.returncode, 255)
        self.assertEqual(again.stderr, "Node/IP: pve-new is not a known host of the cluster.\n")
        self.assertEqual(self.member.ssh("pvecm delnode pve1").stderr, "Cannot delete myself from cluster!\n")
        self.assertIn("successfully added node", self.node.join()[1])

    def test_a_join_that_stops_half_way_leaves_its_entry(self):
        with self.member.fault("leavesJoinsHalfDone"):
            status, said = self.node.join()
        self.assertEqual(status, 0)
        self.assertTrue(said.endswith("starting pve-cluster failed\n"), said)
        self.assertEqual([member["isOnline"] for member in self.member.look()["members"]], [True, False])
        self.member.reset()
        self.node.reinstall()
        with self.member.fault("cutsAnswersOff"):
            said = self.node.join()[1]
        self.assertTrue(said.endswith("500 Server closed connection without sending any data back\n"), said)
        self.assertEqual(self.member.names, ["pve1", "pve-new"])
        self.assertEqual(self.node.container.run("test", "-e", "/etc/corosync/authkey").returncode, 1)

    def test_a_join_that_waits_for_quorum_goes_on_when_there_is_one(self):
        with self.member.fault("letsJoinsWait"):
            self.node.container.output(
                "sh", "-c", f"echo {self.member.password} > /run/password && systemd-run --unit=join --collect"
                f" --property=StandardInput=file:/run/password {self.node.add_words()}")
            said = lambda: self.node.container.output("journalctl", "--unit=join", "--output=cat", "--no-pager")
            until(lambda: "Join request OK" in said(), what="the request")
            until(lambda: self.node.container.run("pvecm", "status").stdout, what="its own view")
            self.assertRegex(self.node.container.output("pvecm", "status"), r"Quorate: +No\n")
            self.assertNotIn("successfully", said())
        until(lambda: "waiting for quorum...OK" in said() and "successfully added node" in said(), what="the end of it")

    def test_the_api_says_who_may_what(self):
        self.assertEqual(self.member.curl("/version")[0], "HTTP/1.1 401 No ticket")
        self.assertEqual(self.ticket("wrong")[0], "HTTP/1.1 401 authentication failure")
        root = self.as_root()
        self.assertEqual(json.loads(self.member.curl("/version", *root)[1])["data"]["release"], "9.0")
        head, body, _ = self.member.curl("/cluster/config/nodes/pve9", "--request", "DELETE", *root)
        self.assertEqual(head, "HTTP/1.1 500 Node/IP: pve9 is not a known host of the cluster.")
        self.assertEqual(json.loads(body), {
            "data": None, "message": "Node/IP: pve9 is not a known host of the cluster.\n"})
        without = self.member.curl("/cluster/config/nodes/pve9", "--request", "DELETE", *root[:2])[0]
        self.assertEqual(without, "HTTP/1.1 401 Permission denied - invalid csrf token")
        self.member.change(lambda model: model["tokens"].update({"root@pam!audit": "secret"}))
        token = ["--header", "Authorization: PVEAPIToken=root@pam!audit=secret"]
        self.assertIn('"preferred_node":"pve1"', self.member.curl("/cluster/config/join", *token)[1])
        self.assertTrue(self.member.curl("/cluster/config/nodes/x", "--data", "link0=192.168.77.9", *token)[0].startswith(
            "HTTP/1.1 403 Permission check failed"))
        self.member.change(lambda model: model.pop("name"))
        head, _, _ = self.member.curl("/cluster/config/join", *token)
        self.assertEqual(head, "HTTP/1.1 424 node is not in a cluster, no join info available!")
        self.assertEqual(self.member.curl("/standin")[0].split()[1], "401", "the model is root's of the member alone")

    def test_leftover_guests_can_be_seen_and_taken_away(self):
        guest = {"kind": "qemu", "id": 105, "name": "dns", "node": "pve-old"}
        self.member.change(lambda model: model["guests"].append(guest))
        shown = json.loads(self.member.ssh("pvesh get /cluster/resources --type vm --output-format json").stdout)
        self.assertEqual([(entry["id"], entry["node"]) for entry in shown], [("qemu/105", "pve-old")])
        self.assertEqual(self.member.ssh("ls /etc/pve/nodes/pve-old/qemu-server").stdout, "105.conf\n")
        self.member.ssh("rm -r /etc/pve/nodes/pve-old")
        self.assertEqual(self.member.look()["guests"], [])


if __name__ == "__main__":
    unittest.main()
