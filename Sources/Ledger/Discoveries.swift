import Database
public import Model
import Store

extension Ledger {
    /// Notes that a machine was seen, and gives true if that is news: a machine that is no host and was not known.
    ///
    /// Anybody on the network can pretend to be any number of machines: how many are kept is limited, and one that was
    /// seen just now is not written again.
    func noteDiscovery(_ mac: MACAddress, _ traits: Discovery.Traits, by author: Author) throws -> Bool {
        let moment = now()
        let owners = try connection.rows("SELECT host FROM host_mac WHERE mac = ?", .text("\(mac)")) { $0.text(0) }
        guard owners.isEmpty else { return false }
        guard let known = try discovery(mac) else {
            try forgetOldest()
            try write(Discovery(mac: mac, firstSeen: moment, lastSeen: moment, isIgnored: false, traits: traits))
            try append(.discoveryAppeared, "\(mac) netboots, and is no host.", by: author)
            return true
        }
        var seen = known
        seen.lastSeen = moment
        seen.traits.merge(traits)
        let isNews = seen.traits != known.traits
        guard isNews || known.lastSeen.milliseconds + Self.quietTime < moment.milliseconds else { return false }
        try write(seen)
        guard isNews, !seen.isIgnored else { return false }
        try append(.discoveryNoticed, "\(mac) is \(seen.summary).", by: author)
        return true
    }

    /// Makes a host of a machine that was seen.
    public func accept(_ mac: MACAddress, as draft: HostDraft, by author: Author) throws -> Host {
        guard try discovery(mac) != nil || hostAlreadyChanged(.hostRegistered, by: author) != nil else {
            throw Refused(.missing, "No machine with the MAC address \(mac) was seen to netboot.")
        }
        return try register(draft, by: author)
    }

    /// Ignores a machine from now on, or shows it again.
    public func ignore(_ mac: MACAddress, _ isIgnored: Bool, by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(.discoveryIgnored, by: author) { return }
            guard var discovery = try discovery(mac) else {
                throw Refused(.missing, "No machine with the MAC address \(mac) was seen to netboot.")
            }
            discovery.isIgnored = isIgnored
            try write(discovery)
            try append(.discoveryIgnored, "\(mac) is \(isIgnored ? "ignored from now on" : "shown again").", by: author)
        }
    }

    func forgetDiscoveries(_ macs: [MACAddress]) throws(DatabaseError) {
        for mac in macs { try connection.run("DELETE FROM discovery WHERE mac = ?", .text("\(mac)")) }
    }

    private func discovery(_ mac: MACAddress) throws -> Discovery? {
        try connection.rows("SELECT \(Discovery.columns) FROM discovery WHERE mac = ?", .text("\(mac)")) {
            Discovery($0)
        }.first ?? nil
    }

    private func write(_ discovery: Discovery) throws(DatabaseError) {
        let traits = discovery.traits
        try connection.run(
            "INSERT OR REPLACE INTO discovery (\(Discovery.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            .text("\(discovery.mac)"), .int(discovery.firstSeen.milliseconds), .int(discovery.lastSeen.milliseconds),
            .int(traits.architecture.map(Int64.init)), .text(traits.vendorClass), .text(traits.uuid),
            .text(traits.serial), .text(traits.manufacturer), .text(traits.product), .text(traits.address),
            .int(discovery.isIgnored ? 1 : 0))
    }

    private func forgetOldest() throws(DatabaseError) {
        try connection.run(
            """
            DELETE FROM discovery WHERE mac IN (
                SELECT mac FROM discovery ORDER BY is_ignored DESC, last_seen DESC LIMIT -1 OFFSET ?)
            """, .int(Self.mostDiscoveries - 1))
    }

    private static let mostDiscoveries = 500
    private static let quietTime: Int64 = 10_000
}

extension Discovery.Traits {
    /// Takes over what is said now; what is not said stays as it was.
    fileprivate mutating func merge(_ newer: Discovery.Traits) {
        self = Discovery.Traits(
            architecture: newer.architecture ?? architecture, vendorClass: newer.vendorClass ?? vendorClass,
            uuid: newer.uuid ?? uuid, serial: newer.serial ?? serial, manufacturer: newer.manufacturer ?? manufacturer,
            product: newer.product ?? product, address: newer.address ?? address)
    }
}
