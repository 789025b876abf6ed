/// What somebody wishes to change of a host: texts, not yet checked.
///
/// What is left out stays as it is.
public struct HostChange: Equatable, Sendable, Codable {
    public var hostname: String?
    /// The interface it netboots from.
    ///
    /// One that was not known as its own takes the place of the one before, which was a typing error or was replaced.
    public var mac: String?
    public var addedMACs: [String]?
    public var removedMACs: [String]?
    public var serverType: String?
    /// All labels it is to have.
    public var labels: [String: String]?
    public var netbootProgram: String?
    public var localBoot: String?
    /// Its own address; empty is none.
    public var address: String?
    public var hasLiveProgress: Bool?
    /// Whether the disks that it was installed with are not expected in it any more.
    public var isDiskReplaced: Bool?

    public init(
        hostname: String? = nil, mac: String? = nil, addedMACs: [String]? = nil, removedMACs: [String]? = nil,
        serverType: String? = nil, labels: [String: String]? = nil, netbootProgram: String? = nil,
        localBoot: String? = nil, address: String? = nil, hasLiveProgress: Bool? = nil,
        isDiskReplaced: Bool? = nil
    ) {
        self.hostname = hostname
        self.mac = mac
        self.addedMACs = addedMACs
        self.removedMACs = removedMACs
        self.serverType = serverType
        self.labels = labels
        self.netbootProgram = netbootProgram
        self.localBoot = localBoot
        self.address = address
        self.hasLiveProgress = hasLiveProgress
        self.isDiskReplaced = isDiskReplaced
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case hostname, mac, labels, address
        case addedMACs = "add_macs"
        case removedMACs = "remove_macs"
        case serverType = "server_type"
        case netbootProgram = "netboot_program"
        case localBoot = "local_boot"
        case hasLiveProgress = "live_progress"
        case isDiskReplaced = "disk_replaced"
    }

    public init(from decoder: any Decoder) throws {
        try decoder.refuseUnknownKeys(CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        hostname = try container.decodeIfPresent(String.self, forKey: .hostname)
        mac = try container.decodeIfPresent(String.self, forKey: .mac)
        addedMACs = try container.decodeIfPresent([String].self, forKey: .addedMACs)
        removedMACs = try container.decodeIfPresent([String].self, forKey: .removedMACs)
        serverType = try container.decodeIfPresent(String.self, forKey: .serverType)
        labels = try container.decodeIfPresent([String: String].self, forKey: .labels)
        netbootProgram = try container.decodeIfPresent(String.self, forKey: .netbootProgram)
        localBoot = try container.decodeIfPresent(String.self, forKey: .localBoot)
        address = try container.decodeIfPresent(String.self, forKey: .address)
        hasLiveProgress = try container.decodeIfPresent(Bool.self, forKey: .hasLiveProgress)
        isDiskReplaced = try container.decodeIfPresent(Bool.self, forKey: .isDiskReplaced)
    }
}

extension Host {
    /// The host as a change would make it, if that can be.
    ///
    /// Whether names and addresses are free, only the ledger knows.
    public func changed(by change: HostChange) throws(Refused) -> Host {
        var host = self
        if let name = change.hostname { host.hostname = try HostDraft.hostname(name) }
        if let type = change.serverType { host.serverType = type }
        if let labels = change.labels {
            for (key, value) in labels.sorted(by: { $0.key < $1.key }) { try HostDraft.check(label: key, value) }
            host.labels = labels
        }
        if let text = change.netbootProgram { host.netbootProgram = try Self.netbootChoice(text) }
        if let text = change.localBoot { host.localBoot = try Self.localBoot(text) }
        if let text = change.address { host.address = try HostDraft.address(text) }
        host.hasLiveProgress = change.hasLiveProgress ?? hasLiveProgress
        try host.changeInterfaces(by: change)
        if state.isUnderWay { try refuseWhatMatters(in: host) }
        return host
    }

    private static func netbootChoice(_ text: String) throws(Refused) -> NetbootChoice {
        if let choice = NetbootChoice(rawValue: text) { return choice }
        let all = NetbootChoice.allCases.map(\.rawValue).joined(separator: ", ")
        throw Refused(
            .invalid, "\"\(text)\" is no netboot program. There are: \(all).", field: "netboot_program")
    }

    private static func localBoot(_ text: String) throws(Refused) -> LocalBoot {
        do throws(LocalBoot.Malformed) {
            return try LocalBoot(text)
        } catch {
            throw Refused(.invalid, "\(error)", field: "local_boot")
        }
    }

    private mutating func changeInterfaces(by change: HostChange) throws(Refused) {
        var all = macs
        for text in change.addedMACs ?? [] {
            let address = try HostDraft.mac(text, "add_macs")
            if !all.contains(address) { all.append(address) }
        }
        if let text = change.mac {
            let wish = try HostDraft.mac(text, "mac")
            if !all.contains(wish) { all = all.map { $0 == mac ? wish : $0 } }
            mac = wish
        }
        for text in change.removedMACs ?? [] {
            let address = try HostDraft.mac(text, "remove_macs")
            guard address != mac else {
                throw Refused(
                    .invalid, "\(hostname) boots from \(address): change mac to another one first.",
                    field: "remove_macs")
            }
            guard all.contains(address) else {
                throw Refused(.invalid, "\(address) is no address of \(hostname).", field: "remove_macs")
            }
            all.removeAll { $0 == address }
        }
        guard all.count <= 32 else {
            throw Refused(.invalid, "A host has at most 32 MAC addresses.", field: "add_macs")
        }
        macs = [mac] + all.filter { $0 != mac }.sorted { $0.bits < $1.bits }
    }

    /// The operation has told the machine its name and its type, and knows it by its addresses.
    ///
    /// One that is still waited for may have been given a wrong address: that is the time to correct it.
    private func refuseWhatMatters(in changed: Host) throws(Refused) {
        let isKnown = state != .pxeReady
        let lost = macs.contains { !changed.macs.contains($0) }
        let fields = [
            (hostname != changed.hostname, "hostname", "its name"),
            (isKnown && mac != changed.mac, "mac", "its MAC address"),
            (isKnown && lost, "remove_macs", "its MAC addresses"),
            (serverType != changed.serverType, "server_type", "its type"),
            (address != changed.address, "address", "its address"),
        ]
        guard let (_, field, words) = fields.first(where: \.0) else { return }
        throw Refused(
            .conflict,
            "\(hostname) is \(state.rawValue): \(words) cannot change while an operation is under way. Cancel it first.",
            field: field)
    }

    /// What differs in another version of it, each as the end of a sentence.
    public func differences(to changed: Host) -> [String] {
        var words: [String] = []
        if hostname != changed.hostname { words.append("it is named \(changed.hostname)") }
        if mac != changed.mac { words.append("it boots from \(changed.mac), not \(mac)") }
        let added = changed.macs.filter { !macs.contains($0) && $0 != changed.mac }
        let removed = macs.filter { !changed.macs.contains($0) && $0 != mac }
        words += added.map { "\($0) is its own too" } + removed.map { "\($0) is its own no more" }
        if serverType != changed.serverType { words.append("it is \(changed.serverType), not \(serverType)") }
        if address != changed.address {
            words.append(changed.address.map { "its address is \($0)" } ?? "it has no address")
        }
        if labels != changed.labels { words.append("it has other labels") }
        if netbootProgram != changed.netbootProgram {
            words.append("its netboot program is \(changed.netbootProgram.sentence)")
        }
        if hasLiveProgress != changed.hasLiveProgress {
            words.append(
                changed.hasLiveProgress ? "its installer is followed live" : "its installer is not followed live")
        }
        if localBoot != changed.localBoot { words.append("its way to its own disk is \(changed.localBoot.sentence)") }
        return words
    }
}
