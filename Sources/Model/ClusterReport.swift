/// What was found out of the cluster, and whether a host can join it: one tick after the other.
public struct ClusterReport: Equatable, Sendable, Codable {
    /// The member that was asked, as settings name it.
    public var member: String
    /// The cluster's name, once it was told.
    public var name: String?
    /// The fingerprint of the certificate or the SSH host key that the member shows.
    public var shown: String?
    public var nodes: [ClusterNode] = []
    public var ticks: [ClusterTick] = []

    public init(member: String) { self.member = member }

    public var isGood: Bool { !ticks.contains { $0.outcome == .bad } }

    /// What speaks against joining.
    public var obstacles: [ClusterTick] { ticks.filter { $0.outcome == .bad } }
}

/// A machine of a cluster, as another member lists it.
public struct ClusterNode: Equatable, Sendable, Codable {
    public var name: String
    public var id: Int
    public var address: String?
    public var isOnline: Bool
    public var votes: Int
    /// Its addresses on the cluster's links, by their numbers.
    public var links: [Int: String]
    /// The SHA-256 of the certificate that its API shows.
    public var fingerprint: String?
    /// The virtual machines and containers that are kept on it, such as `100 (web)`.
    public var guests: [String] = []
    /// Their configuration, where it was asked for and can be read.
    public var guestFiles: [GuestFile]?

    public init(
        name: String, id: Int, address: String?, isOnline: Bool, votes: Int = 1, links: [Int: String] = [:],
        fingerprint: String? = nil
    ) {
        (self.name, self.id, self.address, self.isOnline) = (name, id, address, isOnline)
        (self.votes, self.links, self.fingerprint) = (votes, links, fingerprint)
    }

    enum CodingKeys: String, CodingKey {
        case name, id, address, votes, links, fingerprint, guests
        case isOnline = "online"
        case guestFiles = "guest_files"
    }
}

/// The configuration of a virtual machine or a container.
public struct GuestFile: Equatable, Sendable, Codable {
    /// Where it is in its node's folder, such as `qemu-server/100.conf`.
    public var path: String
    public var text: String

    public init(path: String, text: String) { (self.path, self.text) = (path, text) }
}

/// One thing that was looked at before a join, and what was found.
public struct ClusterTick: Equatable, Sendable, Codable {
    public enum Check: String, Sendable, Codable, CaseIterable {
        case reachable, identity, login, cluster, quorum, members, name, host, address, links, versions, clock, ports
    }

    public enum Outcome: String, Sendable, Codable {
        case good, caution, bad
    }

    public var check: Check
    public var outcome: Outcome
    /// What was found and, unless that is good, what to do.
    public var sentence: String
    /// Whether it may become good by itself.
    public var isPassing: Bool

    public init(_ check: Check, _ outcome: Outcome, _ sentence: String, isPassing: Bool = false) {
        (self.check, self.outcome, self.sentence, self.isPassing) = (check, outcome, sentence, isPassing)
    }

    enum CodingKeys: String, CodingKey {
        case check, outcome, sentence
        case isPassing = "passing"
    }
}
