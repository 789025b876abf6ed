/// A part of an installation that takes its own time.
public enum InstallerStage: String, CaseIterable, Sendable, Codable, CodingKeyRepresentable {
    case start, network, answer, partitioning, unpacking, packages
    case bootLoader = "boot_loader"
    case done

    /// The stage that begins with a line; nil where it goes on.
    ///
    /// Proxmox's installer tells of its stages only by what it says beside its percentage, and nothing while it unpacks.
    init?(_ line: InstallerBatch.Line) {
        if let sign = Self.signs.first(where: { line.source == $0.source && line.text.hasPrefix($0.words) }) {
            self = sign.stage
        } else {
            guard let words = InstallerShare(line)?.words, !words.isEmpty else { return nil }
            self = Self.tasks.first { words.hasPrefix($0.words) }?.stage ?? .partitioning
        }
    }

    private static let signs: [(source: InstallerLine.Source, words: String, stage: Self)] = [
        (.agent, "network ", .network), (.agent, "program proxmox-fetch-answer began", .answer),
        (.auto, "INFO: Installation done", .done), (.agent, "program proxmox-post-hook began", .done),
    ]

    /// What is not here is done to disks: partitions, volumes and file systems have many names.
    private static let tasks: [(words: String, stage: Self)] = [
        ("extracting base system", .unpacking), ("unpacking", .unpacking), ("extracting ", .packages),
        ("configuring ", .packages), ("make system bootable", .bootLoader),
    ]

    /// Those that last, in their order.
    public static let way = allCases.filter { $0 != .done }

    fileprivate var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// In a reader's words.
    public var sentence: String {
        switch self {
        case .start: "starting"
        case .network: "on the network"
        case .answer: "fetching its answer"
        case .partitioning: "partitioning"
        case .unpacking: "unpacking"
        case .packages: "installing packages"
        case .bootLoader: "making it bootable"
        case .done: "done"
        }
    }
}

/// How much of an installation is done, as a line says it: `INFO: progress  42.0 % - unpacking base system`.
struct InstallerShare {
    let percent: Double
    /// What it does; empty while that goes on.
    let words: String

    init?(_ line: InstallerBatch.Line) {
        guard line.source == .auto, line.text.hasPrefix(Self.beginning) else { return nil }
        let parts = line.text.dropFirst(Self.beginning.count).split(separator: "%", maxSplits: 1)
        guard parts.count == 2, let percent = Double(parts[0].filter { $0 != " " }), (0...100).contains(percent) else {
            return nil
        }
        self.percent = percent
        words = String(parts[1].drop { $0 == " " || $0 == "-" })
    }

    private static let beginning = "INFO: progress "
}

/// How fast an installation goes: in milliseconds since the first line that was told of it.
public struct InstallerPace: Equatable, Sendable, Codable {
    /// When each stage began; one that was not told is left out.
    public private(set) var stages: [InstallerStage: Int64] = [.start: 0]
    /// When each twentieth of it was reached, from none of it on.
    private(set) var twentieths: [Int64] = []
    /// When the first line was written.
    ///
    /// The clock of a box may be set meanwhile: each batch says it anew.
    public private(set) var startedAt: Timestamp
    /// For how many milliseconds the machine had been running then.
    private let firstUptime: Int64

    /// One that begins with the first line of a batch.
    public init(_ first: InstallerBatch.Line, of batch: InstallerBatch, at moment: Timestamp) {
        firstUptime = first.uptime
        startedAt = moment
        note(batch, at: moment)
    }

    /// Notes when a batch was heard.
    public mutating func note(_ batch: InstallerBatch, at moment: Timestamp) {
        startedAt = Timestamp(milliseconds: moment.milliseconds - max(0, batch.uptime - firstUptime))
    }

    mutating func take(_ line: InstallerBatch.Line) {
        let time = max(0, line.uptime - firstUptime)
        if let stage = InstallerStage(line), latest.order < stage.order { stages[stage] = time }
        guard let percent = InstallerShare(line)?.percent else { return }
        while twentieths.count <= Int(percent / 5) { twentieths.append(time) }
    }

    /// The stage that it is in.
    public var latest: InstallerStage { stages.keys.max { $0.order < $1.order } ?? .start }

    /// The same with an end; nil where too little was told to learn from it.
    public func ended(at moment: Timestamp) -> Self? {
        var pace = self
        let end = stages[.done] ?? moment.milliseconds - startedAt.milliseconds
        guard let last = twentieths.last, end >= last else { return nil }
        pace.stages[.done] = end
        return pace
    }

    /// When a stage ended, which is when the next that was told began.
    public func end(of stage: InstallerStage) -> Int64? {
        InstallerStage.allCases[(stage.order + 1)...].lazy.compactMap { stages[$0] }.first
    }

    public func moment(_ milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: startedAt.milliseconds + milliseconds)
    }

    fileprivate func time(of stage: InstallerStage) -> Int64? {
        guard let start = stages[stage], let end = end(of: stage) else { return nil }
        return end - start
    }

    fileprivate func left(after twentieth: Int) -> Int64? {
        guard twentieths.indices.contains(twentieth), let end = stages[.done] else { return nil }
        return end - twentieths[twentieth]
    }
}

/// How fast the latest installations went that succeeded on machines of one kind.
public struct UsualPace: Equatable, Sendable {
    private let paces: [InstallerPace]

    public init(_ paces: [InstallerPace]) { self.paces = paces }

    /// How long all of it takes.
    public var whole: Duration? { UsualTimes.median(paces.compactMap { $0.stages[.done] }) }

    public func time(of stage: InstallerStage) -> Duration? {
        UsualTimes.median(paces.compactMap { $0.time(of: stage) })
    }

    /// How long an installation will take that is under way: as long as others from the twentieth on that it has reached.
    ///
    /// Zero where others would be done.
    public func left(of pace: InstallerPace, at now: Timestamp) -> Duration? {
        guard let reached = pace.twentieths.indices.last,
            let usual = UsualTimes.median(paces.compactMap { $0.left(after: reached) })
        else { return nil }
        let gone = now.milliseconds - pace.moment(pace.twentieths[reached]).milliseconds
        return max(.zero, usual - .milliseconds(max(0, gone)))
    }
}
