public import Database
public import Model

/// Who is let in, and with what.
extension Store {
    public func users() throws -> [User] {
        try connection.rows("SELECT \(User.columns) FROM user ORDER BY name") { User($0) }.compactMap(\.self)
    }

    public func user(id: String) throws -> User? {
        try connection.rows("SELECT \(User.columns) FROM user WHERE id = ?", .text(id)) { User($0) }.first ?? nil
    }

    public func user(named name: String) throws -> User? {
        try connection.rows("SELECT \(User.columns) FROM user WHERE name = ?", .text(name.lowercased())) { User($0) }
            .first ?? nil
    }

    /// Whether nobody can sign in yet.
    public func isUnclaimed() throws -> Bool {
        try connection.rows("SELECT EXISTS (SELECT 1 FROM user)") { $0.int(0) == 0 }.first ?? true
    }

    /// Whether this account has signed in from there before.
    public func isKnown(_ source: String, of user: User) throws -> Bool {
        try !connection.rows(
            "SELECT 1 FROM user_source WHERE user = ? AND source = ?", .text(user.id), .text(source)
        ) { _ in true }.isEmpty
    }

    /// Whose session this is, if it has not ended and its user is still one.
    public func user(of session: WebSession) throws -> User? {
        let found = try connection.rows(
            """
            SELECT \(User.columns) FROM user
            WHERE id = ? AND generation = ? AND NOT EXISTS (SELECT 1 FROM ended_session WHERE ended_session.id = ?)
            """, .text(session.user), .int(session.generation), .text(session.id)
        ) { User($0) }
        return found.first ?? nil
    }

    /// The key that sessions are checked with: the half of it that anybody may know.
    public func sessionKey() throws -> String? {
        try connection.rows("SELECT value FROM setting WHERE key = ?", .text(WebSession.keySetting)) {
            $0.optionalText(0)
        }.first ?? nil
    }

    public func tokens() throws -> [APIToken] {
        try connection.rows("SELECT \(APIToken.columns) FROM api_token ORDER BY name") { APIToken($0) }
            .compactMap(\.self)
    }

    public func token(withHash hash: [UInt8]) throws -> APIToken? {
        try connection.rows("SELECT \(APIToken.columns) FROM api_token WHERE hash = ?", .blob(hash)) { APIToken($0) }
            .first ?? nil
    }
}

extension WebSession {
    /// Under which setting the orchestrator leaves the key that sessions are checked with.
    public static let keySetting = "session_key"
}

extension User {
    public static let columns = "user.id, user.name, user.role, user.generation, user.created_at, user.last_sign_in"

    public init?(_ row: borrowing Row) {
        guard let name = try? AccessName(row.text(1)), let role = Role(rawValue: row.text(2)) else { return nil }
        self.init(
            id: row.text(0), name: name, role: role, generation: row.int(3),
            createdAt: Timestamp(milliseconds: row.int(4)),
            lastSignIn: row.optionalInt(5).map { Timestamp(milliseconds: $0) })
    }
}

extension APIToken {
    public static let columns = "id, name, role, created_at, created_by, expires_at, last_used"

    public init?(_ row: borrowing Row) {
        guard let name = try? AccessName(row.text(1)), let role = Role(rawValue: row.text(2)) else { return nil }
        self.init(
            id: row.text(0), name: name, role: role, createdAt: Timestamp(milliseconds: row.int(3)),
            createdBy: row.text(4), expiresAt: Timestamp(milliseconds: row.int(5)),
            lastUsed: row.optionalInt(6).map { Timestamp(milliseconds: $0) })
    }
}
