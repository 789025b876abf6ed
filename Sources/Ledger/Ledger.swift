import Database
public import Linux
public import Model
import Store

/// Everything Sprout writes to its database: the only writer there is.
///
/// It lives on a thread of its own, because every commit waits for the disk. Each command is one transaction of state,
/// event and effects; a command that is sent again with the same request id is not carried out twice.
public actor Ledger {
    let connection: Connection
    let now: @Sendable () -> Timestamp
    let clock: @Sendable () -> ClockReading
    private let worker: Worker

    public nonisolated var unownedExecutor: UnownedSerialExecutor { worker.asUnownedSerialExecutor() }

    /// `clock` tells when the time of day was set; without it, it never was.
    public init(
        path: String, _ worker: Worker, now: @escaping @Sendable () -> Timestamp,
        clock: (@Sendable () -> ClockReading)? = nil
    ) throws {
        connection = try Connection(path: path, .readWrite)
        self.now = now
        self.clock = clock ?? { ClockReading(boot: "the-only-one", uptime: now().milliseconds, wall: now()) }
        self.worker = worker
        try connection.keepLogFiles()
        for pragma in ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"] {
            _ = try connection.rows("PRAGMA \(pragma)") { $0.optionalText(0) }
        }
        try Migrations.run(on: connection)
    }

    /// Who asks for a change, and under which request.
    public struct Author: Equatable, Sendable {
        public let actor: String
        public let request: String?

        public init(actor: String, request: String? = nil) {
            self.actor = actor
            self.request = request
        }
    }

    /// Moves what the log holds into the database file, so that the log does not grow while nobody writes.
    public func tidy() throws {
        try connection.rows("PRAGMA wal_checkpoint(TRUNCATE)") { _ in }
    }

    /// A real question to the database, for the watchdog.
    public func check() throws {
        _ = try connection.rows("SELECT count(*) FROM setting") { $0.int(0) }
    }

    public func newestEventID() throws -> Int64 {
        try connection.rows("SELECT coalesce(max(id), 0) FROM event") { $0.int(0) }.first ?? 0
    }

    // MARK: Parts of commands

    @discardableResult
    func append(
        _ kind: Event.Kind, _ message: String, reason: String? = nil, host: Host? = nil, operation: String? = nil,
        by author: Author
    ) throws(DatabaseError) -> Int64 {
        try connection.run(
            """
            INSERT INTO event (at, kind, message, reason, host, hostname, operation, actor, request)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .int(now().milliseconds), .text(kind.rawValue), .text(message), .text(reason),
            .text(host?.id), .text(host?.hostname.description), .text(operation), .text(author.actor),
            .text(author.request))
        return connection.lastInsertedID
    }

    /// The host that a command with this request id has already changed, if it was carried out before.
    func hostAlreadyChanged(_ kind: Event.Kind, by author: Author) throws -> String? {
        try eventAlreadyWritten(kind, by: author)?.host
    }

    func wasCarriedOut(_ kind: Event.Kind, by author: Author) throws -> Bool {
        try eventAlreadyWritten(kind, by: author) != nil
    }

    private func eventAlreadyWritten(_ kind: Event.Kind, by author: Author) throws -> (kind: String, host: String?)? {
        guard let request = author.request else { return nil }
        let events = try connection.rows("SELECT kind, host FROM event WHERE request = ?", .text(request)) {
            (kind: $0.text(0), host: $0.optionalText(1))
        }
        guard let event = events.first else { return nil }
        guard event.kind == kind.rawValue else {
            throw Refused(.conflict, "The request id \(request) was already used for another command.")
        }
        return event
    }

    func host(id: String) throws -> Host? {
        try connection.rows("SELECT \(Host.columns) FROM host WHERE id = ?", .text(id)) { Host($0) }.first ?? nil
    }

    func existingHost(id: String) throws -> Host {
        guard let host = try host(id: id) else { throw Refused(.missing, "There is no host with the id \(id).") }
        return host
    }

    func newID() -> String { Self.uuid(at: now()) }

    /// A UUID of version 7 (RFC 9562): unique everywhere, and in the order of creation.
    static func uuid(at moment: Timestamp) -> String {
        let high = UInt64(moment.milliseconds) << 16 | 0x7000 | UInt64.random(in: 0..<0x1000)
        let low = UInt64.random(in: 0..<1 << 62) | 1 << 63
        let digits = [high, low].map { number in
            let text = String(number, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        let parts = [(0, 8), (8, 4), (12, 4), (16, 4), (20, 12)]
        return parts.map { digits.dropFirst($0.0).prefix($0.1) }.joined(separator: "-")
    }
}
