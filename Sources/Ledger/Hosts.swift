import Database
public import Model
import Store

extension Ledger {
    public func register(_ draft: HostDraft, by author: Author) throws -> Host {
        let wish = try draft.checked()
        return try connection.write {
            if let done = try hostAlreadyChanged(.hostRegistered, by: author) { return try existingHost(id: done) }
            let prefix = try hostnamePrefix(of: wish.serverType)
            for mac in wish.macs { try refuseTaken(mac, field: mac == wish.mac ? "mac" : "macs") }
            if let address = wish.address { try refuseTaken(address) }
            let moment = now()
            let host = Host(
                id: newID(), hostname: try wish.hostname.map(refusingTaken) ?? freeHostname(prefix), mac: wish.mac,
                macs: wish.macs, serverType: wish.serverType, state: .registered, stateSince: moment,
                labels: wish.labels, createdAt: moment, address: wish.address)
            try insert(host)
            try forgetDiscoveries(host.macs)
            try append(
                .hostRegistered, "\(host.hostname) was registered as \(host.serverType), to boot from \(host.mac).",
                host: host, by: author)
            return host
        }
    }

    /// Removes a host that no operation is at work on; its events stay.
    public func remove(hostID: String, by author: Author) throws {
        try connection.write {
            if try hostAlreadyChanged(.hostRemoved, by: author) != nil { return }
            let host = try existingHost(id: hostID)
            guard !host.state.isUnderWay else {
                throw Refused(
                    .conflict, "\(host.hostname) is \(host.state.rawValue): an operation is under way. Cancel it first."
                )
            }
            try forgetDuties(hostID)
            try connection.run("DELETE FROM host WHERE id = ?", .text(hostID))
            try append(.hostRemoved, "\(host.hostname) was removed.", host: host, by: author)
        }
    }

    /// Of a host that is gone nothing is left to do, and nobody needs a key to it.
    private func forgetDuties(_ host: String) throws(DatabaseError) {
        let operations = try connection.rows("SELECT id FROM operation WHERE host = ?", .text(host)) { $0.text(0) }
        for operation in operations {
            try connection.run("DELETE FROM secret WHERE name = ?", .text(Self.nameOfKey(operation)))
        }
        try connection.run("DELETE FROM effect WHERE host = ? AND done_at IS NULL", .text(host))
    }

    private func insert(_ host: Host) throws(DatabaseError) {
        try connection.run(
            """
            INSERT INTO host (id, hostname, boot_mac, server_type, state, state_since, created_at, address)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .text(host.id), .text(host.hostname.description), .text(host.mac.description), .text(host.serverType),
            .text(host.state.rawValue), .int(host.stateSince.milliseconds), .int(host.createdAt.milliseconds),
            .text(host.address))
        try insertParts(of: host)
    }

    /// Its interfaces and labels.
    func insertParts(of host: Host) throws(DatabaseError) {
        for mac in host.macs {
            try connection.run("INSERT INTO host_mac (mac, host) VALUES (?, ?)", .text(mac.description), .text(host.id))
        }
        for (key, value) in host.labels {
            try connection.run(
                "INSERT INTO host_label (host, key, value) VALUES (?, ?, ?)", .text(host.id), .text(key), .text(value))
        }
    }

    func refuseTaken(_ mac: MACAddress, field: String) throws {
        let owners = try connection.rows(
            "SELECT hostname FROM host JOIN host_mac ON host_mac.host = host.id WHERE mac = ?",
            .text(mac.description)
        ) { $0.text(0) }
        guard let owner = owners.first else { return }
        throw Refused(.conflict, "\(mac) already belongs to the host \(owner).", field: field)
    }

    func refuseTaken(_ address: String) throws {
        let owners = try connection.rows("SELECT hostname FROM host WHERE address = ?", .text(address)) { $0.text(0) }
        guard let owner = owners.first else { return }
        throw Refused(.conflict, "\(address) is already the address of the host \(owner).", field: "address")
    }

    func refusingTaken(_ hostname: Hostname) throws -> Hostname {
        let owners = try connection.rows(
            "SELECT boot_mac FROM host WHERE hostname = ?", .text(hostname.description)
        ) { $0.text(0) }
        guard let mac = owners.first else { return hostname }
        throw Refused(
            .conflict, "There is already a host named \(hostname): the one with the MAC address \(mac).",
            field: "hostname")
    }

    func hostnamePrefix(of type: String) throws -> String {
        let types = try connection.rows(
            "SELECT key, hostname_prefix FROM server_type WHERE version = (SELECT max(version) FROM server_types) ORDER BY key"
        ) { ($0.text(0), $0.text(1)) }
        if let (_, prefix) = types.first(where: { $0.0 == type }) { return prefix }
        let known = types.isEmpty ? "none yet: see server-types.yaml" : types.map(\.0).joined(separator: ", ")
        throw Refused(
            .invalid,
            type.isEmpty
                ? "A host needs a server type. There are: \(known)."
                : "There is no server type \"\(type)\". There are: \(known).", field: "server_type")
    }

    /// The prefix with the lowest number that no host has, such as `pve-01`.
    private func freeHostname(_ prefix: String) throws -> Hostname {
        let taken = Set(
            try connection.rows("SELECT hostname FROM host WHERE hostname LIKE ? || '%'", .text(prefix)) { $0.text(0) })
        let names = (1...taken.count + 1).lazy.map { prefix + ($0 < 10 ? "0\($0)" : "\($0)") }
        guard let name = names.first(where: { !taken.contains($0) }) else {
            throw Refused(.conflict, "No name beginning with \(prefix) is free.", field: "hostname")
        }
        return try Hostname(name)
    }
}
