public import Database
public import Model

extension Store {
    /// All addresses that were given out, also those whose time is over.
    public func leases() throws -> [Lease] {
        try connection.rows("SELECT address, mac, until FROM lease") { row in
            let mac = row.optionalText(1)
            let lease = Lease(
                address: row.text(0), mac: mac.flatMap { try? MACAddress($0) },
                until: Timestamp(milliseconds: row.int(2)))
            return mac != nil && lease.mac == nil ? nil : lease
        }.compactMap(\.self)
    }

    /// The addresses of all network cards of all hosts.
    public func hostMACs() throws -> Set<MACAddress> {
        Set(try connection.rows("SELECT mac FROM host_mac") { try? MACAddress($0.text(0)) }.compactMap(\.self))
    }

    /// Other DHCP and boot servers that were heard lately, those that answer machines that netboot first.
    public func foreignServers(at moment: Timestamp) throws -> [ForeignServer] {
        let earliest = moment.milliseconds - ForeignServer.memory.components.seconds * 1000
        return try connection.rows(
            """
            SELECT \(ForeignServer.columns) FROM foreign_server WHERE is_gone = 0 AND last_seen > ?
            ORDER BY kind, address
            """, .int(earliest)
        ) { ForeignServer($0) }.compactMap(\.self)
    }
}

extension ForeignServer {
    public static let columns = "address, mac, kind, offers, first_seen, last_seen"

    public init?(_ row: borrowing Row) {
        guard let kind = Kind(rawValue: row.text(2)) else { return nil }
        self.init(
            address: row.text(0), mac: row.optionalText(1).flatMap { try? MACAddress($0) }, kind: kind,
            offers: row.text(3), firstSeen: Timestamp(milliseconds: row.int(4)),
            lastSeen: Timestamp(milliseconds: row.int(5)))
    }
}
