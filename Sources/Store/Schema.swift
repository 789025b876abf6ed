public import Database

/// The layout of the database that this release reads and writes.
public enum Schema {
    public static let version: Int64 = 11

    /// The earliest layout whose release can go on with this one, reading and writing.
    ///
    /// A migration that takes away what such a release needs raises it. After an update that did not work it is the release before that runs.
    public static let usableFrom: Int64 = 7

    /// The row of `setting` in which a database says so.
    public static let usableFromKey = "schema.usable_from"
}

/// Why the database cannot be read, and what to do about it.
public enum StoreUnavailable: Error, Equatable, Sendable, CustomStringConvertible {
    case absent(path: String)
    case older(schema: Int64)
    case newer(schema: Int64)
    case unreadable(path: String, reason: String)

    public var description: String {
        switch self {
        case .absent(let path):
            "there is no database at \(path) yet: sprout-orchestrator makes it when it starts"
        case .older(let schema):
            "the database is schema \(schema), this program reads \(Schema.version): finish the update by restarting"
                + " sprout-orchestrator, which migrates it"
        case .newer(let schema):
            "the database is schema \(schema), this program reads \(Schema.version): finish the update of this program,"
                + " or restore a backup made by its release"
        case .unreadable(let path, let reason):
            "the database at \(path) cannot be read (\(reason)): this program must be in the group that owns it, and"
                + " its -wal and -shm files must lie beside it"
        }
    }
}

extension Schema {
    /// Whether this release can go on with a database that a later one has changed, as that one has said in it.
    public static func isUsable(_ connection: borrowing Connection) throws(DatabaseError) -> Bool {
        let said = try connection.rows("SELECT value FROM setting WHERE key = ?", .text(usableFromKey)) { $0.text(0) }
        return said.first.flatMap { Int64($0) }.map { $0 <= version } ?? false
    }
}
