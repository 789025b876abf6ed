import Database
public import Model
import Store

extension Ledger {
    /// Writes leases, all in one transaction, and says for each whether it holds.
    ///
    /// One is refused only if its address is another machine's at this moment. What is written twice is there once.
    public func write(_ leases: [Lease]) throws -> [Bool] {
        let moment = now()
        return try connection.write {
            var held: [Bool] = []
            for lease in leases { held.append(try write(lease, at: moment)) }
            return held
        }
    }

    private func write(_ lease: Lease, at moment: Timestamp) throws(DatabaseError) -> Bool {
        let mac = lease.mac.map { "\($0)" }
        let holders = try connection.rows(
            "SELECT mac FROM lease WHERE address = ? AND until > ?", .text(lease.address), .int(moment.milliseconds)
        ) { $0.optionalText(0) }
        if let mac, let holder = holders.first, holder != mac { return false }
        try connection.run(
            "INSERT OR REPLACE INTO lease (address, mac, until) VALUES (?, ?, ?)", .text(lease.address), .text(mac),
            .int(lease.until.milliseconds))
        return true
    }
}
