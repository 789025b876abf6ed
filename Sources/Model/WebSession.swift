/// That somebody has signed in, as a browser shows it with each request: text that sprout-orchestrator has signed.
public struct WebSession: Equatable, Sendable {
    public let id: String
    public let user: String
    public let generation: Int64
    public let expiresAt: Timestamp

    public init(id: String, user: String, generation: Int64, expiresAt: Timestamp) {
        self.id = id
        self.user = user
        self.generation = generation
        self.expiresAt = expiresAt
    }

    /// What is signed.
    public var text: String { "1.\(id).\(user).\(generation).\(expiresAt.milliseconds)" }

    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "1", let generation = Int64(parts[3]), let end = Int64(parts[4]) else {
            return nil
        }
        self.init(
            id: String(parts[1]), user: String(parts[2]), generation: generation,
            expiresAt: Timestamp(milliseconds: end))
    }

    public static let days = 14
}
