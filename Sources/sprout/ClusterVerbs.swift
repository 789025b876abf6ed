import Control
import HTTP
import Model

extension Verb {
    static let clusterCheck: Verb = Verb(
        words: ["cluster", "check"], summary: "ask the cluster whether hosts can join it, and say what is in the way",
        operands: [], options: [outputOption] + connectionOptions, example: "sprout cluster check"
    ) { invocation in
        let answer = try await API(invocation).send("POST", "/api/cluster/check", body: Array("{}".utf8))
        let report = try JSON.decode(ClusterReport.self, from: answer.body)
        Terminal.say(invocation.isJSON ? String(decoding: answer.body, as: UTF8.self) : lines(of: report))
        let obstacles = report.obstacles.count
        guard report.isGood else {
            throw Failure(description: "\(obstacles) \(obstacles == 1 ? "thing is" : "things are") in the way")
        }
    }

    static let clusterTrust: Verb = Verb(
        words: ["cluster", "trust"],
        summary: "trust a member by the fingerprint that you have compared there",
        operands: [Operand(name: "FINGERPRINT")], options: connectionOptions,
        example: "sprout cluster trust SHA256:Wq3n…"
    ) { invocation in
        let wish = ["fingerprint": invocation.operands[0]]
        let answer = try await API(invocation).send("PUT", "/api/cluster/trust", body: try JSON.encode(wish))
        Terminal.say(try JSON.decode([String: String].self, from: answer.body)["sentence"] ?? "")
    }

    static let clusterKey: Verb = Verb(
        words: ["cluster", "key"],
        summary: "show the key that lets Sprout in on members, where proxmox.join_with is ssh",
        operands: [], options: connectionOptions, example: "sprout cluster key"
    ) { invocation in
        let answer = try await API(invocation).send("POST", "/api/cluster/key", body: Array("{}".utf8))
        Terminal.complain("Add this line to /etc/pve/priv/authorized_keys on a member of the cluster:")
        Terminal.say(try JSON.decode([String: String].self, from: answer.body)["key"] ?? "")
    }

    /// One tick a line, and the members.
    static func lines(of report: ClusterReport) -> String {
        let ticks = report.ticks.map { tick in
            let mark =
                switch tick.outcome {
                case .good: "✓"
                case .caution: "!"
                case .bad: "✗"
                }
            return "\(mark) \(Terminal.harmless(tick.sentence))"
        }
        let rows = report.nodes.map { node in
            [node.name, "\(node.id)", node.address ?? "", node.isOnline ? "online" : "offline"].map(Terminal.harmless)
        }
        let table = rows.isEmpty ? [] : ["", Terminal.table([["MEMBER", "NODE", "ADDRESS", "STATE"]] + rows)]
        return (ticks + table).joined(separator: "\n")
    }
}
