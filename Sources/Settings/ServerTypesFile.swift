internal import Model
internal import YAML

extension ServerTypes {
    /// Reads server-types.yaml, or throws all that is wrong with it.
    public init(parsing text: String, file: String) throws(Diagnostics) {
        let mistakes = Mistakes(in: file)
        let root = try Section(parsing: text, mistakes: mistakes).knowing(["server_types"])
        all = Self.types(root)
        try mistakes.check()
    }

    private static func types(_ root: Section) -> [ServerType] {
        guard root.demand("server_types", allowed: example), let entry = root.entry("server_types") else { return [] }
        let section = root.section(entry)
        if case .mapping([]) = entry.value.kind {
            root.mistakes.note("server_types", at: entry.value.mark, Refusal(message: "is empty"), allowed: example)
        }
        return section.entriesByServerType.map { ServerType($0.key.text, section.section($0)) }
    }

    private static let example = "at least one type, such as server_types: {vm: {boot_disk: /dev/vda}}"
}

extension ServerType {
    private static let keys = [
        "display_name", "boot_disk", "filesystem", "management_nic", "gpu", "hostname_prefix", "network", "power",
        "retry", "deadlines",
    ]

    fileprivate init(_ key: String, _ section: Section) {
        let section = section.knowing(Self.keys)
        // A type without a disk goes nowhere: that it has none was noted, and refuses the file.
        let disk = BootDisk(section)
        self.init(key: key, bootDisk: disk ?? .path(""))
        displayName = section.value("display_name", .title) ?? displayName
        filesystem = Filesystem(of: section) ?? filesystem
        if let disk { filesystem.check(against: disk, in: section) }
        managementNIC = section.value("management_nic", .port)
        hasGPU = section.value("gpu", .flag) ?? hasGPU
        hostnamePrefix = section.value("hostname_prefix", .hostnamePrefix) ?? hostnamePrefix
        network = Network(section) ?? network
        power = Power(section) ?? power
        retries = section.value("retry", .flag) ?? retries
        let states = HostState.allCases.filter(\.isUnderWay)
        let limits = section.section("deadlines", keys: states.map(\.rawValue))
        for state in states { deadlines.times[state] = limits.value(state.rawValue, .deadline) }
    }
}

extension ServerType.BootDisk {
    fileprivate init?(_ type: Section) {
        let form = Form.disk
        guard type.demand("boot_disk", allowed: form.allowed), let entry = type.entry("boot_disk") else { return nil }
        switch entry.value.kind {
        case .mapping: self.init(described: entry, type)
        case .sequence(let items): self.init(listed: items, entry, type)
        case .scalar:
            guard let path = type.read(entry, form) else { return nil }
            self = .path(path)
        }
    }

    private init?(listed items: [Node], _ entry: Node.Entry, _ type: Section) {
        let key = type.child("boot_disk")
        let paths = items.compactMap { type.read($0, at: key, Form.disk) }
        if let message = Self.mistake(in: paths, of: items.count) {
            type.mistakes.note(key, at: entry.value.mark, Refusal(message: message), allowed: Form.disk.allowed)
        }
        guard paths.count == items.count, let first = paths.first else { return nil }
        self = paths.count == 1 ? .path(first) : .paths(paths)
    }

    private static func mistake(in paths: [String], of count: Int) -> String? {
        if count == 0 { return "is empty" }
        if Set(paths).count < paths.count { return "names a disk twice" }
        // The installer finds several disks by the kernel's names only, and one filter cannot mean several of them.
        let hasLink = paths.contains { $0.hasPrefix("/dev/disk/") }
        return hasLink && count > 1 ? "several disks are listed by the kernel's names only, such as /dev/sda" : nil
    }

    private init?(described entry: Node.Entry, _ type: Section) {
        let section = type.section(entry).knowing(["path", "serial", "model"])
        let path = section.value("path", .disk).map(Self.path)
        let serial = section.value("serial", .line(upTo: 100)).map(Self.serial)
        let model = section.value("model", .line(upTo: 100)).map(Self.model)
        if section.entries.count != 1 {
            let refusal = Refusal(message: "one disk is described in one way")
            type.mistakes.note(section.path, at: section.mark, refusal, allowed: "one of path, serial and model")
        }
        guard let disk = path ?? serial ?? model else { return nil }
        self = disk
    }
}

extension ServerType.Network {
    private enum Mode: String, CaseIterable { case dhcp, fixed = "static" }

    fileprivate init?(_ type: Section) {
        guard let (mode, section) = type.variant("network", by: "mode", Form<Mode>.choice) else { return nil }
        switch mode {
        case .dhcp:
            _ = section.knowing(["mode"])
            self = .dhcp
        case .fixed:
            self.init(fixed: section.knowing(["mode", "cidr", "gateway", "dns"]))
        }
    }

    private init?(fixed section: Section) {
        let network = section.required("cidr", .network)
        let gateway = section.required("gateway", .ipv4)
        let dns = section.value("dns", .ipv4)
        guard let network, let gateway else { return nil }
        if let address = IPv4Address(gateway[...]), !network.hasHost(address) {
            let refusal = Refusal(message: "which is no host's address in \(network)")
            section.mistakes.note(section.child("gateway"), at: section.place("gateway"), found: gateway, refusal)
        }
        self = .fixed(cidr: network.description, gateway: gateway, dns: dns ?? gateway)
    }
}

extension ServerType.Power {
    fileprivate init?(_ type: Section) {
        guard let (kind, section) = type.variant("power", by: "kind", Form<Kind>.choice) else { return nil }
        switch kind {
        case .manual, .wol:
            _ = section.knowing(["kind"])
            self = kind == .wol ? .wakeOnLAN : .manual
        case .redfish: self.init(redfish: section.knowing(["kind", "url", "secret_name"]))
        case .http:
            guard let hooks = PowerHooks(section.knowing(PowerHooks.keys)) else { return nil }
            self = .http(hooks)
        }
    }

    private init?(redfish section: Section) {
        let url = section.required("url", .webTemplate)
        let secretName = section.required("secret_name", .secretName)
        guard let url, let secretName else { return nil }
        self = .redfish(url: url, secretName: secretName)
    }
}

extension Section {
    /// Reads what is either one word, or a map in which the key `tag` has that word and others say more.
    func variant<Tag>(_ key: String, by tag: String, _ form: Form<Tag>) -> (tag: Tag, section: Section)? {
        guard let entry = entry(key), !entry.value.isNull else { return nil }
        if case .mapping = entry.value.kind {
            let section = section(entry)
            return section.required(tag, form).map { ($0, section) }
        }
        let nothing = Section(path: child(key), mark: entry.value.mark, entries: [], mistakes: mistakes)
        return read(entry, form).map { ($0, nothing) }
    }
}
