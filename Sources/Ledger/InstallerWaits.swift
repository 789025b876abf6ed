import Database
import Model
import Store

/// For how long an installer that is heard is waited for: until it writes nothing any more, however long that takes.
extension Ledger {
    /// Puts off the end of a host's time, because its installer has written something.
    func waitForMore(of run: InstallerRun, _ progress: InstallerProgress, _ moment: Timestamp) throws {
        guard try host(id: run.host.id)?.state.isInInstaller == true else { return }
        try putOff(run.operation.id, until: moment + progress.longestQuiet)
    }

    /// Whether the end of its time comes too early for a host: its agent is lost, which is no sign that its installer hangs.
    func isTooEarly(_ host: Host, _ operation: String, time: Duration) throws -> Bool {
        guard try isTold(of: host, operation), try hang(of: host, operation) == nil else { return false }
        let end = host.stateSince + time
        guard end > now() else { return false }
        try putOff(operation, until: end)
        return true
    }

    /// That an installer hangs whose agent is still heard, as the reason why its host has failed; nil where that is not known.
    func hang(of host: Host, _ operation: String) throws -> String? {
        guard try isTold(of: host, operation) else { return nil }
        let heard = try connection.rows(
            """
            SELECT progress, heard_at, (SELECT max(at) FROM installer_line WHERE installer_line.operation = ?1)
            FROM installer WHERE operation = ?1
            """, .text(operation)
        ) { (progress: InstallerProgress(json: $0.text(0)), at: $0.int(1), line: $0.optionalInt(2)) }.first
        guard let heard, let progress = heard.progress, let line = heard.line,
            now().milliseconds - heard.at <= InstallerOrder.longestSilence.components.seconds * 1000
        else { return nil }
        let minutes = max(1, (now().milliseconds - line) / 60_000)
        let place = progress.sentence.map { " at \($0)" } ?? ""
        return "its installer hung\(place), and wrote nothing for \(minutes) minutes. Read its log, and restart it: its"
            + " agent still listens."
    }

    /// Whether its time is that of an installer of which something was heard.
    private func isTold(of host: Host, _ operation: String) throws -> Bool {
        try host.state.isInInstaller
            && !connection.rows("SELECT 1 FROM installer WHERE operation = ?", .text(operation)) { $0.int(0) }.isEmpty
    }

    private func putOff(_ operation: String, until moment: Timestamp) throws {
        try connection.run(
            "UPDATE deadline SET due_at = ? WHERE operation = ?", .int(moment.milliseconds), .text(operation))
    }
}
