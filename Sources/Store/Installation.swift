public import Model

extension Store {
    /// What all newly installed hosts have in common, as it is in force.
    public func installation() throws -> Installation {
        var installation = Installation()
        if let text = try setting("installation.country") { installation.country = try Country(text) }
        if let text = try setting("installation.keyboard") { installation.keyboard = try KeyboardLayout(text) }
        if let text = try setting("installation.timezone") { installation.timezone = try Timezone(text) }
        if let text = try setting("installation.mail"), !text.isEmpty { installation.mail = try MailAddress(text) }
        if let text = try setting("installation.domain") { installation.domain = try DomainName(text) }
        return installation
    }
}

extension Installation {
    /// As the database keeps it for the other daemons, which do not read the file.
    public var settings: [String: String] {
        [
            "installation.country": "\(country)", "installation.keyboard": "\(keyboard)",
            "installation.timezone": "\(timezone)", "installation.mail": mail.map { "\($0)" } ?? "",
            "installation.domain": "\(domain)",
        ]
    }
}
