import Database
import FoundationEssentials
public import Model

extension Store {
    /// What all newly installed hosts have in common, as it is in force.
    public func installation() throws -> Installation {
        let rows = try connection.rows("SELECT key, value FROM setting WHERE key LIKE 'installation.%'") {
            ($0.text(0), $0.text(1))
        }
        return try Installation(settings: Dictionary(rows) { $1 })
    }
}

extension Installation {
    public init(settings: [String: String]) throws {
        self.init()
        if let text = settings["installation.country"] { country = try Country(text) }
        if let text = settings["installation.keyboard"] { keyboard = try KeyboardLayout(text) }
        if let text = settings["installation.timezone"] { timezone = try Timezone(text) }
        if let text = settings["installation.mail"], !text.isEmpty { mail = try MailAddress(text) }
        if let text = settings["installation.domain"] { domain = try DomainName(text) }
        hasLiveProgress = settings["installation.live_progress"] != "false"
    }

    /// As the database keeps it for the other daemons, which do not read the file.
    public var settings: [String: String] {
        [
            "installation.country": "\(country)", "installation.keyboard": "\(keyboard)",
            "installation.timezone": "\(timezone)", "installation.mail": mail.map { "\($0)" } ?? "",
            "installation.domain": "\(domain)", "installation.live_progress": "\(hasLiveProgress)",
        ]
    }
}

/// As an operation keeps it, whatever the file says later.
extension Installation {
    public var json: String {
        (try? JSONEncoder().encode(settings)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    public init(json: String) throws {
        try self.init(settings: try JSONDecoder().decode([String: String].self, from: Data(json.utf8)))
    }
}

extension SystemInformation {
    public init?(json: String) {
        guard let value = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else { return nil }
        self = value
    }
}
