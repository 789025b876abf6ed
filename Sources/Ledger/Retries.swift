import Database
import FoundationEssentials
public import Model
import Store

/// Installations that are begun once more by themselves.
extension Ledger {
    static let retrySentence = " Nothing was written, and it is tried once more."

    /// Only once, only where the server type says so, and only as long as nothing was written to a disk.
    func isRetried(_ host: Host, _ operation: String, _ progress: InstallerProgress?) throws -> Bool {
        guard let progress, progress.percent == nil, let body = try serverType(of: host, operation),
            let type = try? JSONDecoder().decode(ServerType.self, from: Data(body.utf8)), type.retries
        else { return false }
        return try connection.rows("SELECT retries FROM operation WHERE id = ?", .text(operation)) {
            $0.optionalText(0)
        }.first == .some(nil)
    }

    /// Nobody needs to be told that it has failed as long as it may still work.
    func retry(_ host: Host, _ operation: String) throws {
        try connection.run(
            "DELETE FROM effect WHERE operation = ? AND kind = ? AND done_at IS NULL", .text(operation),
            .text(Effect.notify.rawValue))
        try add(.retryInstallation, host, operation, now())
    }

    /// What an operation was begun with, that is to be begun once more.
    public func wishes(ofOperation id: String) throws -> (
        installation: Installation, removesMember: Bool, erases: [String]
    )? {
        try connection.rows(
            "SELECT installation, removes_member, erases FROM operation WHERE id = ?", .text(id)
        ) { ($0.optionalText(0), $0.int(1) == 1, $0.text(2)) }.first.flatMap { installation, removesMember, erases in
            guard let installation else { return nil }
            return (try Installation(json: installation), removesMember, erases.split(separator: "\n").map(String.init))
        }
    }
}
