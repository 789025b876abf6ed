import Database
public import Model

/// An event as those see it who count.
public struct Happening: Equatable, Sendable {
    public let id: Int64
    public let kind: Event.Kind
    /// The step that it ended, and whether its host ran out of time.
    public let step: OperationStep?
    /// The operation that it ended.
    public let operation: Operation?
}

extension Store {
    /// The events after one, oldest first, each with what of an operation it ended.
    ///
    /// Each event of the lifecycle ends the step that the ones before it in its operation have led to.
    public func happenings(after id: Int64, limit: Int) throws -> [Happening] {
        let rows = try connection.rows(
            "SELECT id, kind, operation, host FROM event WHERE id > ? ORDER BY id LIMIT ?", .int(id), .int(limit)
        ) { ($0.int(0), Event.Kind(rawValue: $0.text(1)), $0.optionalText(2), $0.optionalText(3)) }
        return try rows.compactMap { id, kind, operation, host in
            guard let kind else { return nil }
            guard kind == .hostAdvanced, let operation, let host,
                let record = try record(of: operation, asOf: id, host: host)
            else { return Happening(id: id, kind: kind, step: nil, operation: nil) }
            return Happening(id: id, kind: kind, step: record.step, operation: record.operation)
        }
    }

    private func record(
        of operation: String, asOf event: Int64, host: String
    ) throws -> (step: OperationStep?, operation: Operation?)? {
        let number =
            try connection.rows(
                "SELECT count(*) FROM event WHERE host = ? AND id < ? AND operation = ? AND kind = ?", .text(host),
                .int(event), .text(operation), .text(Event.Kind.hostAdvanced.rawValue)
            ) { Int($0.int(0)) }.first ?? 0
        guard number > 0 else { return nil }
        let rows = try connection.rows("SELECT \(Operation.columns) FROM operation WHERE id = ?", .text(operation)) {
            Operation($0)
        }
        guard let operation = rows.first else { return nil }
        let steps = try record(of: operation).steps
        guard steps.indices.contains(number - 1) else { return nil }
        return (steps[number - 1], number == steps.count && operation.endedAt != nil ? operation : nil)
    }

    /// Since when the host is in its state that is there longest, by state.
    public func longestInState() throws -> [HostState: Timestamp] {
        let rows = try connection.rows("SELECT state, min(state_since) FROM host GROUP BY state") {
            (HostState(rawValue: $0.text(0)), Timestamp(milliseconds: $0.int(1)))
        }
        return Dictionary(rows.compactMap { state, since in state.map { ($0, since) } }) { min($0, $1) }
    }

    /// What is still to be done outside the database by its kind, and the part of it that was tried in vain.
    public func taskCounts() throws -> [Effect: (pending: Int, failing: Int)] {
        let rows = try connection.rows(
            "SELECT kind, count(*), count(problem) FROM effect WHERE done_at IS NULL GROUP BY kind"
        ) { (Effect(rawValue: $0.text(0)), (pending: Int($0.int(1)), failing: Int($0.int(2)))) }
        return Dictionary(rows.compactMap { kind, counts in kind.map { ($0, counts) } }) { $1 }
    }

    public func discoveryCount() throws -> Int {
        try connection.rows("SELECT count(*) FROM discovery WHERE is_ignored = 0") { Int($0.int(0)) }.first ?? 0
    }
}
