/// A bare machine that Sprout manages.
public struct Host: Equatable, Sendable, Codable {
    public var id: String
    public var hostname: Hostname
    /// The interface it netboots from, and all that are known to be its own.
    public var mac: MACAddress
    public var macs: [MACAddress]
    public var serverType: String
    public var state: HostState
    public var stateSince: Timestamp
    public var labels: [String: String]
    public var createdAt: Timestamp
    public var netbootProgram: NetbootChoice
    public var localBoot: LocalBoot
    /// Its own address, such as 10.20.0.13, where its server type's network is static.
    public var address: String?
    /// Whether an agent beside its installer may tell how far that is, where the settings have it so.
    public var hasLiveProgress: Bool
    /// What it told when it netbooted to be installed.
    public var memory: MachineMemory?

    public init(
        id: String, hostname: Hostname, mac: MACAddress, macs: [MACAddress], serverType: String, state: HostState,
        stateSince: Timestamp, labels: [String: String], createdAt: Timestamp,
        netbootProgram: NetbootChoice = .automatic, localBoot: LocalBoot = .usual, address: String? = nil,
        hasLiveProgress: Bool = true, memory: MachineMemory? = nil
    ) {
        self.id = id
        self.hostname = hostname
        self.mac = mac
        self.macs = macs
        self.serverType = serverType
        self.state = state
        self.stateSince = stateSince
        self.labels = labels
        self.createdAt = createdAt
        self.netbootProgram = netbootProgram
        self.localBoot = localBoot
        self.address = address
        self.hasLiveProgress = hasLiveProgress
        self.memory = memory
    }

    /// The label of a host whose machine does not exist: there is nothing to switch on.
    public static let rehearsalLabel = (key: "rehearsal", value: "yes")
    public var isRehearsed: Bool { labels[Self.rehearsalLabel.key] == Self.rehearsalLabel.value }

    enum CodingKeys: String, CodingKey {
        case id, hostname, mac, macs, state, labels, address, memory
        case serverType = "server_type"
        case stateSince = "state_since"
        case createdAt = "created_at"
        case netbootProgram = "netboot_program"
        case localBoot = "local_boot"
        case hasLiveProgress = "live_progress"
    }
}

/// One page of hosts, in the order of their ids; `next` is where the next page begins, if there is one.
public struct HostPage: Equatable, Sendable, Codable {
    public var hosts: [Host]
    public var next: String?

    public init(hosts: [Host], next: String?) {
        self.hosts = hosts
        self.next = next
    }

    /// `next` is always there, so that a client need not know whether it may be absent.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(hosts, forKey: .hosts)
        try container.encode(next, forKey: .next)
    }
}
