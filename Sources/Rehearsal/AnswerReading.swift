import Model

extension InstallerRules {
    func answer(_ root: TOMLTable) throws(InstallerRefusal) -> InstallerAnswer {
        var fields: [AnswerSection.Field] = ["global", "network", "disk-setup"].map { .init(name: $0) }
        if release.takesHashAndURLs {
            fields += ["post-installation-webhook", "first-boot"].map { .init(name: $0) }
        }
        let section = try AnswerSection(root, fields)
        func needed(_ name: String) throws(InstallerRefusal) -> TOMLTable {
            guard let table = try section.table(name) else { throw .parsing("missing field `\(name)`", line: 1) }
            return table
        }
        var answer = InstallerAnswer(
            global: try global(try needed("global")), network: try network(try needed("network")),
            disks: try disks(try needed("disk-setup")))
        answer.webhook = try section.table("post-installation-webhook").map(webhook)
        answer.firstBootURL = try section.table("first-boot").flatMap(firstBoot)
        return answer
    }

    private func global(_ table: TOMLTable) throws(InstallerRefusal) -> InstallerAnswer.Global {
        var fields = ["country", "fqdn", "keyboard", "mailto", "timezone", "root-password"].map { field($0) }
        if release.takesHashAndURLs { fields.append(field("root-password-hashed")) }
        fields.append(field("reboot-on-error"))
        if release.hasRebootMode { fields.append(field("reboot-mode")) }
        fields.append(field("root-ssh-keys"))
        if release >= .v9x2 { fields.append(field("subscription-key")) }
        let section = try AnswerSection(table, fields)
        let country = try section.required("country")
        let name = try fqdn(section)
        _ = try section.required("keyboard")
        _ = try section.choice("keyboard", of: KeyboardLayout.allCases.map(\.rawValue))
        let (mail, timezone) = (try section.required("mailto"), try section.required("timezone"))
        let password = try section.text("root-password")
        if password == nil, !release.takesHashAndURLs {
            throw .parsing("missing field `root_password`", line: section.line)
        }
        let hash = try section.text("root-password-hashed")
        _ = try section.flag("reboot-on-error")
        let keys = try section.texts("root-ssh-keys")
        _ = try section.text("subscription-key")
        let mode = try section.choice("reboot-mode", of: ["reboot", "power-off"])
        return .init(
            country: country, fqdn: name, mail: mail, timezone: timezone, password: password, hash: hash,
            keys: keys, powersOff: mode == "power-off")
    }

    private func fqdn(_ section: AnswerSection) throws(InstallerRefusal) -> InstallerAnswer.FQDN {
        if release >= .v8x4, let table = try? section.table("fqdn") {
            return try fromDHCP(table, line: section.line("fqdn"))
        }
        guard release < .v8x4 || section.has("fqdn"), let text = try? section.text("fqdn") else {
            throw section.has("fqdn")
                ? .parsing(Self.wrongFQDN, line: section.line("fqdn"))
                : .parsing("missing field `fqdn`", line: section.line)
        }
        if let refusal = FQDNRules.refusal(of: text) {
            throw .parsing(release >= .v8x4 ? Self.wrongFQDN : refusal, line: section.line("fqdn"))
        }
        return .fixed(text)
    }

    private func fromDHCP(_ table: TOMLTable, line: Int) throws(InstallerRefusal) -> InstallerAnswer.FQDN {
        do throws(InstallerRefusal) {
            let section = try AnswerSection(table, [.init(name: "source"), .init(name: "domain")])
            _ = try section.choice("source", of: ["from-dhcp"])
            let domain = try section.text("domain")
            return .fromDHCP(domain: domain == "" ? nil : domain)
        } catch {
            // Whatever is wrong in one of two forms, the parser only says that it is neither.
            throw .parsing(Self.wrongFQDN, line: line)
        }
    }

    private static let wrongFQDN =
        "either a fully-qualified domain name or extendend configuration for usage with DHCP must be specified"

    private func webhook(_ table: TOMLTable) throws(InstallerRefusal) -> InstallerAnswer.Webhook {
        var fields = [field("url"), field("cert-fingerprint")]
        if release.hasWebhookToken { fields.append(field("auth-token")) }
        let section = try AnswerSection(table, fields)
        _ = try section.text("cert-fingerprint")
        return .init(url: try section.required("url"), token: try section.text("auth-token"))
    }

    /// The section of 8.3 already has its hyphens, unlike the rest of that release.
    private func firstBoot(_ table: TOMLTable) throws(InstallerRefusal) -> String? {
        let fields = [
            field("source"), field("ordering"), field("url"),
            field("cert-fingerprint", inEvery: !release.spellsWithHyphens),
        ]
        let section = try AnswerSection(table, fields)
        _ = try section.required("source")
        let source = try section.choice("source", of: ["from-url", "from-iso"])
        _ = try section.choice("ordering", of: ["before-network", "network-online", "fully-up"])
        _ = try section.text("cert-fingerprint")
        guard let url = try section.text("url"), source == "from-url" else {
            guard source == "from-iso" else {
                throw InstallerRefusal(.setup, "first-boot executable source set to URL, but none specified!")
            }
            return nil
        }
        return url
    }
}
