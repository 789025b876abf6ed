import Database
public import Model
import Store

extension Ledger {
    /// Notes that another server was heard, and gives true if that is news.
    ///
    /// Anybody on the network can pretend to be any number of servers: how many are kept is limited, and one that was
    /// heard just now is not written again.
    public func heard(_ server: ForeignServer, by author: Author) throws -> Bool {
        let moment = now()
        var seen = server
        seen.lastSeen = moment
        guard let (known, isGone) = try foreignServer(server.address), !isGone else {
            seen.firstSeen = moment
            return try connection.write {
                try forgetOldestServers()
                try write(seen)
                try append(.serverAppeared, "\(seen.sentence).", by: author)
                return true
            }
        }
        seen.firstSeen = known.firstSeen
        seen.mac = server.mac ?? known.mac
        // A boot server may be asked what is no question to it: what it said before still holds.
        if known.kind == .boot, server.kind == .dhcp { (seen.kind, seen.offers) = (known.kind, known.offers) }
        let isNews = (seen.mac, seen.kind) != (known.mac, known.kind)
        guard isNews || known.lastSeen + Self.quietTime < moment else { return false }
        return try connection.write {
            try write(seen)
            if isNews { try append(.serverAppeared, "\(seen.sentence).", by: author) }
            return isNews
        }
    }

    /// Notes which servers were not heard for a while, and gives their names.
    public func missServers(by author: Author) throws -> [String] {
        let earliest = now().milliseconds - ForeignServer.memory.components.seconds * 1000
        let gone = try connection.rows(
            "SELECT \(ForeignServer.columns) FROM foreign_server WHERE is_gone = 0 AND last_seen <= ?", .int(earliest)
        ) { ForeignServer($0) }.compactMap(\.self)
        guard !gone.isEmpty else { return [] }
        return try connection.write {
            for server in gone {
                try connection.run("UPDATE foreign_server SET is_gone = 1 WHERE address = ?", .text(server.address))
                let minutes = ForeignServer.memory.components.seconds / 60
                try append(.serverGone, "\(server.name) was not heard for \(minutes) minutes.", by: author)
            }
            return gone.map(\.name)
        }
    }

    private func foreignServer(_ address: String) throws -> (ForeignServer, isGone: Bool)? {
        try connection.rows(
            "SELECT \(ForeignServer.columns), is_gone FROM foreign_server WHERE address = ?", .text(address)
        ) { row in ForeignServer(row).map { ($0, row.int(6) != 0) } }.first ?? nil
    }

    private func write(_ server: ForeignServer) throws(DatabaseError) {
        try connection.run(
            "INSERT OR REPLACE INTO foreign_server (\(ForeignServer.columns)) VALUES (?, ?, ?, ?, ?, ?)",
            .text(server.address), .text(server.mac.map { "\($0)" }), .text(server.kind.rawValue),
            .text(server.offers), .int(server.firstSeen.milliseconds), .int(server.lastSeen.milliseconds))
    }

    private func forgetOldestServers() throws(DatabaseError) {
        try connection.run(
            """
            DELETE FROM foreign_server WHERE address IN (
                SELECT address FROM foreign_server ORDER BY last_seen DESC LIMIT -1 OFFSET ?)
            """, .int(Self.mostServers - 1))
    }

    private static let mostServers = 32
    private static let quietTime = Duration.seconds(10)
}

extension ForeignServer {
    /// What it is, for the timeline.
    public var sentence: String {
        switch kind {
        case .boot: "\(name) also answers machines that netboot: it offers \(offers)"
        case .dhcp: "\(name) gives out addresses"
        }
    }
}
