/// What one machine did from its first question to now: one power-on, as far as it can be told.
public struct NetbootAttempt: Equatable, Sendable {
    public let sightings: [Sighting]

    /// The latest attempt among the sightings of one machine, which are in the order of time; nil without any.
    ///
    /// Firmware repeats its question under one number; another number is another attempt, and so is whatever comes
    /// after a long silence.
    public init?(latestOf sightings: [Sighting]) {
        self.init(Self.begin(in: sightings[...]).map { Array(sightings[$0...]) } ?? [])
    }

    /// The latest attempt, and the one before it.
    public static func latestTwo(of sightings: [Sighting]) -> (latest: NetbootAttempt?, earlier: NetbootAttempt?) {
        guard let start = begin(in: sightings[...]) else { return (nil, nil) }
        return (NetbootAttempt(Array(sightings[start...])), NetbootAttempt(latestOf: Array(sightings[..<start])))
    }

    private init?(_ sightings: [Sighting]) {
        guard !sightings.isEmpty else { return nil }
        self.sightings = sightings
    }

    private static func begin(in sightings: ArraySlice<Sighting>) -> Int? {
        guard !sightings.isEmpty else { return nil }
        var start = sightings.startIndex
        var transaction: UInt32?
        for index in sightings.indices {
            let sighting = sightings[index]
            let isFirst = sighting.kind == .asked && sighting.details.stage != .ipxe
            let isOther = isFirst && sighting.details.transaction != transaction && index > start
            let gap = index > sightings.startIndex ? sighting.at - sightings[index - 1].at : .zero
            if gap > longestPause || (isOther && (transaction != nil || gap > .seconds(2))) { start = index }
            if isFirst { transaction = sighting.details.transaction }
        }
        return start
    }

    /// Longer than any firmware waits between two of its questions.
    private static let longestPause = Duration.seconds(90)

    // MARK: What happened in it

    var first: Sighting { sightings[0] }
    var last: Sighting { sightings[sightings.count - 1] }

    func all(_ kind: Sighting.Kind) -> [Sighting] { sightings.filter { $0.kind == kind } }
    func last(_ kind: Sighting.Kind) -> Sighting? { sightings.last { $0.kind == kind } }

    var firmwareQuestions: [Sighting] { all(.asked).filter { $0.details.stage != .ipxe } }
    public var reachedScript: Bool { last(.fetchedScript) != nil }

    /// The program that it has in full; a script made for it is none.
    var program: Sighting? {
        sightings.last {
            ($0.kind == .tftpFinished || $0.kind == .loadedOverHTTP) && $0.details.file?.hasSuffix(".ipxe") == false
        }
    }

    /// Whether iPXE ran: it asks for its own script, or over DHCP by its own name.
    var ranIPXE: Bool {
        sightings.contains { sighting in
            sighting.details.file?.hasSuffix(".ipxe") == true || sighting.details.stage == .ipxe
                || sighting.kind == .fetchedScript || sighting.kind == .reported
        }
    }

    var isUEFI: Bool { ![0, 20].contains(architecture) }
    var architecture: Int? { sightings.lazy.compactMap(\.details.architecture).first }
}

extension Timestamp {
    public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .milliseconds(later.milliseconds - earlier.milliseconds)
    }
}
