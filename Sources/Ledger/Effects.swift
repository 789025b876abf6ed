import Database
public import Model
import Store

/// What is to be done outside the database once a step is committed: rows, so that no restart forgets any.
extension Ledger {
    public struct DueEffect: Sendable {
        public let id: Int64
        public let host: Host
        public let operation: Operation
        public let effect: Effect
        /// How often it was tried in vain.
        public let attempts: Int
        /// How far it got, in the words of who carries it out.
        public let progress: String?
    }

    /// Those whose time has come, the oldest first.
    public func dueEffects() throws -> [DueEffect] {
        try followClock()
        let rows = try connection.rows(
            """
            SELECT \(Host.columns), effect.id, effect.kind, effect.attempts, effect.operation, effect.progress
            FROM effect JOIN host ON host.id = effect.host
            WHERE effect.done_at IS NULL AND effect.due_at <= ? ORDER BY effect.id
            """, .int(now().milliseconds)
        ) { row in
            let next = Host.width
            return (
                Host(row), row.int(next), Effect(rawValue: row.text(next + 1)), Int(row.int(next + 2)),
                row.text(next + 3), row.optionalText(next + 4)
            )
        }
        let held = try heldOperations()
        return try rows.compactMap { host, id, effect, attempts, operation, progress in
            if effect == .armNetboot, held.contains(operation) { return nil }
            let operations = try connection.rows(
                "SELECT \(Operation.columns) FROM operation WHERE id = ?", .text(operation)
            ) { Operation($0) }
            guard let host, let effect, let operation = operations.first else { return nil }
            return DueEffect(
                id: id, host: host, operation: operation, effect: effect, attempts: attempts, progress: progress)
        }
    }

    public func nextEffect() throws -> Timestamp? {
        try connection.rows("SELECT min(due_at) FROM effect WHERE done_at IS NULL") { row in
            row.optionalInt(0).map { Timestamp(milliseconds: $0) }
        }.first ?? nil
    }

    /// It is done, or there is nothing to do any more; `sentence` is what the timeline says of it.
    public func finish(_ due: DueEffect, _ kind: Event.Kind? = nil, _ sentence: String? = nil, by author: Author) throws
    {
        try connection.write {
            try connection.run(
                "UPDATE effect SET done_at = ?, problem = NULL WHERE id = ?", .int(now().milliseconds), .int(due.id))
            guard let kind, let sentence else { return }
            try append(kind, sentence, host: due.host, operation: due.operation.id, by: author)
        }
    }

    /// It did not work, and is tried again later; the timeline says so when the reason is another than before.
    ///
    /// True if it is.
    @discardableResult
    public func postpone(
        _ due: DueEffect, because problem: String, for pause: Duration, _ kind: Event.Kind, by author: Author
    ) throws -> Bool {
        try connection.write {
            try followClockWithin()
            let before =
                try connection.rows("SELECT problem FROM effect WHERE id = ?", .int(due.id)) {
                    $0.optionalText(0)
                }.first ?? nil
            try connection.run(
                "UPDATE effect SET attempts = attempts + 1, problem = ?, due_at = ? WHERE id = ?", .text(problem),
                .int((now() + pause).milliseconds), .int(due.id))
            guard problem != before else { return false }
            try append(kind, problem, host: due.host, operation: due.operation.id, by: author)
            return true
        }
    }

    /// The private half of an operation's key, as it was sealed; nil once it is gone.
    public func sealedKey(ofOperation id: String) throws -> [UInt8]? {
        try connection.rows("SELECT sealed FROM secret WHERE name = ?", .text(Self.nameOfKey(id))) { $0.blob(0) }.first
    }

    public func publicKey(ofOperation id: String) throws -> String? {
        try connection.rows("SELECT public_key FROM operation WHERE id = ?", .text(id)) { $0.optionalText(0) }.first
            ?? nil
    }

    /// Nobody can log in with it any more.
    public func forgetKey(ofOperation id: String) throws {
        try connection.run("DELETE FROM secret WHERE name = ?", .text(Self.nameOfKey(id)))
    }
}

extension Ledger {
    /// Something that was done with a host, for its timeline.
    public func note(_ kind: Event.Kind, _ sentence: String, of host: Host, by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(kind, by: author) { return }
            try append(kind, sentence, host: host, by: author)
        }
    }

    /// Keeps what this process has learnt, and nobody has written into a file.
    public func keep(setting key: String, _ value: String) throws {
        try put(key, value)
    }
}
