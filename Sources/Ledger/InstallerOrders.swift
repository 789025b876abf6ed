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
            let moment = now()
            let listening = try connection.rows(
                """
                SELECT installer.operation, run FROM installer
                JOIN operation ON operation.id = installer.operation
                JOIN installer_run ON installer_run.operation = installer.operation
                WHERE operation.host = ? AND heard_at BETWEEN ? AND ?
                ORDER BY heard_at DESC, base DESC, installer_run.started_at DESC LIMIT 1
                """, .text(hostID), .int((moment + (.zero - InstallerOrder.longestSilence)).milliseconds),
                .int(moment.milliseconds)
            ) { (operation: $0.text(0), run: $0.text(1)) }
            guard let listener = listening.first else { return false }
            try connection.run(
                "DELETE FROM installer_order WHERE operation = ? AND run = ? AND done_at IS NULL",
                .text(listener.operation), .text(listener.run))
            try connection.run(
                "INSERT INTO installer_order (operation, run, verb, given_at) VALUES (?, ?, ?, ?)",
                .text(listener.operation), .text(listener.run), .text(verb.rawValue), .int(moment.milliseconds))
            return true
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

    /// It says `order 3 reboot` before it does it.
    func noteDone(_ words: String, by run: InstallerRun, _ batch: InstallerBatch) throws {
        let parts = words.split(separator: " ")
        guard parts.count >= 2, parts[0] == "order", let id = Int64(parts[1]) else { return }
        try connection.run(
            "UPDATE installer_order SET done_at = ? WHERE id = ? AND operation = ? AND run = ?",
            .int(now().milliseconds), .int(id), .text(run.operation.id), .text(batch.run))
    }
}
