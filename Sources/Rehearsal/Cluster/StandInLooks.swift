/// What is only looked at.
extension StandInCluster {
    func look(_ request: Request, from node: String, at now: Int64) throws(Died) -> JSONTree {
        switch request.path {
        case ["version"]:
            return .texts(["version": version, "release": release, "repoid": "0000000000000000"])
        case ["cluster", "status"]: return .list(status(from: node))
        case ["cluster", "resources"]:
            let type = request.fields["type"]
            guard type == "vm" || type == nil else { return .list([]) }
            return .list(guests.map(resource))
        case ["cluster", "config", "apiversion"]: return .number(1)
        case ["cluster", "config", "nodes"]: return .list(members(with: "node"))
        case ["cluster", "config", "join"]: return try joinInformation(request.fields["node"])
        // It has none of these.
        case ["cluster", "backup"], ["cluster", "ha", "resources"], ["cluster", "replication"]: return .list([])
        case ["nodes"]: return .list(members.map(nodeEntry))
        case ["corosync", node]: return view(of: node)
        default: break
        }
        if request.path.count == 3, request.path[0] == "nodes" {
            let kind = Guest.Kind(rawValue: request.path[2])
            if kind != nil || request.path[2] == "time" { try needOnline(request.path[1]) }
            if let kind { return .list(guests.filter { ($0.node, $0.kind) == (request.path[1], kind) }.map(resource)) }
            if request.path[2] == "time" { return time(at: now) }
        }
        throw Died("Method 'GET /\(request.path.joined(separator: "/"))' not implemented", status: 501)
    }

    private var release: String {
        version.split(separator: ".").prefix(2).joined(separator: ".")
    }

    private func status(from node: String) -> [JSONTree] {
        let nodes = members.map { member in
            let isOnline = member.isOnline || member.name == node
            return JSONTree.members([
                "type": .text("node"), "id": .text("node/\(member.name)"), "name": .text(member.name),
                "nodeid": .number(name == nil ? 0 : member.nodeID), "local": .number(member.name == node ? 1 : 0),
                // One whose file system was never heard has published no address.
                "ip": member.isOnline ? .text(member.address) : nil, "online": .number(isOnline ? 1 : 0),
                "level": .text(""),
            ])
        }
        guard let name else { return nodes }
        let cluster = JSONTree.object([
            "type": .text("cluster"), "id": .text("cluster"), "name": .text(name), "nodes": .number(members.count),
            "quorate": .number(isQuorate ? 1 : 0), "version": .number(configVersion),
        ])
        return [cluster] + nodes
    }

    private func resource(_ guest: Guest) -> JSONTree {
        let isThere = member(guest.node)?.isOnline == true
        return .object([
            "id": .text("\(guest.kind.rawValue)/\(guest.id)"), "type": .text(guest.kind.rawValue),
            "vmid": .number(guest.id), "name": .text(guest.name), "node": .text(guest.node), "template": .number(0),
            "status": .text(isThere ? "stopped" : "unknown"),
        ])
    }

    /// Numbers are texts here: they come out of a file that Perl has read.
    private func members(with key: String) -> [JSONTree] {
        members.map { member in
            var fields: [String: String?] = [
                "name": member.name, "nodeid": "\(member.nodeID)", "quorum_votes": "\(member.votes)",
            ]
            for (link, address) in member.rings { fields["ring\(link)_addr"] = address }
            fields[key] = member.name
            if key == "name" { (fields["pve_addr"], fields["pve_fp"]) = (member.address, member.fingerprint) }
            return .texts(fields)
        }
    }

    private func joinInformation(_ node: String?) throws(Died) -> JSONTree {
        guard let name else { throw Died("node is not in a cluster, no join info available!", status: 424) }
        let wanted = node ?? local
        guard member(wanted) != nil else { throw Died("node '\(wanted)' not in cluster!") }
        let interfaces = links.map { ("\($0)", JSONTree.texts(["linknumber": "\($0)"])) }
        return .object([
            "nodelist": .list(members(with: "name")), "preferred_node": .text(wanted),
            "config_digest": .text("\(String(repeating: "0", count: 36))\(1000 + configVersion)"),
            "totem": .object([
                "cluster_name": .text(name), "config_version": .text("\(configVersion)"),
                "interface": .object(Dictionary(interfaces) { $1 }), "ip_version": .text("ipv4-6"),
                "link_mode": .text("passive"), "secauth": .text("on"), "version": .text("2"),
            ]),
        ])
    }

    private func nodeEntry(_ member: Member) -> JSONTree {
        .texts([
            "node": member.name, "id": "node/\(member.name)", "type": "node",
            "status": member.isOnline ? "online" : "offline", "ssl_fingerprint": member.fingerprint,
        ])
    }

    private func needOnline(_ node: String) throws(Died) {
        guard let member = member(node) else {
            throw Died(
                "hostname lookup '\(node)' failed - failed to get address info for: \(node): Name or service not known")
        }
        guard member.isOnline else { throw Died("No route to host", status: 595) }
    }

    private func time(at now: Int64) -> JSONTree {
        let seconds = Int(now / 1000) + faults.clockOffset
        return .object(["time": .number(seconds), "localtime": .number(seconds), "timezone": .text(timezone)])
    }
}
