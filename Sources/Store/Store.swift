import Database
import FoundationEssentials
public import Model

/// Everything Sprout reads from its database, as a user who may not write it.
public actor Store {
    let connection: Connection

    public init(path: String) throws(StoreUnavailable) {
        do throws(DatabaseError) {
            connection = try Connection(path: path, .readOnly)
        } catch {
            throw error.code == 14 ? .absent(path: path) : .unreadable(path: path, reason: error.message)
        }
        let schema = try Self.schema(of: connection, path)
        guard schema != 0 else { throw .absent(path: path) }
        guard schema >= Schema.version else { throw .older(schema: schema) }
        if schema > Schema.version, (try? Schema.isUsable(connection)) != true { throw .newer(schema: schema) }
    }

    private static func schema(of connection: borrowing Connection, _ path: String) throws(StoreUnavailable) -> Int64 {
        do throws(DatabaseError) {
            return try connection.rows("PRAGMA user_version") { $0.int(0) }.first ?? 0
        } catch {
            throw .unreadable(path: path, reason: error.message)
        }
    }

    // MARK: Hosts

    public func hosts(limit: Int, after: String? = nil) throws -> HostPage {
        let rows = try connection.rows(
            "SELECT \(Host.columns) FROM host WHERE id > ? ORDER BY id LIMIT ?", .text(after ?? ""), .int(limit + 1)
        ) { Host($0) }
        let hosts = rows.prefix(limit).compactMap(\.self)
        return HostPage(hosts: hosts, next: rows.count > limit ? hosts.last?.id : nil)
    }

    /// All hosts, and the event up to which they are current, read at one moment.
    public func snapshot() throws -> (hosts: [Host], newestEvent: Int64) {
        try connection.read { () throws(DatabaseError) in
            let hosts = try connection.rows("SELECT \(Host.columns) FROM host ORDER BY hostname") { Host($0) }
            return (hosts.compactMap(\.self), try newestEvent())
        }
    }

    /// The host with this id, name or MAC address in any spelling, looked for in this order.
    public func host(_ reference: String) throws -> Host? {
        let named = try connection.rows(
            "SELECT \(Host.columns) FROM host WHERE id = ?1 OR hostname = ?2 ORDER BY id = ?1 DESC",
            .text(reference), .text(reference.lowercased())
        ) { Host($0) }
        if let host = named.first { return host }
        guard let mac = try? MACAddress(reference) else { return nil }
        return try host(withMAC: mac)
    }

    /// The host that owns this interface.
    public func host(withMAC mac: MACAddress) throws -> Host? {
        try connection.host(withMAC: mac)
    }

    /// The interfaces of the hosts that load another program than the usual one.
    public func netbootChoices() throws -> [MACAddress: NetbootChoice] {
        let rows = try connection.rows(
            """
            SELECT host_mac.mac, host.netboot_program FROM host JOIN host_mac ON host_mac.host = host.id
            WHERE host.netboot_program IS NOT NULL
            """
        ) { (try? MACAddress($0.text(0)), NetbootChoice(rawValue: $0.text(1))) }
        let known = rows.compactMap { mac, choice in mac.flatMap { mac in choice.map { (mac, $0) } } }
        return Dictionary(known) { $1 }
    }

    public func hostCount() throws -> Int {
        try connection.rows("SELECT count(*) FROM host") { Int($0.int(0)) }.first ?? 0
    }

    /// How many hosts are in each state that has any.
    public func stateCounts() throws -> [HostState: Int] {
        let rows = try connection.rows("SELECT state, count(*) FROM host GROUP BY state") {
            (HostState(rawValue: $0.text(0)) ?? .failed, Int($0.int(1)))
        }
        return Dictionary(rows) { $0 + $1 }
    }

    /// The machines that netboot and are no hosts, the latest first.
    public func discoveries(ignored isIgnored: Bool = false) throws -> [Discovery] {
        try connection.rows(
            "SELECT \(Discovery.columns) FROM discovery WHERE is_ignored = ? ORDER BY last_seen DESC",
            .int(isIgnored ? 1 : 0)
        ) { Discovery($0) }.compactMap(\.self)
    }

    // MARK: Events

    /// The events after one that a client has seen, oldest first.
    public func events(after id: Int64, limit: Int) throws -> [Event] {
        try connection.rows(
            "SELECT \(Event.columns) FROM event WHERE id > ? ORDER BY id LIMIT ?", .int(id), .int(limit)
        ) { Event($0) }.compactMap(\.self)
    }

    /// The latest events of one host, newest first.
    public func events(ofHost host: String, limit: Int) throws -> [Event] {
        try connection.rows(
            "SELECT \(Event.columns) FROM event WHERE host = ? ORDER BY id DESC LIMIT ?", .text(host), .int(limit)
        ) { Event($0) }.compactMap(\.self)
    }

    /// Why a host that failed did so.
    public func reasonOfFailure(_ host: Host) throws -> String? {
        try connection.rows(
            "SELECT reason FROM event WHERE host = ? AND kind = ? ORDER BY id DESC LIMIT 1", .text(host.id),
            .text(Event.Kind.hostAdvanced.rawValue)
        ) { $0.optionalText(0) }.first ?? nil
    }

    /// The latest events of all hosts, newest first.
    public func latestEvents(limit: Int) throws -> [Event] {
        try connection.rows("SELECT \(Event.columns) FROM event ORDER BY id DESC LIMIT ?", .int(limit)) { Event($0) }
            .compactMap(\.self)
    }

    public func newestEventID() throws -> Int64 { try newestEvent() }

    private func newestEvent() throws(DatabaseError) -> Int64 {
        try connection.rows("SELECT coalesce(max(id), 0) FROM event") { $0.int(0) }.first ?? 0
    }

    /// True if a client that has seen this event can be sent what came after it, with nothing missing.
    public func canResume(after id: Int64) throws -> Bool {
        let bounds = try connection.rows("SELECT coalesce(min(id), 1), coalesce(max(id), 0) FROM event") {
            ($0.int(0), $0.int(1))
        }
        guard let (oldest, newest) = bounds.first else { return id == 0 }
        return id >= oldest - 1 && id <= newest
    }

    // MARK: Operations and server types

    /// The latest first: by the order in which they were begun, since the clock may have been set back meanwhile.
    public func operations(ofHost host: String) throws -> [Operation] {
        try connection.rows(
            "SELECT \(Operation.columns) FROM operation WHERE host = ? ORDER BY rowid DESC", .text(host)
        ) { Operation($0) }
    }

    /// The latest operations of a host, each with its steps.
    public func history(ofHost host: String, limit: Int) throws -> [OperationRecord] {
        try operations(ofHost: host).prefix(limit).map(record)
    }

    func record(of operation: Operation) throws -> OperationRecord {
        let steps = try connection.rows(
            """
            SELECT state, started_at, ended_at, outcome, reason FROM operation_step WHERE operation = ?
            ORDER BY number
            """, .text(operation.id)
        ) { OperationStep($0) }
        let due = try connection.rows("SELECT due_at FROM deadline WHERE operation = ?", .text(operation.id)) {
            Timestamp(milliseconds: $0.int(0))
        }
        return OperationRecord(
            operation: operation, steps: steps.compactMap(\.self), dueAt: due.first,
            preflight: try preflight(of: operation.id))
    }

    /// What was found before the host of an operation was to join the cluster.
    private func preflight(of operation: String) throws -> ClusterReport? {
        try connection.rows("SELECT preflight FROM operation WHERE id = ?", .text(operation)) { row in
            row.optionalText(0).flatMap { try? JSONDecoder().decode(ClusterReport.self, from: Data($0.utf8)) }
        }.first ?? nil
    }

    /// The operation under way whose token has this hash, and its host.
    public func operation(withToken hash: [UInt8]) throws -> (Operation, Host)? {
        try connection.operation(withToken: hash)
    }

    /// A setting in force, such as `pxe.answer`.
    public func setting(_ key: String) throws -> String? {
        try connection.rows("SELECT value FROM setting WHERE key = ?", .text(key)) { $0.optionalText(0) }.first ?? nil
    }

    /// All that is in force, by its key.
    public func settings() throws -> [String: String] {
        let rows = try connection.rows("SELECT key, value FROM setting") { ($0.text(0), $0.optionalText(1)) }
        return Dictionary(rows.compactMap { key, value in value.map { (key, $0) } }) { $1 }
    }

    /// Another number once another process has written to the database.
    public func version() throws -> Int64 {
        try connection.rows("PRAGMA data_version") { $0.int(0) }.first ?? 0
    }

    /// Where machines reach this box for good, if that was said; else they go on where they asked first.
    public func publicURL() throws -> String? {
        try setting("server.public_url").flatMap { $0 == "none" ? nil : $0 }
    }

    /// The server types in force, or those of an earlier version that an operation keeps.
    public func serverTypes(version: Int64? = nil) throws -> ServerTypesInForce {
        let version =
            try version ?? connection.rows("SELECT coalesce(max(version), 0) FROM server_types") { $0.int(0) }.first
        let types = try connection.rows(
            "SELECT key, display_name, body FROM server_type WHERE version = ? ORDER BY key", .int(version)
        ) { ServerTypesInForce.Entry(key: $0.text(0), displayName: $0.text(1), body: $0.text(2)) }
        let problem = try setting("server_types.problem")
        return ServerTypesInForce(version: version ?? 0, types: types, problem: problem)
    }
}

/// The server types that new hosts can have, and what is wrong with the file they come from, if anything is.
public struct ServerTypesInForce: Equatable, Sendable {
    public let version: Int64
    public let types: [Entry]
    public let problem: String?

    public struct Entry: Equatable, Sendable {
        public let key: String
        public let displayName: String
        /// The whole type as JSON.
        public let body: String
    }
}
