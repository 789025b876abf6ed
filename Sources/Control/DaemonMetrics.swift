public import HTTP
import Linux
public import Metrics
import Model

/// What a daemon counts and measures, from its start on: told to sprout-web, which shows it to Prometheus.
public struct DaemonMetrics: Sendable {
    /// What its servers answer.
    public let traffic = Traffic()
    /// How long its followers wait for events.
    public let delays = EventDelays()
    private let daemon: String
    private let isFollowed: Bool
    private let startedAt = Timestamp.now()
    private let own: @Sendable () async throws -> [Measurement]

    /// `own` is what this daemon alone can tell.
    public init(
        _ daemon: String, isFollowed: Bool = false, _ own: @escaping @Sendable () async throws -> [Measurement] = { [] }
    ) {
        (self.daemon, self.isFollowed, self.own) = (daemon, isFollowed, own)
    }

    /// `GET /metrics` among the daemons; to the world sprout-web shows all of them as text.
    public func respond(to request: Request) async throws -> Response {
        try .json(try await all())
    }

    public func all() async throws -> [Measurement] {
        let usage = ResourceUsage.own()
        var result = [
            Measurement(.buildInfo, daemon, Release.version, is: 1),
            Measurement(.startTime, daemon, is: Double(startedAt.milliseconds) / 1000),
            Measurement(.cpuSeconds, daemon, is: usage.processorTime / .seconds(1)),
            Measurement(.residentMemory, daemon, is: usage.residentBytes),
            Measurement(.httpDuration, daemon, is: await traffic.times),
        ]
        for (answer, count) in await traffic.answers {
            result.append(Measurement(.httpRequests, daemon, answer.route, "\(answer.status)", is: count))
        }
        for (route, count) in await traffic.streams {
            result.append(Measurement(.httpStreams, daemon, route, is: count))
        }
        if isFollowed { result.append(Measurement(.eventDelay, daemon, is: await delays.times)) }
        return result + (try await own())
    }
}

/// How long events were on their way to clients that follow them.
public actor EventDelays {
    public private(set) var times = Histogram.ofMoments

    func note(_ delay: Duration) { times.note(delay) }
}
