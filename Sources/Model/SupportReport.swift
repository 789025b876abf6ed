/// What was collected for whoever helps, as `GET /api/box/support` tells.
public struct SupportReport: Codable, Equatable, Sendable {
    /// Why nothing can be collected from here; nil where it can.
    public let obstacle: String?
    public let isUnderWay: Bool
    public let collectedAt: Timestamp?
    public let size: Int64?
    /// Why nothing came of the last wish.
    public let problem: String?

    public init(
        obstacle: String? = nil, isUnderWay: Bool = false, collectedAt: Timestamp? = nil, size: Int64? = nil,
        problem: String? = nil
    ) {
        (self.obstacle, self.isUnderWay, self.problem) = (obstacle, isUnderWay, problem)
        (self.collectedAt, self.size) = (collectedAt, size)
    }

    enum CodingKeys: String, CodingKey {
        case obstacle, size, problem
        case isUnderWay = "under_way"
        case collectedAt = "collected_at"
    }

    /// What the file is called where it is collected, and where it is saved.
    public static let fileName = "sprout-support.tar.gz"
}
