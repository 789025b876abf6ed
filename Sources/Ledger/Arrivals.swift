import Database
public import Model
import Store

/// Hosts whose installer or new system should have been heard by now, and what was found when Sprout looked itself.
extension Ledger {
    /// A host that is waited for, and when half of its time is over.
    public struct Overdue: Sendable {
        public let host: Host
        public let operation: String
        public let halfTime: Timestamp
    }

    /// All that are between the installer's answer and the first word of the new system.
    public func awaitedArrivals() throws -> [Overdue] {
        try followClock()
        return try connection.rows(
            """
            SELECT \(Host.columns), deadline.operation, deadline.due_at FROM deadline JOIN host ON host.id = deadline.host
            WHERE host.state IN ('installing', 'installed', 'first_boot')
            """
        ) { row in
            let due = row.int(Host.width + 1)
            return Host(row).map { host in
                Overdue(
                    host: host, operation: row.text(Host.width),
                    halfTime: Timestamp(milliseconds: (host.stateSince.milliseconds + due) / 2))
            }
        }.compactMap(\.self)
    }

    /// What was in the way when Sprout looked, as the end of the sentence with which its time ends.
    public func noteArrival(_ sentence: String?, ofOperation id: String) throws {
        try connection.run("UPDATE operation SET arrival = ? WHERE id = ?", .text(sentence), .text(id))
    }

    func arrival(ofOperation id: String) throws -> String? {
        try connection.rows("SELECT arrival FROM operation WHERE id = ?", .text(id)) { $0.optionalText(0) }.first ?? nil
    }

    /// Who speaks for an operation that was asked over SSH, where it proved by its host key what a token proves else.
    public func caller(ofOperation id: String, at address: String) throws -> Caller {
        let hashes = try connection.rows(
            "SELECT token_hash FROM operation WHERE id = ? AND token_hash IS NOT NULL", .text(id)
        ) { $0.blob(0) }
        return Caller(tokenHash: hashes.first, address: address)
    }

    /// The new system runs, and has an address that is another's too: it goes no further.
    public func clashed(hostID: String, _ sentence: String, by author: Author) throws -> Host {
        try connection.write {
            if let done = try hostAlreadyChanged(.hostAdvanced, by: author) { return try existingHost(id: done) }
            var (host, author) = (try existingHost(id: hostID), author)
            if host.state == .installed {
                host = try move(host, on: .startedNewSystem, reason: nil, by: author)
                author = author.continued
            }
            return try move(host, on: .broke, reason: sentence, by: author)
        }
    }
}
