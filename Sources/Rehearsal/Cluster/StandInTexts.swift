/// What people and scripts read on a node.
extension StandInCluster {
    /// The files of /etc/pve that follow from it, as its member sees them.
    public var files: [String: String] {
        var files = [".members": membersFile(from: local, isQuorate: isQuorate)]
        if name != nil { files["corosync.conf"] = corosyncConfiguration }
        return files
    }

    private var present: [Member] { members.filter(\.isOnline) }

    /// `pvecm status`.
    func statusText(from node: String, isQuorate: Bool) -> String {
        let own = member(node)
        let seen = own?.isOnline == true ? present : own.map { [$0] } ?? []
        let total = seen.reduce(0) { $0 + $1.votes }
        return """
            Cluster information
            -------------------
            Name:             \(name ?? "")
            Config Version:   \(configVersion)
            Transport:        knet
            Secure auth:      on

            Quorum information
            ------------------
            Quorum provider:  corosync_votequorum
            Nodes:            \(seen.count)
            Node ID:          0x\(Self.hexadecimal(own?.nodeID ?? 0))
            Ring ID:          1.\(configVersion)
            Quorate:          \(isQuorate ? "Yes" : "No")

            Votequorum information
            ----------------------
            Expected votes:   \(expectedVotes)
            Highest expected: \(allVotes)
            Total votes:      \(total)
            Quorum:           \(neededVotes)\(isQuorate ? "" : " Activity blocked")
            Flags:            \(isQuorate ? "Quorate" : "")

            Membership information
            ----------------------
                Nodeid      Votes Name
            \(seen.map { line($0, node) }.joined())
            """
    }

    private func line(_ member: Member, _ node: String) -> String {
        let address = member.rings.min { $0.key < $1.key }?.value ?? ""
        return "0x\(Self.hexadecimal(member.nodeID))          \(member.votes) \(address)"
            + "\(member.name == node ? " (local)" : "")\n"
    }

    /// `pvecm nodes`.
    func nodesText(from node: String) -> String {
        let lines = present.map { member in
            let (id, votes) = (Self.right("\(member.nodeID)", 10), Self.right("\(member.votes)", 10))
            return "\(id) \(votes) \(member.name)\(member.name == node ? " (local)" : "")\n"
        }
        return """

            Membership information
            ----------------------
                Nodeid      Votes Name
            \(lines.joined())
            """
    }

    /// /etc/pve/.members.
    func membersFile(from node: String, isQuorate: Bool) -> String {
        let entries = members.map { member in
            let address = member.isOnline ? ", \"ip\": \"\(member.address)\"" : ""
            return "  \"\(member.name)\": { \"id\": \(member.nodeID), \"online\": \(member.isOnline ? 1 : 0)\(address)}"
        }
        let nodes = "\"nodelist\": {\n\(entries.joined(separator: ",\n"))\n  }\n"
        guard let name else { return "{\n\"nodename\": \"\(node)\",\n\"version\": 1,\n\(nodes)}\n" }
        let quorate = isQuorate ? 1 : 0
        return """
            {
            "nodename": "\(node)",
            "version": \(configVersion),
            "cluster": { "name": "\(name)", "version": \(configVersion), "nodes": \(members.count), "quorate": \(quorate) },
            \(nodes)}

            """
    }

    private static func hexadecimal(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
