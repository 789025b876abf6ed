import Database
public import Model
import Store

/// What people have to do with effects: they ask for another try, or are asked for something.
extension Ledger {
    /// Tries at once what is still to be done for a host.
    public func retry(task id: Int64, ofHost hostID: String, by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(.hostNoticed, by: author) { return }
            let host = try existingHost(id: hostID)
            let found = try connection.rows(
                "SELECT kind, operation FROM effect WHERE id = ? AND host = ? AND done_at IS NULL", .int(id),
                .text(hostID)
            ) { ($0.text(0), $0.text(1)) }
            guard let (kind, operation) = found.first, let effect = Effect(rawValue: kind) else {
                throw Refused(.missing, "There is no task \(id) left to be done for \(host.hostname).")
            }
            try connection.run("UPDATE effect SET due_at = ? WHERE id = ?", .int(now().milliseconds), .int(id))
            try append(
                .hostNoticed, "\(host.hostname): it is tried at once to \(effect.sentence).", host: host,
                operation: operation, by: author)
        }
    }

    /// An operation waits for a person, who is told so in a message; the same sentence is told once for an operation.
    public func askPerson(_ need: String, for due: DueEffect) throws {
        try connection.write { try ask(need, host: due.host.id, operation: due.operation.id) }
    }

    /// The part of a command that asks a person, if an operation is under way on the host.
    func ask(_ need: String, aboutOperationOn host: Host) throws {
        let operations = try connection.rows(
            "SELECT id FROM operation WHERE host = ? AND ended_at IS NULL", .text(host.id)
        ) { $0.text(0) }
        if let operation = operations.first { try ask(need, host: host.id, operation: operation) }
    }

    private func ask(_ need: String, host: String, operation: String) throws {
        let progress = try NoticeProgress(need: need, since: now()).json
        let told = try connection.rows(
            "SELECT progress FROM effect WHERE operation = ? AND kind = ?", .text(operation),
            .text(Effect.notify.rawValue)
        ) { $0.optionalText(0).flatMap { NoticeProgress(json: $0)?.need } }
        if told.contains(need) { return }
        try connection.run(
            "INSERT INTO effect (host, operation, kind, due_at, progress) VALUES (?, ?, ?, ?, ?)",
            .text(host), .text(operation), .text(Effect.notify.rawValue), .int(now().milliseconds), .text(progress))
    }

    public func keep(_ progress: NoticeProgress, of due: DueEffect) throws {
        try keep(progress: try progress.json, of: due)
    }

    /// How far an effect got, for who goes on with it after a crash.
    public func keep(progress: String, of due: DueEffect) throws {
        try connection.run("UPDATE effect SET progress = ? WHERE id = ?", .text(progress), .int(due.id))
    }
}
