import CSQLite

/// A prepared statement: bound, stepped and reset by one owner, finalized when that owner lets go.
struct Statement: ~Copyable {
    private let handle: OpaquePointer

    init(_ sql: String, on connection: OpaquePointer) throws(DatabaseError) {
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle else { throw DatabaseError(code, connection, sql) }
        self.handle = handle
    }

    deinit { sqlite3_finalize(handle) }

    /// Runs the statement with `values` bound in order, and maps every row.
    func rows<Value>(_ values: [Bindable], _ map: (borrowing Row) -> Value) throws(DatabaseError) -> [Value] {
        defer {
            sqlite3_reset(handle)
            sqlite3_clear_bindings(handle)
        }
        for (index, value) in values.enumerated() {
            let code = value.bind(handle, CInt(index + 1))
            guard code == SQLITE_OK else { throw DatabaseError(code, sqlite3_db_handle(handle), text) }
        }
        var result: [Value] = []
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: result.append(map(Row(handle)))
            case SQLITE_DONE: return result
            case let code: throw DatabaseError(code, sqlite3_db_handle(handle), text)
            }
        }
    }

    private var text: String { sqlite3_sql(handle).map { String(cString: $0) } ?? "" }
}

/// One row, readable only while its statement stands on it: it can be borrowed, never kept.
public struct Row: ~Copyable {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    public func int(_ column: CInt) -> Int64 { sqlite3_column_int64(handle, column) }

    public func text(_ column: CInt) -> String { optionalText(column) ?? "" }

    public func optionalText(_ column: CInt) -> String? {
        sqlite3_column_text(handle, column).map { String(cString: $0) }
    }

    public func optionalInt(_ column: CInt) -> Int64? {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : int(column)
    }

    public func blob(_ column: CInt) -> [UInt8] {
        guard let bytes = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column))))
    }
}

/// A value for a `?` in a statement.
public enum Bindable: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByNilLiteral {
    case int(Int64), text(String), blob([UInt8]), null

    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(nilLiteral: ()) { self = .null }

    public static func text(_ value: String?) -> Bindable { value.map { .text($0) } ?? .null }
    public static func int(_ value: Int64?) -> Bindable { value.map { .int($0) } ?? .null }
    public static func int(_ value: Int) -> Bindable { .int(Int64(value)) }

    func bind(_ handle: OpaquePointer, _ index: CInt) -> CInt {
        switch self {
        case .int(let value): sqlite3_bind_int64(handle, index, value)
        case .text(let value): sqlite3_bind_text(handle, index, value, -1, Self.transient)
        case .blob(let value): sqlite3_bind_blob(handle, index, value, CInt(value.count), Self.transient)
        case .null: sqlite3_bind_null(handle, index)
        }
    }

    /// SQLITE_TRANSIENT, a cast macro that Swift does not import: "copy the bytes before you return".
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

/// What SQLite refused: its code, its words, and what was being done.
///
/// Bound values are never part of it.
public struct DatabaseError: Error, Equatable, Sendable, CustomStringConvertible {
    public let code: CInt
    public let message: String
    public let action: String

    init(_ code: CInt, _ connection: OpaquePointer?, _ action: String) {
        self.code = code
        self.message = connection.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
        self.action = action
    }

    public var description: String { "SQLite error \(code): \(message), while \(action)" }
}
