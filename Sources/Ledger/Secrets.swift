import Database
public import Model
import Store

/// Secrets that people have given for Sprout to use: sealed before they come here, and told to nobody.
extension Ledger {
    public func keep(_ sealed: [UInt8], asSecret name: SecretName, by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(.secretSet, by: author) { return }
            try connection.run(
                """
                INSERT INTO secret (name, sealed, updated_at) VALUES (?1, ?2, ?3)
                ON CONFLICT DO UPDATE SET sealed = ?2, updated_at = ?3
                """, .text(name.stored), .blob(sealed), .int(now().milliseconds))
            try append(.secretSet, "The secret \(name) was set.", by: author)
        }
    }

    public func removeSecret(_ name: SecretName, by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(.secretRemoved, by: author) { return }
            guard try connection.run("DELETE FROM secret WHERE name = ?", .text(name.stored)) > 0 else {
                throw Refused(.missing, "There is no secret \(name).")
            }
            try append(.secretRemoved, "The secret \(name) was removed.", by: author)
        }
    }

    /// A secret as it was sealed; nil if there is none of this name.
    public func sealed(_ name: SecretName) throws -> [UInt8]? {
        try connection.rows("SELECT sealed FROM secret WHERE name = ?", .text(name.stored)) { $0.blob(0) }.first
    }
}
