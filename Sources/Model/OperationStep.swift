/// A state that an operation was in, from when to when, and what ended it.
public struct OperationStep: Equatable, Sendable, Codable {
    public var state: HostState
    public var startedAt: Timestamp
    public var endedAt: Timestamp?
    /// What led to the next step, or ended the operation; nil while it lasts.
    public var outcome: LifecycleEvent?
    /// Why, where that is not said by the outcome alone.
    public var reason: String?

    public init(
        state: HostState, startedAt: Timestamp, endedAt: Timestamp?, outcome: LifecycleEvent?, reason: String?
    ) {
        (self.state, self.startedAt, self.endedAt) = (state, startedAt, endedAt)
        (self.outcome, self.reason) = (outcome, reason)
    }

    enum CodingKeys: String, CodingKey {
        case state, outcome, reason
        case startedAt = "started_at"
        case endedAt = "ended_at"
    }
}

/// An operation with all that it went through; its JSON is the operation's, with `steps` and `due_at` in it.
public struct OperationRecord: Equatable, Sendable, Codable {
    public var operation: Operation
    public var steps: [OperationStep]
    /// When its last step has failed, unless something is heard before.
    public var dueAt: Timestamp?
    /// What was looked at before its host was to join the cluster, the latest time.
    public var preflight: ClusterReport?
    /// How many seconds each state usually takes, by its name; told of a single operation.
    public var usual: [String: Int]?
    /// What was told from inside its installer; told of a single operation.
    public var installer: LiveProgress?

    public init(
        operation: Operation, steps: [OperationStep], dueAt: Timestamp? = nil, preflight: ClusterReport? = nil
    ) {
        (self.operation, self.steps, self.dueAt, self.preflight) = (operation, steps, dueAt, preflight)
    }

    /// How it ended and after what time; nil while it is under way.
    public var ending: String? {
        guard let end = operation.endedAt else { return nil }
        let how =
            switch operation.outcome {
            case .ready: "It is ready"
            case .registered: "It was stopped before it touched the machine"
            default: "It failed"
            }
        return "\(how), after \(Elapsed.text(between: operation.startedAt, end))"
    }

    private enum CodingKeys: String, CodingKey {
        case steps, preflight, usual, installer
        case dueAt = "due_at"
    }

    public init(from decoder: any Decoder) throws {
        operation = try Operation(from: decoder)
        let values = try decoder.container(keyedBy: CodingKeys.self)
        steps = try values.decode([OperationStep].self, forKey: .steps)
        preflight = try values.decodeIfPresent(ClusterReport.self, forKey: .preflight)
        usual = try values.decodeIfPresent([String: Int].self, forKey: .usual)
        installer = try values.decodeIfPresent(LiveProgress.self, forKey: .installer)
        dueAt = try values.decodeIfPresent(Timestamp.self, forKey: .dueAt)
    }

    public func encode(to encoder: any Encoder) throws {
        try operation.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(steps, forKey: .steps)
        try values.encodeIfPresent(preflight, forKey: .preflight)
        try values.encodeIfPresent(usual, forKey: .usual)
        try values.encodeIfPresent(installer, forKey: .installer)
        try values.encodeIfPresent(dueAt, forKey: .dueAt)
    }
}
