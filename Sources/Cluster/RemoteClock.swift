internal import Linux

/// What a clock of another machine showed, beside a clock of this process that never jumps.
public struct RemoteClock: Equatable, Sendable {
    /// The time there minus our own clock's, which counts from the first reading.
    private let ahead: Duration

    /// `time` was shown there at some moment between two moments here.
    init(_ time: Duration, between first: Duration, and last: Duration) {
        ahead = time - (first + (last - first) / 2)
    }

    /// How far this clock is ahead of another.
    public func lead(over other: RemoteClock) -> Duration { ahead - other.ahead }

    /// Our own clock.
    static var now: Duration { start.duration(to: .now) }

    private static let start = Reactor.Deadline.now

    /// Reads what `date +%s.%N` prints.
    static func time(_ text: String) -> Duration? {
        let parts = text.split(separator: ".")
        guard parts.count == 2, let seconds = Int64(parts[0]), parts[1].utf8.count == 9, let rest = Int64(parts[1])
        else { return nil }
        return .seconds(seconds) + .nanoseconds(rest)
    }
}
