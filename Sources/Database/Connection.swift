import CSQLite

/// One connection, used by one task at a time: it cannot be copied, so it cannot be shared by accident.
public struct Connection: ~Copyable {
    public enum Access: Sendable { case readOnly, readWrite }

    let handle: OpaquePointer
    private let prepared = Prepared()

    public init(path: String, _ access: Access) throws(DatabaseError) {
        let flags = access == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let handle else {
            defer { sqlite3_close_v2(handle) }
            throw DatabaseError(code, handle, "opening \(path)")
        }
        self.handle = handle
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, 5000)
    }

    deinit {
        prepared.removeAll()
        sqlite3_close_v2(handle)
    }

    /// Runs a statement with `values` bound in order, and maps every row.
    ///
    /// The statement is prepared once.
    @discardableResult
    public func rows<Value>(
        _ sql: String, _ values: Bindable..., map: (borrowing Row) -> Value
    ) throws(DatabaseError) -> [Value] {
        try prepared.take(sql, on: handle).rows(values, map)
    }

    /// Runs a statement that gives no rows, and says how many it changed.
    @discardableResult
    public func run(_ sql: String, _ values: Bindable...) throws(DatabaseError) -> Int {
        _ = try prepared.take(sql, on: handle).rows(values) { _ in }
        return Int(sqlite3_changes(handle))
    }

    /// Runs a script of several statements, such as a migration.
    public func runScript(_ script: String) throws(DatabaseError) {
        let code = sqlite3_exec(handle, script, nil, nil, nil)
        guard code == SQLITE_OK else { throw DatabaseError(code, handle, script) }
    }

    public var lastInsertedID: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Runs `body` in one transaction, and leaves nothing behind when it throws.
    public func write<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws -> Value {
        try transaction("BEGIN IMMEDIATE", body)
    }

    /// Runs reads that must see the database as it is at one moment.
    public func read<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws -> Value {
        try transaction("BEGIN", body)
    }

    private func transaction<Value, Failure: Error>(
        _ begin: String, _ body: () throws(Failure) -> Value
    ) throws -> Value {
        try run(begin)
        do {
            let value = try body()
            try run("COMMIT")
            return value
        } catch {
            _ = try? run("ROLLBACK")
            throw error
        }
    }

    /// Keeps the `-wal` and `-shm` files when the last writer leaves: readers who may not make them need them.
    public func keepLogFiles() throws(DatabaseError) {
        var on: CInt = 1
        let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &on)
        guard code == SQLITE_OK else { throw DatabaseError(code, handle, "SQLITE_FCNTL_PERSIST_WAL") }
    }
}

/// The statements of a connection by their text, so that each is prepared once and finalized with the connection.
private final class Prepared {
    private var statements: [String: PreparedStatement] = [:]

    func take(_ sql: String, on connection: OpaquePointer) throws(DatabaseError) -> PreparedStatement {
        if let statement = statements[sql], !statement.isRunning { return statement }
        let statement = try PreparedStatement(sql, on: connection)
        statements[sql] = statement
        return statement
    }

    func removeAll() { statements.removeAll() }
}

private final class PreparedStatement {
    private let statement: Statement
    private(set) var isRunning = false

    init(_ sql: String, on connection: OpaquePointer) throws(DatabaseError) {
        statement = try Statement(sql, on: connection)
    }

    func rows<Value>(_ values: [Bindable], _ map: (borrowing Row) -> Value) throws(DatabaseError) -> [Value] {
        isRunning = true
        defer { isRunning = false }
        return try statement.rows(values, map)
    }
}
