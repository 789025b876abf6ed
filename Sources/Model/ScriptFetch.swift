/// What a host's machine fetched while it netboots; the orchestrator decides what follows from it.
public struct ScriptFetch: Equatable, Sendable, Codable {
    public let host: String
    public let at: Timestamp
    /// Since when the host was in the state that the answer was made for.
    ///
    /// What is told twice, or too late, is recognised by it.
    public let stateSince: Timestamp
    public let outcome: Outcome

    public enum Outcome: Equatable, Sendable, Codable {
        case sentToDisk
        /// It had already left for the installer, so it has restarted since.
        case restarted
        case tooLittleMemory(MachineMemory, needed: MachineMemory)
        /// It told its memory, and nothing else follows.
        case toldMemory(MachineMemory)
        case fetchedKernel
        /// IPXE did not get a file of the installer.
        case couldNotLoad(file: String)
        /// A file is not any more what was imported, and why that is known.
        case damagedImage(String)
    }

    public init(host: Host, at moment: Timestamp, _ outcome: Outcome) {
        self.host = host.id
        self.at = moment
        stateSince = host.stateSince
        self.outcome = outcome
    }

    enum CodingKeys: String, CodingKey {
        case host, at, outcome
        case stateSince = "state_since"
    }
}
