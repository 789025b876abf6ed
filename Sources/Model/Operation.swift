/// One piece of work on a host, from its start to its end in `ready`, `failed` or back in `registered`.
public struct Operation: Equatable, Sendable, Codable, Identifiable {
    public var id: String
    public var host: String
    public var startedAt: Timestamp
    public var endedAt: Timestamp?
    public var outcome: HostState?
    /// The version of the server types it started with, and keeps.
    public var serverTypesVersion: Int64
    /// How often the machine restarted during the installation, which then began once more.
    public var reentries: Int
    /// What is installed; nil where a state was set without installing anything.
    public var image: String?

    public init(
        id: String, host: String, startedAt: Timestamp, endedAt: Timestamp?, outcome: HostState?,
        serverTypesVersion: Int64, reentries: Int = 0, image: String? = nil
    ) {
        self.id = id
        self.host = host
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.outcome = outcome
        self.serverTypesVersion = serverTypesVersion
        self.reentries = reentries
        self.image = image
    }

    /// What it is, before the name of its host.
    public var title: String { image == nil ? "Walk of" : "Installation of" }

    /// Why an operation ends whose machine does not get through the installation.
    public static let secondRestart = """
        it restarted a second time during the installation. Look at its screen, its power supply and its memory, then \
        rebuild it.
        """

    enum CodingKeys: String, CodingKey {
        case id, host, outcome, reentries, image
        case startedAt = "started_at"
        case endedAt = "ended_at"
        case serverTypesVersion = "server_types_version"
    }
}
