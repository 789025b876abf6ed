import Database
public import Model
import Store

/// Hosts join the cluster one after the other, in an order that no restart changes.
extension Ledger {
    /// Nil if it is this operation's turn to join, and otherwise the host whose turn it is.
    ///
    /// Who waits does not run out of time by that.
    public func takeTurn(_ due: DueEffect) throws -> Host? {
        try connection.write {
            let holder =
                try connection.rows(
                    """
                    SELECT \(Host.columns) FROM setting JOIN operation ON operation.id = setting.value
                    JOIN host ON host.id = operation.host
                    WHERE setting.key = ? AND operation.ended_at IS NULL AND operation.id <> ? AND host.state = ?
                    """, .text(Self.turn), .text(due.operation.id), .text(HostState.joining.rawValue)
                ) { Host($0) }.first ?? nil
            let isNew =
                try connection.rows("SELECT value FROM setting WHERE key = ?", .text(Self.turn)) {
                    $0.text(0)
                } != [due.operation.id]
            if holder != nil || isNew { try setDeadline(due.host, due.operation.id, now()) }
            if holder == nil, isNew { try put(Self.turn, due.operation.id) }
            return holder
        }
    }

    public func deadline(ofHost id: String) throws -> Timestamp? {
        try connection.rows("SELECT due_at FROM deadline WHERE host = ?", .text(id)) {
            Timestamp(milliseconds: $0.int(0))
        }.first
    }

    /// What was found before a join, for those who look at its operation.
    public func keep(preflight json: String, ofOperation id: String) throws {
        try connection.write {
            _ = try connection.run("UPDATE operation SET preflight = ? WHERE id = ?", .text(json), .text(id))
        }
    }

    /// Whether a dead member of the host's name may be taken out of the cluster.
    public func removesMember(_ operation: String) throws -> Bool {
        try connection.rows("SELECT removes_member FROM operation WHERE id = ?", .text(operation)) { $0.int(0) == 1 }
            .first ?? false
    }

    /// A line that the host's join wrote, and where it goes on after it.
    public func note(_ line: String, upTo cursor: String, of due: DueEffect, by author: Author) throws {
        try connection.write {
            try connection.run("UPDATE effect SET progress = ? WHERE id = ?", .text(cursor), .int(due.id))
            _ = try append(.hostJoining, line, host: due.host, operation: due.operation.id, by: author)
        }
    }

    public func note(_ kind: Event.Kind, _ sentence: String, of due: DueEffect, by author: Author) throws {
        try connection.write {
            _ = try append(kind, sentence, host: due.host, operation: due.operation.id, by: author)
        }
    }

    /// The host is a member now.
    public func joined(_ due: DueEffect, cluster: String?, reason: String, by author: Author) throws -> Host {
        try connection.write {
            try connection.run(
                "UPDATE inventory SET cluster = ? WHERE host = ?", .text(cluster), .text(due.host.id))
            return try move(try existingHost(id: due.host.id), on: .joined, reason: reason, by: author)
        }
    }

    /// Whoever waits for a turn looks again.
    func passTurn(_ moment: Timestamp) throws {
        try connection.run(
            "UPDATE effect SET due_at = ? WHERE kind = ? AND done_at IS NULL AND due_at > ?",
            .int(moment.milliseconds), .text(Effect.joinCluster.rawValue), .int(moment.milliseconds))
    }

    /// What is in the way of a host that joins, as it was said last.
    func problemOfJoin(_ operation: String) throws -> String? {
        try connection.rows(
            "SELECT problem FROM effect WHERE operation = ? AND kind = ? AND done_at IS NULL", .text(operation),
            .text(Effect.joinCluster.rawValue)
        ) { $0.optionalText(0) }.first ?? nil
    }

    private static let turn = "cluster.turn"
}
