import Database
public import Model
import Store

/// What the daemons saw: many machines at once, each step of each.
///
/// Anybody on the network can pretend to be any number of machines, so all of it is limited, and what is kept of hosts
/// does not give way to strangers.
extension Ledger {
    /// What one observation says of a machine.
    public struct Seen: Sendable {
        public let daemon: String
        public let mac: MACAddress?
        public let traits: Discovery.Traits
        public let sighting: Sighting?

        public init(daemon: String, mac: MACAddress?, traits: Discovery.Traits, sighting: Sighting?) {
            (self.daemon, self.mac, self.traits, self.sighting) = (daemon, mac, traits, sighting)
        }
    }

    /// What became of a batch.
    public struct Noted: Sendable {
        /// Whether any of it is news for those who follow.
        public var isNews = false
        /// What is known by an address only that nobody has yet: that its machine took it may be told in a moment.
        public var ofUnknownMachines: [Seen] = []
    }

    /// Keeps a batch of observations in one transaction.
    @discardableResult
    public func note(_ batch: [Seen]) throws -> Noted {
        try connection.write {
            var noted = Noted()
            var machines: Set<MACAddress> = []
            for seen in batch {
                let author = Author(actor: seen.daemon)
                if let sighting = seen.sighting {
                    guard let mac = try machine(of: sighting) else {
                        noted.ofUnknownMachines.append(seen)
                        continue
                    }
                    if try isNewNetboot(sighting, mac), let host = try connection.host(withMAC: mac) {
                        try append(.netbootBegan, Self.sentence(host, sighting), host: host, by: author)
                    }
                    try insert(sighting, mac)
                    machines.insert(mac)
                    noted.isNews = true
                }
                guard let mac = seen.mac else { continue }
                if try noteDiscovery(mac, seen.traits, by: author) { noted.isNews = true }
                if try noteIdentity(mac, seen.traits, by: author) { noted.isNews = true }
            }
            for mac in machines { try forgetOld(mac) }
            try forgetStrangers()
            return noted
        }
    }

    /// Writes what is wrong with a machine's netboot, or that nothing is.
    ///
    /// True if it is news. Only of hosts it is an event: a stranger's is shown as long as the stranger is.
    public func judge(_ mac: MACAddress, _ verdict: Verdict?, by author: Author) throws -> Bool {
        let known =
            try connection.rows("SELECT \(Verdict.columns) FROM verdict WHERE mac = ?", .text("\(mac)")) {
                Verdict($0)
            }.first ?? nil
        guard verdict != known else { return false }
        return try connection.write {
            guard let verdict else {
                try connection.run("DELETE FROM verdict WHERE mac = ?", .text("\(mac)"))
                return true
            }
            try connection.run(
                "INSERT OR REPLACE INTO verdict (mac, at, \(Verdict.columns)) VALUES (?, ?, ?, ?, ?, ?)",
                .text("\(mac)"), .int(now().milliseconds), .text(verdict.kind.rawValue), .text(verdict.sentence),
                .text(verdict.remedy), .text(verdict.candidate?.description))
            try connection.run(
                "DELETE FROM verdict WHERE mac NOT IN (SELECT mac FROM host_mac) AND mac NOT IN (SELECT mac FROM discovery)"
            )
            if verdict.kind != known?.kind, let host = try connection.host(withMAC: mac) {
                try append(
                    .netbootStalled, "\(verdict.sentence) \(verdict.remedy)", reason: verdict.kind.rawValue, host: host,
                    by: author)
            }
            return true
        }
    }

    /// What was said of a host's earlier attempts is over when it is armed anew.
    func forgetVerdicts(_ host: Host) throws(DatabaseError) {
        for mac in host.macs { try connection.run("DELETE FROM verdict WHERE mac = ?", .text("\(mac)")) }
    }

    /// Why a host that was waited for in vain did not netboot.
    func verdictOnNetboot(ofHost id: String, _ state: HostState) throws -> String? {
        guard state == .pxeReady else { return nil }
        return try connection.rows(
            "SELECT sentence, remedy FROM verdict JOIN host_mac ON host_mac.mac = verdict.mac WHERE host = ? LIMIT 1",
            .text(id)
        ) { "\($0.text(0)) \($0.text(1))" }.first
    }

    // MARK: Pieces

    /// A sighting that names only an address belongs to the machine that had it last.
    private func machine(of sighting: Sighting) throws -> MACAddress? {
        if let mac = sighting.mac { return mac }
        guard let address = sighting.details.address else { return nil }
        return try connection.rows(
            "SELECT mac FROM sighting WHERE address = ? AND at > ? ORDER BY id DESC LIMIT 1", .text(address),
            .int(now().milliseconds - Self.addressMemory)
        ) { try? MACAddress($0.text(0)) }.first ?? nil
    }

    /// Whether firmware begins anew: a repeated question is no news, and neither is iPXE's later one.
    private func isNewNetboot(_ sighting: Sighting, _ mac: MACAddress) throws -> Bool {
        guard sighting.kind == .asked, sighting.details.offered != nil else { return false }
        let last = try connection.rows(
            "SELECT at FROM sighting WHERE mac = ? AND kind = ? ORDER BY id DESC LIMIT 1", .text("\(mac)"),
            .text(Sighting.Kind.asked.rawValue)
        ) { $0.int(0) }.first
        let isFirst = last.map { sighting.at.milliseconds - $0 > Self.sameNetboot } ?? true
        return isFirst
    }

    private static func sentence(_ host: Host, _ sighting: Sighting) -> String {
        "\(host.hostname) netboots: it \(sighting)."
    }

    private func insert(_ sighting: Sighting, _ mac: MACAddress) throws(DatabaseError) {
        try connection.run(
            "INSERT INTO sighting (at, mac, kind, daemon, address, body) VALUES (?, ?, ?, ?, ?, ?)",
            .int(sighting.at.milliseconds), .text("\(mac)"), .text(sighting.kind.rawValue), .text(sighting.daemon),
            .text(sighting.details.address), .text(sighting.details.json))
    }

    private func forgetOld(_ mac: MACAddress) throws(DatabaseError) {
        try connection.run(
            """
            DELETE FROM sighting WHERE mac = ?1 AND id <= (
                SELECT id FROM sighting WHERE mac = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
            """, .text("\(mac)"), .int(Self.mostSightings))
    }

    private func forgetStrangers() throws(DatabaseError) {
        try connection.run(
            """
            DELETE FROM sighting WHERE mac NOT IN (SELECT mac FROM host_mac) AND id <= (
                SELECT id FROM sighting WHERE mac NOT IN (SELECT mac FROM host_mac) ORDER BY id DESC LIMIT 1 OFFSET ?)
            """, .int(Self.mostOfStrangers))
    }

    private static let mostSightings = 100
    private static let mostOfStrangers = 2000
    private static let addressMemory: Int64 = 3_600_000
    private static let sameNetboot: Int64 = 30_000
}
