/// What people are told of a host without asking.
public enum NoticeKind: String, CaseIterable, Sendable, Codable {
    case ready, failed
    case needsYou = "needs_you"
}

/// How far a message got: what it says where no step does, and who has it.
public struct NoticeProgress: Equatable, Sendable, Codable {
    /// What a person is needed for; nil where the end of the operation is what is told.
    public var need: String?
    public var since: Timestamp
    /// The targets that have taken it, by their keys.
    public var delivered: [String] = []

    public init(need: String? = nil, since: Timestamp) {
        (self.need, self.since) = (need, since)
    }
}

/// Something that is still to be done for a host outside the database.
public struct PendingTask: Equatable, Sendable, Codable, Identifiable {
    public var id: Int64
    public var kind: Effect
    public var operation: String
    /// How often it was tried in vain.
    public var attempts: Int
    public var nextTry: Timestamp
    /// What was in the way the last time.
    public var problem: String?

    public init(id: Int64, kind: Effect, operation: String, attempts: Int, nextTry: Timestamp, problem: String?) {
        (self.id, self.kind, self.operation) = (id, kind, operation)
        (self.attempts, self.nextTry, self.problem) = (attempts, nextTry, problem)
    }

    enum CodingKeys: String, CodingKey {
        case id, kind, operation, attempts, problem, sentence
        case nextTry = "next_try"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try values.decode(Int64.self, forKey: .id), kind: try values.decode(Effect.self, forKey: .kind),
            operation: try values.decode(String.self, forKey: .operation),
            attempts: try values.decode(Int.self, forKey: .attempts),
            nextTry: try values.decode(Timestamp.self, forKey: .nextTry),
            problem: try values.decodeIfPresent(String.self, forKey: .problem))
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(id, forKey: .id)
        try values.encode(kind, forKey: .kind)
        try values.encode(operation, forKey: .operation)
        try values.encode(attempts, forKey: .attempts)
        try values.encode(nextTry, forKey: .nextTry)
        try values.encode(problem, forKey: .problem)
        try values.encode(kind.sentence, forKey: .sentence)
    }
}
