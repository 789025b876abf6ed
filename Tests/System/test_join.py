"""New nodes join a cluster: a box, a member and a node with a real systemd and a real sshd, all in one network.

The member and pvecm are stand-ins that behave as Proxmox VE's: what is tried here goes wrong as it does there.
"""

import unittest

import cluster
from harness import until
from joining import MEMBERS, NAME, OBSTACLE, Host, JoinLab


@unittest.skipIf(OBSTACLE, OBSTACLE)
class JoinTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(JoinLab())
        cls.member, cls.node = cls.lab.member, cls.lab.node
        cls.box = cls.lab.serve()
        cls.lab.trust(cls.box)

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

    def test_a_dead_member_is_shown_with_its_guests_and_taken_out_only_when_that_is_said(self):
        self.host.install()
        self.host.start()
        self.host.end("ready")
        self.lab.leave_behind()
        refused = self.box.cli("hosts", "rebuild", NAME, "--yes")
        self.assertIn("with the guests 105 (dns), whose disks were on it (how they are configured, the API does not say"
                      f" of a member that is off: see /etc/pve/nodes/{NAME}/qemu-server and lxc on pve1)", refused.stderr)
        self.assertIn("--remove-member", refused.stderr)
        self.assertIn(NAME, self.member.names)
        self.host.install("--remove-member")
        self.assertIn(NAME, self.member.names, "it is taken out when the new system has called, not before")
        self.host.start()
        self.assertEqual(self.host.end("ready"), "it is node 4 of the cluster lab.")
        self.assertIn(f"The dead member {NAME} (node 4) was taken out of lab.", self.host.told())

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
        self.box.store_secret("cluster", "not-the-password")
        self.host.start()
        reason = self.host.end("failed")
        self.assertIn("refuses root's password", reason)
        self.assertEqual(self.joins_begun(), begun)
        self.box.store_secret("cluster", self.member.password)
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
        with JoinLab() as network:
            member, node = network.member, network.node
            box = network.serve("  join_with: ssh\n")
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
            network.leave_behind()
            plan = box.cli("hosts", "rebuild", NAME, "--dry-run", "--remove-member")
            self.assertEqual(plan.returncode, 0, plan.stderr)
            self.assertIn(f"qemu-server/105.conf of the dead member {NAME}:\n  name: dns\n  cipassword: …\n"
                          "  memory: 2048\n  scsi0: local-zfs:vm-105-disk-0,size=8G\n", plan.stdout)
            page = box.socket_request("web.sock", "GET", f"/hosts/{NAME}/rebuild", headers={"X-Request-Id": "plan-1"})
            self.assertIn("<summary>qemu-server/105.conf</summary>", page.body.decode())
            self.assertIn("scsi0: local-zfs:vm-105-disk-0", page.body.decode())
            self.assertNotIn("canary", page.body.decode() + plan.stdout)
            self.assertIn("has the guests 105 (dns), whose disks were on it: it is taken out of lab", plan.stdout)


if __name__ == "__main__":
    unittest.main()
