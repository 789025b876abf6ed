import Database
public import Model

extension Store {
    /// What is still to be done for a host, the oldest first.
    public func tasks(ofHost host: String) throws -> [PendingTask] {
        try connection.rows(
            """
            SELECT id, kind, operation, attempts, due_at, problem FROM effect
            WHERE host = ? AND done_at IS NULL ORDER BY id
            """, .text(host)
        ) { row in
            Effect(rawValue: row.text(1)).map {
                PendingTask(
                    id: row.int(0), kind: $0, operation: row.text(2), attempts: Int(row.int(3)),
                    nextTry: Timestamp(milliseconds: row.int(4)), problem: row.optionalText(5))
            }
        }.compactMap(\.self)
    }

    /// What ended an operation, in the words of its last step.
    public func reason(ofEnd operation: Operation) throws -> String? {
        try connection.rows(
            "SELECT reason FROM operation_step WHERE operation = ? ORDER BY number DESC LIMIT 1", .text(operation.id)
        ) { $0.optionalText(0) }.first ?? nil
    }
}
