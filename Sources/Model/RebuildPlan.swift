/// What a rebuild of a host would do: shown before anything is armed.
public struct RebuildPlan: Equatable, Sendable, Codable {
    public var host: Host
    public var image: String
    public var release: String
    public var fqdn = ""
    /// The disk or disks that are wiped, as the server type names them.
    public var disk = ""
    public var filesystem = ""
    public var address = ""
    /// The disks that the machine had when it was last installed.
    public var knownDisks: [String] = []
    /// What lies on the disks that are wiped, where Sprout has not put it there: it is lost only if somebody says so.
    public var strangeContents: [DiskContents] = []
    /// The cluster that it is to join; nil where it is to be a node of its own.
    public var cluster: ClusterReport?
    /// The installer's answer file, with its secrets hidden.
    public var answer: String?
    public var cautions: [String] = []
    /// What speaks against it: nothing is armed as long as there is any.
    public var problems: [Obstacle] = []

    public struct Obstacle: Equatable, Sendable, Codable {
        public var field: String
        public var sentence: String

        public init(field: String, sentence: String) { (self.field, self.sentence) = (field, sentence) }
    }

    /// The member of the cluster that has the host's name already.
    public var namesake: ClusterNode? { cluster?.nodes.first { $0.name == "\(host.hostname)" } }

    public init(_ host: Host, _ image: InstallerImage) {
        (self.host, self.image, release) = (host, image.id, image.release)
    }

    enum CodingKeys: String, CodingKey {
        case host, image, release, fqdn, disk, filesystem, address, cluster, answer, cautions, problems
        case knownDisks = "known_disks"
        case strangeContents = "strange_contents"
    }
}

/// What a host is made of, as its installer and its first start told.
public struct Inventory: Equatable, Sendable, Codable {
    public var installedAt: Timestamp
    public var report: InstalledReport
    public var startedAt: Timestamp?
    public var start: StartReport?
    /// Where it is reached: it called from there, and it is its own.
    public var address: String?
    /// The cluster that it joined.
    public var cluster: String?

    public init(
        installedAt: Timestamp, report: InstalledReport, startedAt: Timestamp?, start: StartReport?, address: String?
    ) {
        (self.installedAt, self.report, self.startedAt, self.start) = (installedAt, report, startedAt, start)
        self.address = address
    }

    enum CodingKeys: String, CodingKey {
        case report, start, address, cluster
        case installedAt = "installed_at"
        case startedAt = "started_at"
    }
}
