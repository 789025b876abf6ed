import Database
public import Model
import Store

/// Who may sign in.
///
/// Passwords come here as hashes that are sealed already.
extension Ledger {
    /// Adds a user.
    ///
    /// The first one is an admin: there would be nobody to make others.
    public func addUser(_ name: AccessName, _ role: Role, password: [UInt8], by author: Author) throws -> User {
        try connection.write {
            if try wasCarriedOut(.userAdded, by: author) { return try existingUser(name) }
            let isFirst = try isUnclaimed()
            guard !isFirst || role == .admin else {
                throw Refused(.conflict, "The first user is an admin: there would be nobody to add others.")
            }
            guard try user(named: name) == nil else {
                throw Refused(.conflict, "There is a user \(name) already.", field: "name")
            }
            try connection.run(
                "INSERT INTO user (id, name, role, password, created_at) VALUES (?, ?, ?, ?, ?)", .text(newID()),
                .text("\(name)"), .text(role.rawValue), .blob(password), .int(now().milliseconds))
            try connection.run("DELETE FROM setup_code")
            try append(.userAdded, "The user \(name) was added, as \(role.rawValue).", by: author)
            return try existingUser(name)
        }
    }

    /// Adds the first user, for whom the code of the first start was shown; nobody else may come this way.
    public func claim(_ name: AccessName, password: [UInt8], by author: Author) throws -> User {
        if try !isUnclaimed(), try !wasCarriedOut(.userAdded, by: author) {
            throw Refused(.conflict, "This Sprout has its first user already: sign in.")
        }
        return try addUser(name, .admin, password: password, by: author)
    }

    /// Gives a user another role or another password; a new password ends all sessions.
    public func changeUser(_ name: AccessName, role: Role?, password: [UInt8]?, by author: Author) throws -> User {
        try connection.write {
            if try wasCarriedOut(.userChanged, by: author) { return try existingUser(name) }
            let user = try existingUser(name)
            var news: [String] = []
            if let role, role != user.role {
                if role != .admin { try refuseIfLastAdmin(user, "be \(role.rawValue)") }
                try connection.run("UPDATE user SET role = ? WHERE id = ?", .text(role.rawValue), .text(user.id))
                news.append("is now \(role.rawValue)")
            }
            if let password {
                try connection.run(
                    "UPDATE user SET password = ?, generation = generation + 1 WHERE id = ?", .blob(password),
                    .text(user.id))
                news.append("has a new password, and is signed out everywhere")
            }
            guard !news.isEmpty else { return user }
            try append(.userChanged, "The user \(name) \(news.joined(separator: ", and ")).", by: author)
            return try existingUser(name)
        }
    }

    public func removeUser(_ name: AccessName, by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(.userRemoved, by: author) { return }
            let user = try existingUser(name)
            try refuseIfLastAdmin(user, "be removed")
            try connection.run("DELETE FROM user WHERE id = ?", .text(user.id))
            try append(.userRemoved, "The user \(name) was removed.", by: author)
        }
    }

    /// Notes that somebody signed in, and from where.
    public func signedIn(_ user: User, from source: String, by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(.userSignedIn, by: author) { return }
            let moment = now().milliseconds
            try connection.run("UPDATE user SET last_sign_in = ? WHERE id = ?", .int(moment), .text(user.id))
            try connection.run(
                "INSERT INTO user_source (user, source, at) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET at = ?3",
                .text(user.id), .text(source), .int(moment))
            try connection.run(
                """
                DELETE FROM user_source WHERE user = ?1 AND source NOT IN
                (SELECT source FROM user_source WHERE user = ?1 ORDER BY at DESC LIMIT 20)
                """, .text(user.id))
            try append(.userSignedIn, "\(user.name) signed in.", by: author)
        }
    }

    /// Ends one session: it is refused from now on, whoever has kept a copy of it.
    public func end(_ session: WebSession, of user: User, by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(.userSignedOut, by: author) { return }
            try connection.run("DELETE FROM ended_session WHERE expires_at < ?", .int(now().milliseconds))
            try connection.run(
                "INSERT INTO ended_session (id, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING", .text(session.id),
                .int(session.expiresAt.milliseconds))
            try append(.userSignedOut, "\(user.name) signed out.", by: author)
        }
    }

    public func endAllSessions(of user: User, by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(.userSignedOut, by: author) { return }
            try connection.run("UPDATE user SET generation = generation + 1 WHERE id = ?", .text(user.id))
            try append(.userSignedOut, "\(user.name) was signed out everywhere.", by: author)
        }
    }

    /// The sealed hash of a user's password.
    public func password(of user: User) throws -> [UInt8]? {
        try connection.rows("SELECT password FROM user WHERE id = ?", .text(user.id)) { $0.blob(0) }.first
    }

    // MARK: The first start

    /// The code that makes the first user, sealed; nil where there is none.
    public func sealedSetupCode() throws -> [UInt8]? {
        try connection.rows("SELECT sealed FROM setup_code") { $0.blob(0) }.first
    }

    /// Keeps a code, if there is neither one nor a user yet.
    public func keepSetupCode(_ sealed: [UInt8]) throws {
        try connection.run(
            """
            INSERT INTO setup_code (sealed) SELECT ?
            WHERE NOT EXISTS (SELECT 1 FROM user) AND NOT EXISTS (SELECT 1 FROM setup_code)
            """, .blob(sealed))
    }

    /// Shows the others the key that sessions are checked with.
    public func keepSessionKey(_ key: String) throws { try put(WebSession.keySetting, key) }

    // MARK: Parts of commands

    private func isUnclaimed() throws -> Bool {
        try connection.rows("SELECT EXISTS (SELECT 1 FROM user)") { $0.int(0) == 0 }.first ?? true
    }

    private func user(named name: AccessName) throws -> User? {
        try connection.rows("SELECT \(User.columns) FROM user WHERE name = ?", .text("\(name)")) { User($0) }
            .first ?? nil
    }

    private func existingUser(_ name: AccessName) throws -> User {
        guard let user = try user(named: name) else { throw Refused(.missing, "There is no user \(name).") }
        return user
    }

    private func refuseIfLastAdmin(_ user: User, _ wish: String) throws {
        let others = try connection.rows(
            "SELECT count(*) FROM user WHERE role = ? AND id <> ?", .text(Role.admin.rawValue), .text(user.id)
        ) { $0.int(0) }
        guard user.role != .admin || others.first != 0 else {
            throw Refused(
                .conflict, "\(user.name) is the last admin, and cannot \(wish): make somebody else an admin before.",
                field: wish.hasPrefix("be removed") ? nil : "role")
        }
    }
}
