import Database
public import Model

extension Store {
    /// The names of the secrets that people have stored.
    public func secrets() throws -> [SecretEntry] {
        try connection.rows("SELECT substr(name, 8), updated_at FROM secret WHERE name LIKE 'person.%' ORDER BY name") {
            SecretEntry(name: $0.text(0), updatedAt: Timestamp(milliseconds: $0.int(1)))
        }
    }
}
