import Database
import Model
import Store

/// What is learned from installations that succeeded.
extension Ledger {
    /// Keeps how fast an installation went; a machine of a rehearsal says nothing of real ones.
    func keepPace(of host: Host, _ operation: String) throws {
        guard !host.isRehearsed, let pace = try installerProgress(of: operation)?.pace?.ended(at: now()) else { return }
        try connection.run(
            "INSERT INTO installer_pace (operation, server_type, pace) VALUES (?, ?, ?)", .text(operation),
            .text(host.serverType), .text(pace.json))
        try connection.run(
            """
            DELETE FROM installer_pace WHERE server_type = ?1 AND rowid NOT IN (
                SELECT rowid FROM installer_pace WHERE server_type = ?1 ORDER BY rowid DESC LIMIT ?2)
            """, .text(host.serverType), .int(Self.mostPaces))
    }

    /// Of each server type: machines of a kind change little, but their releases do.
    static let mostPaces: Int64 = 20
}
