import Database
public import Model

/// Who has which address, as far as it is known here.
extension Store {
    /// The names of the other hosts that are to have an address, or were last reached at it.
    public func otherHosts(at address: String, than host: Host) throws -> [String] {
        try connection.rows(
            """
            SELECT hostname FROM host LEFT JOIN inventory ON inventory.host = host.id
            WHERE host.id <> ?1 AND (address = ?2 OR address LIKE ?2 || '/%' OR (address IS NULL AND start_address = ?2))
            """, .text(host.id), .text(address)
        ) { $0.text(0) }
    }

    /// The lease of an address that Sprout itself gave out, or that was found to be in use when it wanted to.
    public func lease(of address: String) throws -> Lease? {
        try connection.rows("SELECT mac, until FROM lease WHERE address = ?", .text(address)) { row in
            Lease(
                address: address, mac: row.optionalText(0).flatMap { try? MACAddress($0) },
                until: Timestamp(milliseconds: row.int(1)))
        }.first
    }
}
