import Database
internal import Model
import Store

/// Copies of the database, and the way back.
extension Ledger {
    /// Writes the database as it is now into a new file.
    public func snapshot(to path: String) throws {
        try connection.run("VACUUM INTO ?", .text(path))
    }

    /// Why a file cannot take the place of the database; nil if it can.
    public static func obstacle(toRestoring path: String) throws -> String? {
        let copy = try Connection(path: path, .readOnly)
        let problems = try copy.rows("PRAGMA integrity_check(1)") { $0.text(0) }
        guard problems == ["ok"] else { return "its database is damaged: \(problems.joined(separator: "; "))" }
        let schema = try copy.rows("PRAGMA user_version") { $0.int(0) }.first ?? 0
        guard schema > 0 else { return "its database is empty" }
        guard schema <= Schema.version else {
            return
                "its database is of a newer Sprout (schema \(schema), this one has \(Schema.version)): update this one first"
        }
        return nil
    }

    /// Takes over what a backup holds.
    ///
    /// What was under way when it was made is over: nobody may be installed because of what was true then.
    public func restore(from path: String, _ sentence: String, by author: Author) throws {
        try connection.replaceContent(from: path)
        try Migrations.run(on: connection)
        try connection.write {
            for host in try connection.rows("SELECT id FROM host ORDER BY hostname", map: { $0.text(0) }) {
                let host = try existingHost(id: host)
                guard host.state.isUnderWay else { continue }
                let reason = "Sprout was restored from a backup that was made while this was under way."
                _ = try move(host, on: .broke, reason: reason, by: Author(actor: author.actor))
            }
            try append(.backupRestored, sentence, by: author)
        }
    }
}
