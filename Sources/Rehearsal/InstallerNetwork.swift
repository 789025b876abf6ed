import Model

extension InstallerRules {
    func network(_ table: TOMLTable) throws(InstallerRefusal) -> InstallerAnswer.Network {
        release >= .v9x2 ? try taggedNetwork(table) : try plainNetwork(table)
    }

    /// Up to 9.1 all keys are read, and then looked at together.
    private func plainNetwork(_ table: TOMLTable) throws(InstallerRefusal) -> InstallerAnswer.Network {
        var fields = ["source"] + Self.fixedKeys
        if release.pinsPortNames { fields.append(Self.pinning) }
        let section = try AnswerSection(table, fields.map { .init(name: $0) })
        let source = try section.choice("source", of: ["from-dhcp", "from-answer"]) ?? "from-dhcp"
        let cidr = try cidr(section)
        for key in ["dns", "gateway"] { try checkAddress(section, key) }
        let filter = try section.map("filter")
        let pinning = try section.table(Self.pinning).map(pinning)
        for key in Self.fixedKeys where section.has(key) != (source == "from-answer") {
            throw .parsing(
                section.has(key)
                    ? "Field '\(key)' not supported for 'from-dhcp' config." : "Field '\(key)' must be set.",
                line: section.line)
        }
        return .init(fixed: cidr.map { .init(cidr: $0, filter: filter ?? [:]) }, pinning: pinning)
    }

    /// From 9.2 on the source decides which keys there are.
    private func taggedNetwork(_ table: TOMLTable) throws(InstallerRefusal) -> InstallerAnswer.Network {
        let all = (["source"] + Self.fixedKeys + [Self.pinning]).map { AnswerSection.Field(name: $0) }
        guard let source = table["source"] else { throw .parsing("missing field `source`", line: table.line) }
        guard case .text(let word) = source, ["from-dhcp", "from-answer"].contains(word) else {
            var found = ""
            if case .text(let text) = source { found = text }
            throw .parsing(
                "unknown variant `\(found)`, expected `from-dhcp` or `from-answer`",
                line: table.entries.first { $0.key == "source" }?.line ?? table.line)
        }
        let keys = word == "from-dhcp" ? [] : Self.fixedKeys
        for entry in table.entries where !(["source", Self.pinning] + keys).contains(entry.key) {
            throw .parsing(
                "unknown field `\(entry.key)`, \(InstallerRefusal.listed(keys + [Self.pinning]))", line: entry.line)
        }
        let section = try AnswerSection(table, all)
        let pinning = try section.table(Self.pinning).map(pinning)
        if word == "from-dhcp" { return .init(pinning: pinning) }
        let cidr = try cidr(section)
        for key in ["dns", "gateway"] { try checkAddress(section, key) }
        for key in ["cidr", "dns", "gateway"] where !section.has(key) {
            throw .parsing("missing field `\(key)`", line: section.line)
        }
        return .init(
            fixed: .init(cidr: cidr ?? "", filter: try section.map("filter") ?? [:]), pinning: pinning)
    }

    private func cidr(_ section: AnswerSection) throws(InstallerRefusal) -> String? {
        guard let text = try section.text("cidr") else { return nil }
        if let cidr = AddressRules.cidr(text, release) { return cidr }
        throw .parsing(release >= .v9x2 ? "invalid IP address" : "invalid CIDR", line: section.line("cidr"))
    }

    private func checkAddress(_ section: AnswerSection, _ key: String) throws(InstallerRefusal) {
        guard let text = try section.text(key), !AddressRules.isAddress(text[...]) else { return }
        throw .parsing("invalid IP address syntax", line: section.line(key))
    }

    /// That the section is there pins all names: what `enabled` says changes nothing.
    private func pinning(_ table: TOMLTable) throws(InstallerRefusal) -> InstallerAnswer.Network.Pinning {
        let section = try AnswerSection(table, [.init(name: "enabled"), .init(name: "mapping")])
        guard let isEnabled = try section.flag("enabled") else {
            throw .parsing("missing field `enabled`", line: section.line)
        }
        let names = try section.map("mapping") ?? [:]
        guard isEnabled else { return .init(names: [:]) }
        return .init(names: Dictionary(names.map { ($0.key.lowercased(), $0.value) }) { $1 })
    }

    private static let fixedKeys = ["cidr", "dns", "gateway", "filter"]
    private static let pinning = "interface-name-pinning"

    // MARK: On a machine

    func fqdn(_ wish: InstallerAnswer.FQDN, _ machine: FakeMachine) throws(InstallerRefusal) -> String {
        guard case .fromDHCP(let domain) = wish else {
            guard case .fixed(let text) = wish else { return "" }
            return text
        }
        guard let name = machine.lease.hostname else {
            throw Self.stop("`global.fqdn.source` set to \"from-dhcp\", but DHCP server did not provide a hostname!")
        }
        guard let domain = domain ?? machine.lease.domain else {
            throw Self.stop("no domain received from DHCP server and `global.fqdn.domain` is unset!")
        }
        return "\(name).\(domain)"
    }

    /// The port that gets the address: the one with the default route, or the first that the filter finds.
    func management(
        _ network: InstallerAnswer.Network, _ machine: FakeMachine
    ) throws(InstallerRefusal) -> (FakeMachine.Port, address: String) {
        guard let fixed = network.fixed else { return (machine.leasedPort, machine.lease.address) }
        let found = try first(of: machine.ports.sorted { $0.link < $1.link }, fixed.filter) { $0.properties }
        return (found, fixed.cidr)
    }

    func portNames(
        _ pinning: InstallerAnswer.Network.Pinning?, _ machine: FakeMachine
    ) throws(InstallerRefusal) -> [MACAddress: String] {
        guard let pinning else { return [:] }
        var owners: [String: String] = [:]
        for (mac, name) in pinning.names.sorted(by: { $0.key < $1.key }) {
            if let refusal = Self.refusal(ofName: name, mac) { throw Self.stop(refusal) }
            if let other = owners[name] {
                throw Self.stop("duplicate interface name mapping '\(name)' for: \(mac), \(other)")
            }
            owners[name] = mac
        }
        var (names, number) = ([MACAddress: String](), 0)
        for port in machine.ports {
            names[port.mac] = pinning.names["\(port.mac)"] ?? "nic\(number)"
            if pinning.names["\(port.mac)"] == nil { number += 1 }
        }
        return names
    }

    private static func refusal(ofName name: String, _ mac: String) -> String? {
        if name.utf8.count < 2 { return "interface name for '\(mac)' must be at least 2 characters long" }
        if name.utf8.count > 15 { return "interface name '\(name)' for '\(mac)' cannot be longer than 15 characters" }
        if name.wholeMatch(of: /[A-Za-z][A-Za-z0-9_]{1,20}([:.][0-9]+)?/) != nil { return nil }
        return "interface name '\(name)' for '\(mac)' is invalid: name must start with a letter and contain only "
            + "ascii characters, digits and underscores"
    }
}
