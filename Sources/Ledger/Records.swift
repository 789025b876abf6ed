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
        try connection.write { _ = try append(kind, message, by: author) }
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

    /// Notes why a server types file is not in force; the last good one stays.
    ///
    /// True if that is news.
    public func reject(_ problem: String, from source: String, by author: Author) throws -> Bool {
        try connection.write {
            let known = try connection.rows("SELECT value FROM setting WHERE key = 'server_types.problem'") {
                $0.optionalText(0)
            }
            guard known != [problem] else { return false }
            try connection.run(
                "INSERT INTO setting (key, value) VALUES ('server_types.problem', ?1) ON CONFLICT DO UPDATE SET value = ?1",
                .text(problem))
            try append(.serverTypesRejected, "The last good server types stay in force: \(problem)", by: author)
            return true
        }
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
