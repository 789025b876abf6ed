import Database
public import Model
import Store

/// A server type as the ledger keeps it.
public struct ServerTypeRecord: Equatable, Sendable {
    public let key: String
    public let displayName: String
    public let hostnamePrefix: String
    /// The whole type as JSON.
    public let body: String

    public init(key: String, displayName: String, hostnamePrefix: String, body: String) {
        self.key = key
        self.displayName = displayName
        self.hostnamePrefix = hostnamePrefix
        self.body = body
    }
}

extension Ledger {
    public func record(_ kind: Event.Kind, _ message: String, by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(kind, by: author) { return }
            try append(kind, message, by: author)
        }
    }

    /// Puts a new version of the server types in force, unless it is the one already there.
    ///
    /// True if it is new.
    public func load(_ types: [ServerTypeRecord], from source: String, by author: Author) throws -> Bool {
        try connection.write {
            let wasRejected = try connection.run("DELETE FROM setting WHERE key = 'server_types.problem'") > 0
            guard try types != typesInForce() else {
                if wasRejected { try append(.serverTypesLoaded, "The server types file is correct again.", by: author) }
                return false
            }
            try connection.run(
                "INSERT INTO server_types (loaded_at, source) VALUES (?, ?)", .int(now().milliseconds), .text(source))
            let version = connection.lastInsertedID
            for type in types {
                try connection.run(
                    """
                    INSERT INTO server_type (version, key, display_name, hostname_prefix, body) VALUES (?, ?, ?, ?, ?)
                    """,
                    .int(version), .text(type.key), .text(type.displayName), .text(type.hostnamePrefix),
                    .text(type.body))
            }
            let names = types.map(\.key).joined(separator: ", ")
            try append(.serverTypesLoaded, "Server types, version \(version): \(names).", by: author)
            return true
        }
    }

    /// Puts settings in force that the other daemons read.
    ///
    /// True if one of them is new.
    public func load(_ settings: [String: String], by author: Author) throws -> Bool {
        try connection.write {
            try connection.run("DELETE FROM setting WHERE key = 'provisioning.problem'")
            let changed = try settings.filter { try setting($0.key) != $0.value }
            for (key, value) in changed { try put(key, value) }
            guard !changed.isEmpty else { return false }
            let words = changed.map { "\($0.key) is \($0.value)" }.sorted().joined(separator: ", ")
            try append(.settingsLoaded, "Settings: \(words).", by: author)
            return true
        }
    }

    /// Notes why provisioning.yaml is not in force.
    ///
    /// True if that is news.
    public func rejectSettings(_ problem: String, by author: Author) throws -> Bool {
        let message = "The last good settings stay in force: \(problem)"
        return try note(problem, "provisioning.problem", .settingsRejected, message, by: author)
    }

    private func note(
        _ problem: String, _ key: String, _ kind: Event.Kind, _ message: String, by author: Author
    ) throws -> Bool {
        try connection.write {
            guard try setting(key) != problem else { return false }
            try put(key, problem)
            try append(kind, message, by: author)
            return true
        }
    }

    func setting(_ key: String) throws -> String? {
        try connection.rows("SELECT value FROM setting WHERE key = ?", .text(key)) { $0.optionalText(0) }.first ?? nil
    }

    func put(_ key: String, _ value: String) throws(DatabaseError) {
        try connection.run(
            "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2", .text(key),
            .text(value))
    }

    /// Notes why a server types file is not in force; the last good one stays.
    ///
    /// True if that is news.
    public func reject(_ problem: String, by author: Author) throws -> Bool {
        let message = "The last good server types stay in force: \(problem)"
        return try note(problem, "server_types.problem", .serverTypesRejected, message, by: author)
    }

    private func typesInForce() throws -> [ServerTypeRecord] {
        try connection.rows(
            """
            SELECT key, display_name, hostname_prefix, body FROM server_type
            WHERE version = (SELECT max(version) FROM server_types) ORDER BY key
            """
        ) {
            ServerTypeRecord(key: $0.text(0), displayName: $0.text(1), hostnamePrefix: $0.text(2), body: $0.text(3))
        }
    }
}
