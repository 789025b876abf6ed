/// How long each state usually takes, by server type: the median of what the latest operations took.
public struct UsualTimes: Equatable, Sendable {
    /// Which operations are alike: machines of a rehearsal are faster than any real one.
    public struct Kind: Hashable, Sendable {
        public let serverType: String
        public let isRehearsed: Bool

        public init(serverType: String, isRehearsed: Bool) {
            (self.serverType, self.isRehearsed) = (serverType, isRehearsed)
        }

        public init(_ host: Host) { self.init(serverType: host.serverType, isRehearsed: host.isRehearsed) }
    }

    /// A state that went on to the next by itself, and how long it took.
    public struct Sample: Sendable {
        public let kind: Kind
        public let state: HostState
        public let milliseconds: Int64

        public init(_ kind: Kind, _ state: HostState, milliseconds: Int64) {
            (self.kind, self.state, self.milliseconds) = (kind, state, milliseconds)
        }
    }

    /// Fewer than these say nothing of what is usual.
    public static let fewest = 3

    private var medians: [Kind: [HostState: Duration]] = [:]

    public init(_ samples: [Sample] = []) {
        for (kind, ofKind) in Dictionary(grouping: samples, by: \.kind) {
            for (state, ofState) in Dictionary(grouping: ofKind, by: \.state) where ofState.count >= Self.fewest {
                let sorted = ofState.map(\.milliseconds).sorted()
                let middle = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
                medians[kind, default: [:]][state] = .milliseconds(middle)
            }
        }
    }

    /// What is usual for a host in a state; nil where too little is known.
    public func time(of host: Host, in state: HostState) -> Duration? { medians[Kind(host)]?[state] }

    /// What is usual for a host in each state of which enough is known, in seconds, by the state's name.
    public func seconds(of host: Host) -> [String: Int] {
        let known = (medians[Kind(host)] ?? [:]).map { ($0.key.rawValue, Int($0.value.components.seconds)) }
        return Dictionary(uniqueKeysWithValues: known)
    }
}
