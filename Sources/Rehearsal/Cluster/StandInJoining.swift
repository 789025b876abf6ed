/// How nodes come and go.
extension StandInCluster {
    static let joinVersion = 1
    private static let maximalLink = 7

    /// Writes the entry of a new node, and gives what it needs to come in.
    mutating func addNode(_ node: String, _ fields: [String: String]) throws(Died) -> JSONTree {
        try needQuorum()
        if let version = fields["apiversion"].flatMap({ Int($0) }), version > Self.joinVersion {
            throw Died("error: incompatible join API version on joining node (\(version) > \(Self.joinVersion))")
        }
        let given = Self.links(fields)
        for (link, address) in given.sorted(by: { $0.key < $1.key }) { try refuseDuplicate(address, link, node) }
        let rings = try complete(given, fallback: fields["new_node_ip"])
        let isForced = ["1", "true", "yes", "on"].contains(fields["force"]?.lowercased())
        var (id, votes) = (fields["nodeid"].flatMap { Int($0) }, fields["votes"].flatMap { Int($0) })
        if let old = member(node) {
            (id, votes) = (id ?? old.nodeID, votes ?? old.votes)
            guard isForced, id == old.nodeID, votes == old.votes else {
                throw Died("can't add existing node '\(node)'")
            }
            members.removeAll { $0.name == node }
        } else if let id, let holder = members.first(where: { $0.nodeID == id }) {
            throw Died("node id '\(id)' is already used by node '\(holder.name)'")
        }
        let taken = Set(members.map(\.nodeID))
        let free = (1...).first { !taken.contains($0) } ?? 1
        let address = fields["new_node_ip"] ?? rings.min { $0.key < $1.key }?.value ?? ""
        members.append(
            Member(node, nodeID: id ?? free, votes: votes ?? 1, rings: rings, address: address, isOnline: false))
        (configVersion, expected) = (configVersion + 1, nil)
        return .object([
            "corosync_authkey": .text(corosyncKey), "corosync_conf": .text(corosyncConfiguration),
            "warnings": .list([]),
        ])
    }

    mutating func removeNode(_ name: String, asking local: String) throws(Died) {
        try needQuorum()
        guard let member = members.first(where: { $0.name == name || $0.rings.values.contains(name) }) else {
            throw Died("Node/IP: \(name) is not a known host of the cluster.")
        }
        guard member.name != local else { throw Died("Cannot delete myself from cluster!") }
        members.removeAll { $0.name == member.name }
        (configVersion, expected) = (configVersion + 1, nil)
    }

    /// What corosync and the cluster's file system do between a node that has its entry and the others.
    mutating func meet(_ node: String, _ fields: [String: String]) throws(Died) -> JSONTree {
        guard let index = members.firstIndex(where: { $0.name == node }) else {
            throw Died("node '\(node)' is not known to corosync", status: 403)
        }
        guard !faults.leavesJoinsHalfDone else { throw Died("no answer", status: 503) }
        if !faults.letsJoinsWait { members[index].isOnline = true }
        if let fingerprint = fields["fingerprint"] { members[index].fingerprint = fingerprint }
        if let line = fields["key"], !authorizedKeys.contains(line) { authorizedKeys.append(line) }
        return view(of: node)
    }

    /// What a node sees of the cluster.
    func view(of node: String) -> JSONTree {
        let sees = member(node)?.isOnline == true && isQuorate
        return .object([
            "quorate": .number(sees ? 1 : 0), "authorized_keys": .text(authorizedKeys.map { "\($0)\n" }.joined()),
            "corosync_authkey": .text(corosyncKey),
            "corosync_conf": .text(corosyncConfiguration), "status": .text(statusText(from: node, isQuorate: sees)),
            "nodes": .text(nodesText(from: node)), "members": .text(membersFile(from: node, isQuorate: sees)),
        ])
    }

    // MARK: Checks

    private func needQuorum() throws(Died) {
        guard name != nil else { throw Died("node is not in a cluster, no join info available!", status: 424) }
        guard isQuorate else { throw Died("cluster not ready - no quorum?") }
    }

    private static func links(_ fields: [String: String]) -> [Int: String] {
        let pairs = (0...maximalLink).compactMap { number in fields["link\(number)"].map { (number, Self.address($0)) }
        }
        return Dictionary(pairs) { $1 }
    }

    /// The address in `[address=]IP[,priority=N]`.
    private static func address(_ link: String) -> String {
        let first = link.split(separator: ",").first { !$0.hasPrefix("priority=") } ?? ""
        return String(first.hasPrefix("address=") ? first.dropFirst("address=".count) : first)
    }

    /// Loopback is left out: there all nodes of a rehearsal are.
    private func refuseDuplicate(_ address: String, _ link: Int, _ node: String) throws(Died) {
        guard !address.hasPrefix("127.") else { return }
        for member in members where member.name != node {
            for (number, taken) in member.rings where taken == address {
                throw Died(
                    "corosync: address '\(address)' already used on link ring\(number)_addr by node '\(member.name)'")
            }
        }
    }

    private func complete(_ given: [Int: String], fallback: String?) throws(Died) -> [Int: String] {
        guard given.isEmpty else {
            for number in 0...Self.maximalLink where links.contains(number) != (given[number] != nil) {
                throw Died(
                    links.contains(number)
                        ? "corosync: link \(number) exists in cluster config but wasn't specified for new node"
                        : "corosync: link \(number) specified for new node doesn't exist in cluster config")
            }
            return given
        }
        guard let fallback else { throw Died("no links and no fallback ip (new_node_ip) given, cannot join cluster") }
        guard links.count == 1 else {
            throw Died(
                "no links given but multiple links found on other nodes, fallback only supported on single-link clusters"
            )
        }
        return [links[0]: fallback]
    }
}
