/// How long the hosts of a server type may stay in a state, where that is not what is usual.
///
/// Its JSON has seconds by the names of the states; one that this release does not know is left out.
public struct Deadlines: Equatable, Sendable, Codable {
    public var times: [HostState: Duration]

    public init(_ times: [HostState: Duration] = [:]) {
        self.times = times
    }

    public init(from decoder: any Decoder) throws {
        let seconds = try decoder.singleValueContainer().decode([String: Int64].self)
        times = Dictionary(
            seconds.compactMap { name, value in HostState(rawValue: name).map { ($0, Duration.seconds(value)) } }
        ) { $1 }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let seconds = times.map { ($0.key.rawValue, $0.value.components.seconds) }
        try container.encode(Dictionary(seconds) { $1 })
    }
}
