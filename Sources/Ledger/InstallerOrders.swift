import Database
public import Model
import Store

/// What agents beside installers are told to do.
extension Ledger {
    /// Has the agent on a host's machine do something, if it is heard: its operation may be over.
    ///
    /// False if nobody there would do it.
    public func order(_ verb: InstallerOrder.Verb, hostID: String) throws -> Bool {
        try connection.write {
            guard let listener = try listener("operation.host = ?", hostID) else { return false }
            try give(verb, to: listener)
            return true
        }
    }

    /// Asks the agent beside the installer of an operation for all logs there.
    ///
    /// Who asks while they are under way has them with who asked first.
    public func askForLogs(ofOperation id: String, reason: String?, by author: Author) throws -> Host {
        try connection.write {
            guard let host = try host(ofOperation: id) else {
                throw Refused(.missing, "There is no operation \(id.prefix(60)).")
            }
            if try wasCarriedOut(.installerLogsRequested, by: author) { return host }
            guard let listener = try listener("operation.id = ?", id) else {
                throw Refused(
                    .conflict,
                    "No agent is heard inside the installer of \(host.hostname) now, so nobody can send its logs. What it"
                        + " told while it was heard is kept: sprout operations log \(id)")
            }
            if try connection.installerBundle(ofOperation: id, at: now())?.state != .asked {
                try give(.logs, to: listener)
            }
            let why = reason.map { ": \($0)" } ?? "."
            try append(
                .installerLogsRequested, "All logs inside the installer of \(host.hostname) are asked for\(why)",
                reason: reason, host: host, operation: id, by: author)
            return host
        }
    }

    /// Keeps the logs that an agent sends, in the place of those that it sent before; nil for whoever was not asked.
    public func keepLogs(
        _ archive: [UInt8], ofOrder id: Int64, from caller: Caller, by author: Author
    ) throws -> Host? {
        try connection.write {
            guard let hash = caller.tokenHash, let order = try connection.logsOrder(id, tokenHash: hash),
                let host = try host(ofOperation: order.operation)
            else { return nil }
            guard !order.hasArrived else { return host }
            let moment = now().milliseconds
            try connection.run(
                """
                INSERT INTO installer_bundle (operation, at, bytes) VALUES (?1, ?2, ?3)
                ON CONFLICT DO UPDATE SET at = ?2, bytes = ?3
                """, .text(order.operation), .int(moment), .blob(archive))
            try connection.run(
                "UPDATE installer_order SET arrived_at = ?1, done_at = coalesce(done_at, ?1) WHERE id = ?2",
                .int(moment), .int(id))
            try append(
                .installerLogsArrived, "All logs inside the installer of \(host.hostname) are here.", host: host,
                operation: order.operation, by: author)
            return host
        }
    }

    /// What an agent has not said yet that it does.
    func orders(for run: InstallerRun, _ batch: InstallerBatch) throws -> [InstallerOrder] {
        try connection.rows(
            """
            SELECT id, verb FROM installer_order WHERE operation = ? AND run = ? AND done_at IS NULL ORDER BY id
            """, .text(run.operation.id), .text(batch.run)
        ) { row in InstallerOrder.Verb(rawValue: row.text(1)).map { InstallerOrder(id: row.int(0), verb: $0) } }
        .compactMap(\.self)
    }

    /// It says `order 3 logs` before it does it, and `order 3 failed` where it could not.
    ///
    /// True if logs that were waited for will not come.
    func noteOrder(_ words: String, by run: InstallerRun, _ batch: InstallerBatch, _ author: Author) throws -> Bool {
        let parts = words.split(separator: " ")
        guard parts.count >= 2, parts[0] == "order", let id = Int64(parts[1]) else { return false }
        try connection.run(
            "UPDATE installer_order SET done_at = ? WHERE id = ? AND operation = ? AND run = ?",
            .int(now().milliseconds), .int(id), .text(run.operation.id), .text(batch.run))
        guard parts.count == 3, parts[2] == "failed" || parts[2] == "unknown" else { return false }
        let lost = try connection.run(
            """
            UPDATE installer_order SET failed_at = ?1 WHERE id = ?2 AND operation = ?3 AND run = ?4 AND verb = ?5
                AND arrived_at IS NULL AND failed_at IS NULL
            """, .int(now().milliseconds), .int(id), .text(run.operation.id), .text(batch.run),
            .text(InstallerOrder.Verb.logs.rawValue))
        guard lost > 0 else { return false }
        try append(
            .installerLogsFailed, "The agent inside the installer of \(run.host.hostname) could not send its logs.",
            host: run.host, operation: run.operation.id, by: author.continued)
        return true
    }

    // MARK: Pieces

    private typealias Listener = (operation: String, run: String)

    /// Who is heard of some operations now, the latest heard first.
    private func listener(_ condition: String, _ value: String) throws -> Listener? {
        let moment = now()
        return try connection.rows(
            """
            SELECT installer.operation, run FROM installer
            JOIN operation ON operation.id = installer.operation
            JOIN installer_run ON installer_run.operation = installer.operation
            WHERE \(condition) AND heard_at BETWEEN ? AND ?
            ORDER BY heard_at DESC, base DESC, installer_run.started_at DESC LIMIT 1
            """, .text(value), .int((moment + (.zero - InstallerOrder.longestSilence)).milliseconds),
            .int(moment.milliseconds)
        ) { (operation: $0.text(0), run: $0.text(1)) }.first
    }

    /// An order takes the place of one that was not heard yet: one to send logs of its like, one about power of any other.
    private func give(_ verb: InstallerOrder.Verb, to listener: Listener) throws {
        try connection.run(
            """
            DELETE FROM installer_order WHERE operation = ?1 AND run = ?2 AND done_at IS NULL AND (verb = ?3) = (?4 = ?3)
            """, .text(listener.operation), .text(listener.run), .text(InstallerOrder.Verb.logs.rawValue),
            .text(verb.rawValue))
        try connection.run(
            "INSERT INTO installer_order (operation, run, verb, given_at) VALUES (?, ?, ?, ?)",
            .text(listener.operation), .text(listener.run), .text(verb.rawValue), .int(now().milliseconds))
    }

    private func host(ofOperation id: String) throws -> Host? {
        let hosts = try connection.rows("SELECT host FROM operation WHERE id = ?", .text(id)) { $0.text(0) }
        return try hosts.first.flatMap { try host(id: $0) }
    }
}
