/// The time of day beside a time that nobody sets: what tells that the clock was set, and by how much.
public struct ClockReading: Equatable, Sendable {
    /// Which start of this machine it is.
    public var boot: String
    /// Milliseconds since that start, those included in which the machine slept.
    public var uptime: Int64
    public var wall: Timestamp

    public init(boot: String, uptime: Int64, wall: Timestamp) {
        (self.boot, self.uptime, self.wall) = (boot, uptime, wall)
    }

    public func isOfSameBoot(as earlier: ClockReading) -> Bool { boot == earlier.boot && uptime >= earlier.uptime }

    /// What the clock would show now if nobody had set it since an earlier reading.
    ///
    /// How long a machine was off is known by no clock that can be trusted: after that it is what was shown last.
    public func expected(after earlier: ClockReading) -> Timestamp {
        let passed = isOfSameBoot(as: earlier) ? uptime - earlier.uptime : 0
        return Timestamp(milliseconds: earlier.wall.milliseconds + passed)
    }
}

extension Timestamp {
    /// False of a clock that was never set, or was set to nonsense: this release is younger, and will not live as long.
    public var isPlausible: Bool { (Self.earliest..<Self.latest).contains(milliseconds) }

    /// 1 January 2026 and 1 January 2100.
    private static let (earliest, latest): (Int64, Int64) = (1_767_225_600_000, 4_102_444_800_000)
}

extension ClockReading {
    /// As the database keeps it.
    public var text: String { "\(boot) \(uptime) \(wall.milliseconds)" }

    public init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 3, let uptime = Int64(words[1]), let wall = Int64(words[2]) else { return nil }
        self.init(boot: String(words[0]), uptime: uptime, wall: Timestamp(milliseconds: wall))
    }
}
