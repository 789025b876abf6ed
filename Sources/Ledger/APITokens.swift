import Database
public import Model
import Store

/// What programs show to be let in.
///
/// Only the hashes of tokens come here.
extension Ledger {
    /// Keeps a new token.
    ///
    /// A command that is sent again has another token, because nobody has the one before: it takes its place.
    public func addToken(
        _ name: AccessName, _ role: Role, hash: [UInt8], expiresAt: Timestamp, by author: Author
    ) throws -> APIToken {
        try connection.write {
            if try wasCarriedOut(.tokenCreated, by: author) {
                try connection.run("UPDATE api_token SET hash = ? WHERE name = ?", .blob(hash), .text("\(name)"))
                return try existingToken(name)
            }
            guard try token(named: name) == nil else {
                throw Refused(
                    .conflict, "There is a token \(name) already: remove it, or take another name.", field: "name")
            }
            try connection.run(
                """
                INSERT INTO api_token (id, name, role, hash, created_at, created_by, expires_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """, .text(newID()), .text("\(name)"), .text(role.rawValue), .blob(hash), .int(now().milliseconds),
                .text(author.actor), .int(expiresAt.milliseconds))
            try append(
                .tokenCreated, "The token \(name) was made, as \(role.rawValue), good until \(expiresAt).", by: author)
            return try existingToken(name)
        }
    }

    public func removeToken(_ name: AccessName, by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(.tokenRemoved, by: author) { return }
            let token = try existingToken(name)
            try connection.run("DELETE FROM api_token WHERE id = ?", .text(token.id))
            try append(.tokenRemoved, "The token \(name) was removed: it is worth nothing any more.", by: author)
        }
    }

    /// Notes to the minute when a token was used: a program that asks every second must not wear out the disk.
    public func usedToken(_ id: String) throws {
        let moment = now().milliseconds
        try connection.run(
            "UPDATE api_token SET last_used = ?1 WHERE id = ?2 AND coalesce(last_used, 0) <= ?1 - 60000", .int(moment),
            .text(id))
    }

    private func token(named name: AccessName) throws -> APIToken? {
        try connection.rows("SELECT \(APIToken.columns) FROM api_token WHERE name = ?", .text("\(name)")) {
            APIToken($0)
        }.first ?? nil
    }

    private func existingToken(_ name: AccessName) throws -> APIToken {
        guard let token = try token(named: name) else { throw Refused(.missing, "There is no token \(name).") }
        return token
    }
}
