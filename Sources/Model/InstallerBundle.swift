/// All logs inside an installer as one file, which the agent beside it sends when it is asked.
public struct InstallerBundle: Equatable, Sendable, Codable {
    public enum State: String, CaseIterable, Sendable, Codable {
        case asked, arrived, failed
    }

    /// What became of it when it was last asked for.
    public var state: State
    public var askedAt: Timestamp
    /// Why it has not come, as a sentence.
    public var problem: String?
    /// When the one that is kept came: an earlier one, as long as no later one has.
    public var arrivedAt: Timestamp?
    /// How many bytes that has.
    public var size: Int64?

    public init(
        state: State, askedAt: Timestamp, problem: String? = nil, arrivedAt: Timestamp? = nil, size: Int64? = nil
    ) {
        (self.state, self.askedAt, self.problem) = (state, askedAt, problem)
        (self.arrivedAt, self.size) = (arrivedAt, size)
    }

    /// An agent tries three times, for two minutes each.
    public static let longestWait: Duration = .seconds(7 * 60)

    enum CodingKeys: String, CodingKey {
        case state, problem, size
        case askedAt = "asked_at"
        case arrivedAt = "arrived_at"
    }
}
