import Testing

@testable import Rehearsal

/// A cluster of three, of which the third is off.
private func cluster() -> StandInCluster {
    let members = (1...3).map { number in
        StandInCluster.Member(
            "pve\(number)", nodeID: number, rings: [0: "10.0.0.\(number)"], address: "10.0.0.\(number)",
            fingerprint: "F\(number)", isOnline: number < 3)
    }
    var cluster = StandInCluster("lab", members: members, local: "pve1", password: "geheim", corosyncKey: "key")
    cluster.tokens = ["root@pam!audit": "secret"]
    return cluster
}

extension StandInCluster {
    fileprivate typealias Fields = [String: String]
    fileprivate static let root = Request.Asker.root(on: "pve1")

    fileprivate mutating func ask(
        _ method: String, _ path: String, _ fields: Fields = [:], _ asker: Request.Asker = root
    ) -> Answer {
        let path = path.split(separator: "/").map(String.init)
        return answer(Request(method, path, fields: fields, asker: asker), at: 1_700_000_000_999)
    }

    fileprivate mutating func add(_ node: String, _ fields: Fields) -> Answer {
        ask("POST", "cluster/config/nodes/\(node)", fields)
    }
}

extension JSONTree {
    fileprivate subscript(name: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    fileprivate subscript(index: Int) -> JSONTree? {
        guard case .list(let values) = self, values.indices.contains(index) else { return nil }
        return values[index]
    }
}

@Suite struct StandInClusterTests {
    @Test func `a wrong password is refused, and a right one gives a ticket that writes with its own token only`() {
        var cluster = cluster()
        let wrong = cluster.ask("POST", "access/ticket", ["username": "root@pam", "password": "x"], .nobody)
        #expect(wrong.status == 401 && wrong.message == "authentication failure")
        let right = cluster.ask("POST", "access/ticket", ["username": "root@pam", "password": "geheim"], .nobody)
        guard case .text(let ticket)? = right.body["data"]?["ticket"],
            case .text(let csrf)? = right.body["data"]?["CSRFPreventionToken"]
        else { return #expect(Bool(false), "no ticket") }
        #expect(cluster.ask("GET", "version", [:], .ticket(ticket, csrf: nil)).status == 200)
        #expect(cluster.ask("DELETE", "cluster/config/nodes/pve3", [:], .ticket(ticket, csrf: nil)).status == 401)
        #expect(cluster.ask("DELETE", "cluster/config/nodes/pve3", [:], .ticket(ticket, csrf: "x")).status == 401)
        #expect(cluster.ask("DELETE", "cluster/config/nodes/pve3", [:], .ticket(ticket, csrf: csrf)).status == 200)
        #expect(cluster.ask("GET", "version", [:], .ticket("other", csrf: nil)).status == 401)
    }

    @Test func `with a second factor the ticket opens nothing`() {
        var cluster = cluster()
        cluster.faults.needsSecondFactor = true
        let answer = cluster.ask("POST", "access/ticket", ["username": "root@pam", "password": "geheim"], .nobody)
        #expect(answer.body["data"]?["NeedTFA"] == .number(1))
        guard case .text(let ticket)? = answer.body["data"]?["ticket"] else {
            return #expect(Bool(false), "no ticket")
        }
        #expect(cluster.ask("GET", "version", [:], .ticket(ticket, csrf: nil)).status == 401)
    }

    @Test func `an API token looks, and changes nothing`() {
        var cluster = cluster()
        let token = StandInCluster.Request.Asker.token(id: "root@pam!audit", secret: "secret")
        #expect(cluster.ask("GET", "cluster/config/join", [:], token).status == 200)
        let write = cluster.ask("POST", "cluster/config/nodes/pve4", ["link0": "10.0.0.4"], token)
        #expect(write.status == 403 && write.message == "Permission check failed (user != root@pam)")
        #expect(cluster.ask("GET", "version", [:], .token(id: "root@pam!audit", secret: "x")).status == 401)
        #expect(cluster.ask("GET", "version", [:], .nobody).status == 401)
    }

    @Test func `a new node gets the smallest free number, and is offline until it comes`() {
        var cluster = cluster()
        #expect(cluster.ask("DELETE", "cluster/config/nodes/10.0.0.3").status == 200)
        let answer = cluster.add("new", ["link0": "address=10.0.0.9,priority=3", "new_node_ip": "10.0.0.9"])
        #expect(answer.body["data"]?["corosync_authkey"] == .text("key"))
        guard case .text(let conf)? = answer.body["data"]?["corosync_conf"] else {
            return #expect(Bool(false), "no corosync.conf")
        }
        #expect(conf.contains("    name: new\n    nodeid: 3\n    quorum_votes: 1\n    ring0_addr: 10.0.0.9\n  }"))
        #expect(conf.contains("config_version: 3"))
        #expect(cluster.member("new")?.isOnline == false)
        let meeting = cluster.ask(
            "POST", "corosync/new", ["fingerprint": "AB", "key": "ssh-rsa A root@new"],
            .node("new", corosyncKey: "key"))
        #expect(meeting.body["data"]?["quorate"] == .number(1))
        #expect(meeting.body["data"]?["authorized_keys"] == .text("ssh-rsa A root@new\n"))
        let join = cluster.ask("GET", "cluster/config/join", ["node": "new"]).body["data"]
        #expect(join?["preferred_node"] == .text("new"))
        #expect(join?["nodelist"]?[2]?["pve_fp"] == .text("AB"))
        #expect(join?["totem"]?["config_version"] == .text("3"))
    }

    static let refusals: [(String, [String: String], String)] = [
        ("pve3", ["link0": "10.0.0.3"], "can't add existing node 'pve3'"),
        ("new", ["link0": "10.0.0.2"], "corosync: address '10.0.0.2' already used on link ring0_addr by node 'pve2'"),
        (
            "new", ["link0": "10.0.0.9", "link1": "10.1.0.9"],
            "corosync: link 1 specified for new node doesn't exist in cluster config"
        ),
        ("new", ["link1": "10.0.0.9"], "corosync: link 0 exists in cluster config but wasn't specified for new node"),
        ("new", [:], "no links and no fallback ip (new_node_ip) given, cannot join cluster"),
        (
            "new", ["link0": "10.0.0.9", "apiversion": "2"],
            "error: incompatible join API version on joining node (2 > 1)"
        ),
        ("new", ["link0": "10.0.0.9", "nodeid": "2"], "node id '2' is already used by node 'pve2'"),
    ]

    @Test(arguments: refusals)
    func `a node that does not fit is refused, and nothing is written`(
        node: String, fields: [String: String], message: String
    ) {
        var cluster = cluster()
        let before = cluster
        let answer = cluster.add(node, fields)
        #expect(answer.status == 500 && answer.message == message)
        #expect(answer.body["message"] == .text("\(message)\n") && answer.body["data"] == .nothing)
        #expect(cluster == before)
    }

    @Test func `force takes over an entry with its number, and fallbacks are for clusters of one link`() {
        var cluster = cluster()
        #expect(cluster.add("pve3", ["link0": "10.0.0.33", "force": "1"]).status == 200)
        #expect(cluster.member("pve3")?.nodeID == 3 && cluster.member("pve3")?.rings == [0: "10.0.0.33"])
        #expect(cluster.add("new", ["new_node_ip": "10.0.0.9"]).status == 200)
        for index in cluster.members.indices {
            cluster.members[index].rings[1] = "10.1.0.\(index)"
            cluster.members[index].isOnline = true
        }
        let refused = cluster.add("other", ["new_node_ip": "10.0.0.10"])
        #expect(refused.message?.hasPrefix("no links given but multiple links found") == true)
    }

    @Test func `without a majority nothing is written`() {
        var cluster = cluster()
        cluster.members[1].isOnline = false
        #expect(!cluster.isQuorate)
        #expect(cluster.add("new", ["link0": "10.0.0.9"]).message == "cluster not ready - no quorum?")
        let removal = cluster.ask("DELETE", "cluster/config/nodes/pve3")
        #expect(removal.message == "cluster not ready - no quorum?")
        cluster.members[1].isOnline = true
        #expect(cluster.isQuorate)
        cluster.members[1].isOnline = false
        #expect(cluster.ask("POST", "corosync/pve1/expected", ["votes": "1"]).status == 200)
        #expect(cluster.isQuorate)
        #expect(cluster.ask("DELETE", "cluster/config/nodes/pve3").status == 200)
        #expect(!cluster.isQuorate, "what was expected is over with the next change")
        cluster.members[1].isOnline = true
        cluster.faults.hasNoQuorum = true
        #expect(cluster.ask("GET", "cluster/status").body["data"]?[0]?["quorate"] == .number(0))
        #expect(cluster.add("new", ["link0": "10.0.0.9"]).status == 500)
    }

    @Test func `a member does not delete itself, and nobody deletes a stranger`() {
        var cluster = cluster()
        let own = cluster.ask("DELETE", "cluster/config/nodes/pve1")
        #expect(own.message == "Cannot delete myself from cluster!")
        let strange = cluster.ask("DELETE", "cluster/config/nodes/pve9")
        #expect(strange.message == "Node/IP: pve9 is not a known host of the cluster.")
    }

    @Test func `a node that is alone has no cluster to show`() {
        var alone = cluster()
        (alone.name, alone.members) = (nil, [alone.members[0]])
        let answer = alone.ask("GET", "cluster/config/join")
        #expect(answer.status == 424 && answer.message == "node is not in a cluster, no join info available!")
        let status = alone.ask("GET", "cluster/status").body["data"]
        #expect(status?[0]?["nodeid"] == .number(0) && status?[1] == nil)
    }

    @Test func `joins that go wrong leave their entry behind`() {
        for fault in [\StandInCluster.Faults.letsJoinsWait, \.leavesJoinsHalfDone, \.cutsAnswersOff] {
            var cluster = cluster()
            cluster.faults[keyPath: fault] = true
            let answer = cluster.add("new", ["link0": "10.0.0.9"])
            #expect((answer == .cutOff) == (fault == \.cutsAnswersOff))
            let meeting = cluster.ask("POST", "corosync/new", [:], .node("new", corosyncKey: "key"))
            #expect(meeting.status == (fault == \.leavesJoinsHalfDone ? 503 : 200))
            #expect(cluster.member("new") != nil)
            if fault != \.cutsAnswersOff { #expect(cluster.member("new")?.isOnline == false) }
        }
    }

    @Test func `leftover guests, the clock and the nodes are shown`() {
        var cluster = cluster()
        cluster.guests = [StandInCluster.Guest(.lxc, 101, name: "dns", node: "gone")]
        cluster.faults.clockOffset = -7
        let guest = cluster.ask("GET", "cluster/resources", ["type": "vm"]).body["data"]?[0]
        #expect(guest?["id"] == .text("lxc/101") && guest?["node"] == .text("gone"))
        let time = cluster.ask("GET", "nodes/pve1/time").body["data"]
        #expect(time?["time"] == .number(1_699_999_993))
        #expect(cluster.ask("GET", "nodes/pve3/time").status == 595)
        #expect(cluster.ask("GET", "nodes").body["data"]?[2]?["status"] == .text("offline"))
        #expect(cluster.ask("GET", "corosync/pve1", [:], .ticket("x", csrf: nil)).status == 401)
    }

    @Test func `what people read on a node says whether it has quorum`() {
        var cluster = cluster()
        #expect(cluster.statusText(from: "pve1", isQuorate: true).contains("Quorate:          Yes\n"))
        #expect(cluster.statusText(from: "pve1", isQuorate: true).contains("Total votes:      2\n"))
        #expect(cluster.nodesText(from: "pve1").contains("         1          1 pve1 (local)\n"))
        let members = cluster.membersFile(from: "pve1", isQuorate: true)
        #expect(members.contains("\"pve2\": { \"id\": 2, \"online\": 1, \"ip\": \"10.0.0.2\"}"))
        #expect(members.contains("\"pve3\": { \"id\": 3, \"online\": 0}"))
        cluster.name = nil
        #expect(!cluster.membersFile(from: "pve1", isQuorate: true).contains("cluster"))
    }
}
