/// The layout of the database that this release reads and writes.
public enum Schema {
    public static let version: Int64 = 7
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
