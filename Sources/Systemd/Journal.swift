import CSystemd
import Glibc
import Linux

/// Structured logging: a sentence for people, fields for queries.
public enum Journal {
    public enum Priority: Int, Sendable { case error = 3, warning, notice, info, debug }

    /// `Journal.log(.notice, "installing Debian 12", ["SPROUT_HOST": name])` — then `journalctl SPROUT_HOST=…`.
    ///
    /// A message that people will search for has an id, listed in docs/journal.md. An empty field is left out.
    public static func log(
        _ priority: Priority, _ message: String, _ fields: KeyValuePairs<String, String> = [:], id: MessageID? = nil
    ) {
        let fields = fields.filter { !$1.isEmpty }.map { ($0, $1) } + (id.map { [("MESSAGE_ID", $0.rawValue)] } ?? [])
        guard !isConnected || !send(priority, message, fields) else { return }
        _ = line(priority, message, fields).withCString { write(2, $0, strlen($0)) }
    }

    /// How a message looks where there is no journal: its priority as sd-daemon(3) has it, and its fields at the end.
    static func line(_ priority: Priority, _ message: String, _ fields: [(String, String)]) -> String {
        let details = fields.filter { $0.0 != "MESSAGE_ID" }.map { " \($0)=\($1)" }.joined()
        return "<\(priority.rawValue)>\(singleLine(message + details))\n"
    }

    /// What comes from outside must not be able to begin a line of its own.
    private static func singleLine(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }))
    }

    /// True where systemd connected our standard error to the journal (`JOURNAL_STREAM` names that very stream).
    private static let isConnected: Bool = {
        var status = stat()
        guard let stream = Environment["JOURNAL_STREAM"], fstat(2, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }()

    private static func send(_ priority: Priority, _ message: String, _ fields: [(String, String)]) -> Bool {
        var entries = ["MESSAGE=\(message)", "PRIORITY=\(priority.rawValue)"]
        entries += fields.map { "\($0)=\($1)" }
        let vectors = entries.map { iovec(iov_base: strdup($0), iov_len: $0.utf8.count) }
        defer { for vector in vectors { free(vector.iov_base) } }
        return sd_journal_sendv(vectors, CInt(vectors.count)) == 0
    }
}

/// The ids of the messages that people search for with `journalctl MESSAGE_ID=…`.
///
/// The page docs/journal.md explains them.
public enum MessageID: String, CaseIterable, Sendable {
    case daemonStarted = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d01"
    case daemonStopping = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d02"
    case cannotGoOn = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d03"
    case hostRegistered = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d04"
    case hostRemoved = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d05"
    case hostAdvanced = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d06"
    case commandRefused = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d07"
    case settingsLoaded = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d08"
    case settingsRejected = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d09"
    case unhealthy = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d0a"
    case deadlinePassed = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d0b"
    case netbootStalled = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d0c"
    case imageImported = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d0e"
    case installerRefused = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d0f"
    case imageDamaged = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d10"
    case hostChanged = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d0d"
    case signInRefused = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d11"
    case serverAppeared = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d20"
    case serverGone = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d21"
    case ownDHCPSilent = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d22"
    case ownDHCPServes = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d23"
    case rangeFull = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d24"
    case addressDeclined = "d5a4a3b0c1f14a0e9b6e0a1f5b7c2d25"
}
