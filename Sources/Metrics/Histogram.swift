/// How often values lay where: counted, not kept.
public struct Histogram: Equatable, Sendable, Codable {
    /// The largest value of each bucket but the last, which has no end.
    public let bounds: [Double]
    public private(set) var counts: [Int]
    public private(set) var sum = 0.0

    public init(_ bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    public var count: Int { counts.reduce(0, +) }

    public mutating func note(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }

    /// Clocks that are set make times that are below nothing: those took no time.
    public mutating func note(_ time: Duration) {
        note(max(0, time / .seconds(1)))
    }

    /// For what a program does: from a millisecond to ten seconds.
    public static let ofMoments = Histogram([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])

    /// For what machines do: from five seconds to an hour.
    public static let ofMinutes = Histogram([5, 15, 30, 60, 120, 180, 300, 480, 600, 900, 1500, 2400, 3600])
}
