import Database
import FoundationEssentials
public import Model
import Store

/// What agents tell from inside the installers.
extension Ledger {
    /// What an agent is told: which of its lines is wanted next, and what it is to do.
    public struct Heard: Sendable {
        public let next: Int64
        public let orders: [InstallerOrder]
        /// The host, if it has failed by what was told.
        public let failed: Host?
        /// The host, if logs that were asked of its agent will not come.
        public let lostLogs: Host?
    }

    /// Keeps the lines that are new, and fails the host whose installer has stopped; nil for whoever has no token of an installer.
    ///
    /// An agent repeats what it has no answer to, and a network may do so later: each line counts once.
    public func heard(_ batch: InstallerBatch, from caller: Caller, by author: Author) throws -> Heard? {
        try connection.write {
            guard let hash = caller.tokenHash, let run = try run(of: batch, hash) else { return nil }
            let before = batch.first - 1
            // A gap is asked for again; what begins before is known in part. What comes of an earlier start of the machine
            // after the first word of a later one has no place any more.
            guard run.isCurrent, before <= run.lines else {
                return Heard(next: run.lines + 1, orders: [], failed: nil, lostLogs: nil)
            }
            let fresh = batch.lines.dropFirst(Int(clamping: run.lines - before))
            let moment = now()
            var progress = try installerProgress(of: run.operation.id) ?? InstallerProgress()
            if run.isNew { progress = InstallerProgress() }
            if run.lines == 0, let first = fresh.first {
                progress.pace = InstallerPace(first, of: batch, at: moment)
            }
            var bytes: Int64 = 0
            var hasLostLogs = false
            for (index, line) in fresh.enumerated() {
                progress.take(line)
                if line.source == .agent, try noteOrder(line.text, by: run, batch, author) { hasLostLogs = true }
                bytes += Int64(line.text.utf8.count)
                try keep(line, number: run.base + run.lines + Int64(index) + 1, of: run.operation, batch, moment)
            }
            progress.pace?.note(batch, at: moment)
            let lines = run.lines + Int64(fresh.count)
            try connection.run(
                "UPDATE installer_run SET lines = ? WHERE operation = ? AND run = ?", .int(lines),
                .text(run.operation.id), .text(batch.run))
            try note(progress, run.base + lines, bytes, of: run.operation, at: moment)
            let failed = try progress.hasStopped ? fail(run, progress, by: author) : nil
            if failed == nil, !fresh.isEmpty { try waitForMore(of: run, progress, moment) }
            return Heard(
                next: lines + 1, orders: try orders(for: run, batch), failed: failed,
                lostLogs: hasLostLogs ? run.host : nil)
        }
    }

    /// Forgets what was told of operations that ended before.
    public func forgetInstallerLogs(endedBefore moment: Timestamp) throws {
        try connection.write {
            let old = try connection.rows(
                """
                SELECT id FROM operation JOIN installer ON installer.operation = operation.id WHERE ended_at < ?
                """, .int(moment.milliseconds)
            ) { $0.text(0) }
            for operation in old {
                for table in ["installer_line", "installer_run", "installer_order", "installer"] {
                    try connection.run("DELETE FROM \(table) WHERE operation = ?", .text(operation))
                }
            }
        }
    }

    // MARK: Pieces

    /// The start of a machine that this is from: known, or begun with the token of an operation under way.
    private func run(of batch: InstallerBatch, _ hash: [UInt8]) throws -> InstallerRun? {
        let known = try connection.rows(
            """
            SELECT operation, base, lines, NOT EXISTS (SELECT 1 FROM installer_run AS other
                WHERE other.operation = installer_run.operation
                AND (other.base, other.started_at) > (installer_run.base, installer_run.started_at))
            FROM installer_run WHERE token_hash = ? AND run = ?
            """, .blob(hash), .text(batch.run)
        ) { ($0.text(0), $0.int(1), $0.int(2), $0.int(3) != 0) }
        if let (id, base, lines, isCurrent) = known.first {
            let operations = try connection.rows(
                "SELECT \(Operation.columns) FROM operation WHERE id = ?", .text(id)
            ) { Operation($0) }
            guard let operation = operations.first, let host = try host(id: operation.host) else { return nil }
            return InstallerRun(
                operation: operation, host: host, base: base, lines: lines, isNew: false, isCurrent: isCurrent)
        }
        guard let (operation, host) = try connection.operation(withToken: hash),
            host.state.awaitsInstaller
        else { return nil }
        let runs = try connection.rows(
            "SELECT count(*), coalesce(max(base + lines), 0) FROM installer_run WHERE operation = ?",
            .text(operation.id)
        ) { ($0.int(0), $0.int(1)) }
        guard let (count, base) = runs.first, count < Self.mostRuns else { return nil }
        try connection.run(
            """
            INSERT INTO installer_run (operation, run, token_hash, started_at, base, lines) VALUES (?, ?, ?, ?, ?, 0)
            """, .text(operation.id), .text(batch.run), .blob(hash), .int(now().milliseconds), .int(base))
        return InstallerRun(operation: operation, host: host, base: base, lines: 0, isNew: true, isCurrent: true)
    }

    func installerProgress(of operation: String) throws -> InstallerProgress? {
        try connection.rows("SELECT progress FROM installer WHERE operation = ?", .text(operation)) {
            InstallerProgress(json: $0.text(0))
        }.first ?? nil
    }

    private func keep(
        _ line: InstallerBatch.Line, number: Int64, of operation: Operation, _ batch: InstallerBatch,
        _ moment: Timestamp
    ) throws {
        let at = moment.milliseconds - max(0, batch.uptime - line.uptime)
        try connection.run(
            "INSERT INTO installer_line (operation, number, at, source, text) VALUES (?, ?, ?, ?, ?)",
            .text(operation.id), .int(number), .int(at), .text(line.source.rawValue), .text(line.text))
    }

    private func note(
        _ progress: InstallerProgress, _ lines: Int64, _ bytes: Int64, of operation: Operation, at moment: Timestamp
    ) throws {
        let kept = try connection.rows(
            """
            INSERT INTO installer (operation, revision, heard_at, progress, lines, kept_bytes)
            VALUES (?1, (SELECT coalesce(max(revision), 0) + 1 FROM installer), ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET revision = (SELECT max(revision) + 1 FROM installer), heard_at = ?2,
                progress = ?3, lines = ?4, kept_bytes = kept_bytes + ?5
            RETURNING kept_bytes
            """, .text(operation.id), .int(moment.milliseconds), .text(progress.json), .int(lines), .int(bytes)
        ) { $0.int(0) }
        if let kept = kept.first, kept > Self.mostBytes { try thin(operation.id) }
    }

    /// Of the older half of what is kept, every second line goes; what the agent saw and what was called an error stays.
    private func thin(_ operation: String) throws {
        try connection.run(
            """
            DELETE FROM installer_line WHERE operation = ?1 AND number IN (
                SELECT number FROM (
                    SELECT number, source, text, row_number() OVER (ORDER BY number) AS place
                    FROM installer_line WHERE operation = ?1
                    LIMIT (SELECT count(*) / 2 FROM installer_line WHERE operation = ?1))
                WHERE place % 2 = 0 AND source != 'agent' AND text NOT LIKE 'ERROR%')
            """, .text(operation))
        if try countKept(operation) <= Self.mostBytes { return }
        // Nothing but what would have stayed: then the oldest goes.
        try connection.run(
            """
            DELETE FROM installer_line WHERE operation = ?1 AND number IN (
                SELECT number FROM installer_line WHERE operation = ?1 ORDER BY number
                LIMIT (SELECT count(*) / 4 FROM installer_line WHERE operation = ?1))
            """, .text(operation))
        _ = try countKept(operation)
    }

    private func countKept(_ operation: String) throws -> Int64 {
        try connection.rows(
            """
            UPDATE installer SET kept_bytes = (SELECT coalesce(sum(length(CAST(text AS BLOB))), 0)
                FROM installer_line WHERE operation = ?1) WHERE operation = ?1 RETURNING kept_bytes
            """, .text(operation)
        ) { $0.int(0) }.first ?? 0
    }

    private func fail(_ run: InstallerRun, _ progress: InstallerProgress, by author: Author) throws -> Host? {
        guard run.operation.endedAt == nil, run.host.state.awaitsInstaller else {
            return nil
        }
        let isRetried = try isRetried(run.host, run.operation.id, progress)
        let failed = try move(
            run.host, on: .broke, reason: progress.reasonOfStop + (isRetried ? Self.retrySentence : ""), by: author)
        if isRetried { try retry(run.host, run.operation.id) }
        return failed
    }

    /// Of an operation: a machine that starts more often does not get on.
    private static let mostRuns: Int64 = 20
    /// Of each operation's lines, in bytes: an installation writes half a megabyte.
    static let mostBytes: Int64 = 2 << 20
}

/// One start of a machine, whose agent tells what the installer does.
struct InstallerRun {
    let operation: Operation
    let host: Host
    let base: Int64
    let lines: Int64
    let isNew: Bool
    /// Whether no other start of the machine followed it.
    let isCurrent: Bool
}
