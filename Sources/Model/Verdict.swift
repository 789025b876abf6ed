/// Why a machine does not get on with its netboot, and what to do: one sentence of each.
public struct Verdict: Equatable, Sendable, Codable {
    public var kind: Kind
    public var sentence: String
    public var remedy: String
    /// The machine that may be the one that is waited for.
    public var candidate: MACAddress?

    public enum Kind: String, CaseIterable, Sendable, Codable {
        case nothingHeard = "nothing_heard"
        case startedFromDisk = "started_from_disk"
        case nearMiss = "near_miss"
        case noAddress = "no_address"
        case offerIgnored = "offer_ignored"
        case otherBootServer = "other_boot_server"
        case bootServerStalled = "boot_server_stalled"
        case wrongFile = "wrong_file"
        case tftpStalled = "tftp_stalled"
        case programSilent = "program_silent"
        case scriptNotFetched = "script_not_fetched"
        case looping
        case notServed = "not_served"

        /// It is over as soon as the machine is heard.
        public var isAboutWaiting: Bool { [.nothingHeard, .startedFromDisk, .nearMiss].contains(self) }

        /// The lines for the router's own settings help.
        public var isHelpedByRouter: Bool { self == .offerIgnored || self == .wrongFile }
    }

    public init(_ kind: Kind, _ sentence: String, remedy: String, candidate: MACAddress? = nil) {
        (self.kind, self.sentence, self.remedy, self.candidate) = (kind, sentence, remedy, candidate)
    }

}

/// What is known of the network around a machine.
public struct NetworkView: Equatable, Sendable {
    /// Other boot servers, each as an address with its owner's MAC address.
    public var bootServers: [String]

    public init(bootServers: [String] = []) {
        self.bootServers = bootServers
    }
}

/// The host that is waited for: its name, and since when.
public struct AwaitedHost: Equatable, Sendable {
    public let hostname: Hostname
    public let mac: MACAddress
    public let since: Timestamp

    public init(hostname: Hostname, mac: MACAddress, since: Timestamp) {
        (self.hostname, self.mac, self.since) = (hostname, mac, since)
    }
}
