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
    private let paces: [String: UsualPace]

    /// `paces` are those of real machines, by server type.
    public init(_ samples: [Sample] = [], paces: [String: UsualPace] = [:]) {
        self.paces = paces
        for (kind, ofKind) in Dictionary(grouping: samples, by: \.kind) {
            for (state, ofState) in Dictionary(grouping: ofKind, by: \.state) {
                medians[kind, default: [:]][state] = Self.median(ofState.map(\.milliseconds))
            }
        }
    }

    static func median(_ milliseconds: [Int64]) -> Duration? {
        guard milliseconds.count >= fewest else { return nil }
        let sorted = milliseconds.sorted()
        return .milliseconds((sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2)
    }

    /// What is usual for a host in a state; nil where too little is known.
    public func time(of host: Host, in state: HostState) -> Duration? { medians[Kind(host)]?[state] }

    /// How fast installations usually go on machines such as a host.
    public func pace(of host: Host) -> UsualPace? { host.isRehearsed ? nil : paces[host.serverType] }

    /// What is usual for a host in each state of which enough is known, in seconds, by the state's name.
    public func seconds(of host: Host) -> [String: Int] {
        let known = (medians[Kind(host)] ?? [:]).map { ($0.key.rawValue, Int($0.value.components.seconds)) }
        return Dictionary(uniqueKeysWithValues: known)
    }
}
