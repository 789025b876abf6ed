import Database
public import Model

/// Which hosts a list is to show; nil is all.
public struct HostFilter: Equatable, Sendable {
    public var state: HostState?
    public var type: String?
    /// Part of a name, a MAC address, an address or a label.
    public var text: String?

    public init(state: HostState? = nil, type: String? = nil, text: String? = nil) {
        (self.state, self.type, self.text) = (state, type, text)
    }

    public var isEmpty: Bool { state == nil && type == nil && text == nil }
}

/// Which events a list is to show; nil is all.
public struct EventFilter: Equatable, Sendable {
    public var host: String?
    public var kind: Event.Kind?
    public var since: Timestamp?
    /// Part of who caused it.
    public var actor: String?

    public init(host: String? = nil, kind: Event.Kind? = nil, since: Timestamp? = nil, actor: String? = nil) {
        (self.host, self.kind, self.since, self.actor) = (host, kind, since, actor)
    }
}

/// Which operations a list is to show; nil is all.
public struct OperationFilter: Equatable, Sendable {
    public var host: String?
    /// How they ended, or `underWay`.
    public var outcome: String?

    public static let underWay = "under_way"

    public init(host: String? = nil, outcome: String? = nil) { (self.host, self.outcome) = (host, outcome) }
}

extension Store {
    public func hosts(limit: Int, after: String?, _ filter: HostFilter) throws -> HostPage {
        let rows = try connection.rows(
            """
            SELECT \(Host.columns) FROM host WHERE id > ?1 AND (?3 IS NULL OR state = ?3)
            AND (?4 IS NULL OR server_type = ?4) AND (?5 IS NULL OR instr(hostname, ?5) OR instr(address, ?5)
                OR EXISTS (SELECT 1 FROM host_mac WHERE host_mac.host = host.id AND instr(mac, ?5))
                OR EXISTS (SELECT 1 FROM host_label WHERE host_label.host = host.id AND instr(lower(value), ?5)))
            ORDER BY id LIMIT ?2
            """, .text(after ?? ""), .int(limit + 1), .text(filter.state?.rawValue), .text(filter.type),
            .text(filter.text?.lowercased())
        ) { Host($0) }
        let hosts = rows.prefix(limit).compactMap(\.self)
        return HostPage(hosts: hosts, next: rows.count > limit ? hosts.last?.id : nil)
    }

    /// The latest events, newest first; `before` is the last that a reader has seen.
    public func events(_ filter: EventFilter, before id: Int64?, limit: Int) throws -> [Event] {
        try connection.rows(
            """
            SELECT \(Event.columns) FROM event WHERE id < ?1 AND (?2 IS NULL OR host = ?2)
            AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR at >= ?4) AND (?5 IS NULL OR instr(actor, ?5))
            ORDER BY id DESC LIMIT ?6
            """, .int(id ?? .max), .text(filter.host), .text(filter.kind?.rawValue), .int(filter.since?.milliseconds),
            .text(filter.actor), .int(limit)
        ) { Event($0) }.compactMap(\.self)
    }

    /// What happened in the course of an operation, in the order of time.
    public func events(ofOperation operation: Operation) throws -> [Event] {
        try connection.rows(
            "SELECT \(Event.columns) FROM event WHERE host = ? AND operation = ? ORDER BY id LIMIT 1000",
            .text(operation.host), .text(operation.id)
        ) { Event($0) }.compactMap(\.self)
    }

    /// The latest operations of all hosts, the newest first, each with its steps.
    public func operations(_ filter: OperationFilter, after id: String?, limit: Int) throws -> [OperationRecord] {
        try connection.rows(
            """
            SELECT \(Operation.columns) FROM operation
            WHERE (?1 IS NULL OR rowid < (SELECT rowid FROM operation WHERE id = ?1)) AND (?2 IS NULL OR host = ?2)
            AND (?3 IS NULL OR coalesce(outcome, '\(OperationFilter.underWay)') = ?3) ORDER BY rowid DESC LIMIT ?4
            """, .text(id), .text(filter.host), .text(filter.outcome), .int(limit)
        ) { Operation($0) }.map(record)
    }

    public func operation(id: String) throws -> OperationRecord? {
        try connection.rows("SELECT \(Operation.columns) FROM operation WHERE id = ?", .text(id)) { Operation($0) }
            .first.map(record)
    }

    /// The ids of requests that have changed something, by their beginning.
    public func requests(beginningWith prefix: String) throws -> [String] {
        try connection.rows(
            "SELECT request FROM event WHERE request >= ?1 AND request < ?1 || '~' ORDER BY id", .text(prefix)
        ) { $0.text(0) }
    }
}

extension Store {
    /// What is wrong with the database as a file; empty where nothing is.
    public func integrityProblems() throws -> [String] {
        try connection.rows("PRAGMA quick_check(3)") { $0.text(0) }.filter { $0 != "ok" }
    }
}
