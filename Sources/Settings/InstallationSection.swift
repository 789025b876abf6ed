internal import Model
internal import YAML

/// The section installation: what all newly installed hosts have in common.
extension Installation {
    static let keys = ["country", "keyboard", "timezone", "mail", "domain", "live_progress"]

    init(_ section: Section) {
        self.init()
        country = section.value("country", .country) ?? country
        keyboard = section.value("keyboard", .keyboard) ?? keyboard
        timezone = section.value("timezone", .timezone) ?? timezone
        mail = section.value("mail", .mail)
        domain = section.value("domain", .domain) ?? domain
        hasLiveProgress = section.value("live_progress", .flag) ?? hasLiveProgress
    }
}

extension Form<Country> {
    fileprivate static var country: Self {
        text(
            "a country's two letters, such as de",
            hint: { Country.slips[$0.lowercased()] ?? (try? Country($0))?.description },
            parse: { text in (try? Country(text)).flatMap { $0.description == text ? $0 : nil } }
        )
    }
}

extension Form<KeyboardLayout> {
    /// People write the country, as in `us`; the installer has the language before it.
    fileprivate static var keyboard: Self {
        let names = KeyboardLayout.allCases.map(\.rawValue)
        return text(
            Spelling.list(names),
            hint: { text in
                names.first { $0.hasSuffix("-\(text.lowercased())") } ?? Spelling.nearest(to: text, in: names)
            },
            parse: KeyboardLayout.init(rawValue:)
        )
    }
}

extension Form<Timezone> {
    fileprivate static var timezone: Self {
        text(
            "a time zone such as Europe/Berlin, or UTC",
            hint: { text in
                let names = Timezone.all
                return Spelling.nearest(to: text, in: names)
                    ?? names.first { $0.lowercased().split(separator: "/").last == text.lowercased()[...] }
            },
            parse: { try? Timezone($0) }
        )
    }
}

extension Form<MailAddress> {
    fileprivate static var mail: Self {
        Form(allowed: "a mail address such as admin@example.org") { (scalar) throws(Refusal) in
            guard let mail = try? MailAddress(scalar.text) else {
                let isPlaceholder = scalar.text.lowercased() == "mail@example.invalid"
                throw Refusal(message: isPlaceholder ? "which is a placeholder that the installer refuses" : nil)
            }
            return mail
        }
    }
}

extension Form<DomainName> {
    fileprivate static var domain: Self {
        text(
            "a domain such as lab.example.org",
            hint: { text in
                let repaired = text.split(separator: ".").joined(separator: ".")
                return repaired == text ? nil : (try? DomainName(repaired))?.description
            },
            parse: { try? DomainName($0) }
        )
    }
}
