/// How far an installer is, as clients get it.
public struct LiveProgress: Equatable, Sendable, Codable {
    public struct Stage: Equatable, Sendable, Codable {
        public var stage: InstallerStage
        /// Left out while it is to come.
        public var startedAt: Timestamp?
        public var endedAt: Timestamp?
        /// How many seconds it usually takes.
        public var usual: Int?

        enum CodingKeys: String, CodingKey {
            case stage, usual
            case startedAt = "started_at"
            case endedAt = "ended_at"
        }
    }

    public var operation: String
    public var host: String
    public var percent: Double?
    public var sentence: String?
    public var problem: String?
    public var isAtWork: Bool
    public var hasStopped: Bool
    public var heardAt: Timestamp
    public var lines: Int64
    /// How many seconds it will take by what is usual, none where it takes longer than that.
    public var left: Int?
    /// How many seconds all of it usually takes.
    public var usual: Int?
    /// What it has gone through, and what is to come as long as it is at work.
    public var stages: [Stage]

    public init(_ report: InstallerReport, isAtWork: Bool, _ usual: UsualPace?, now: Timestamp) {
        let progress = report.progress
        (operation, host, heardAt, lines) = (report.operation, report.host, report.heardAt, report.lines)
        (percent, sentence) = (progress.percent, progress.sentence)
        (problem, hasStopped) = (progress.problem, progress.hasStopped)
        let isAtWork = isAtWork && !progress.hasStopped
        self.isAtWork = isAtWork
        self.usual = usual?.whole.map { Int($0.components.seconds) }
        stages = []
        guard let pace = progress.pace else { return }
        if isAtWork, let rest = usual?.left(of: pace, at: now) { left = Int(rest.components.seconds) }
        stages = InstallerStage.way.compactMap { stage in
            let time = usual?.time(of: stage).map { Int($0.components.seconds) }
            let end = pace.end(of: stage).map(pace.moment)
            if let start = pace.stages[stage] {
                return Stage(stage: stage, startedAt: pace.moment(start), endedAt: end, usual: time)
            }
            return isAtWork && end == nil ? Stage(stage: stage, usual: time) : nil
        }
    }

    /// Whether its agent is there to be told something.
    public func isHeard(at moment: Timestamp) -> Bool { moment <= heardAt + InstallerOrder.longestSilence }

    /// How far it is, and for how long it will be at work.
    public var words: String? {
        guard let left else { return sentence }
        return [sentence, Elapsed.words(left: left)].compactMap(\.self).joined(separator: " · ")
    }

    enum CodingKeys: String, CodingKey {
        case operation, host, percent, sentence, problem, lines, left, usual, stages
        case isAtWork = "at_work"
        case hasStopped = "stopped"
        case heardAt = "heard_at"
    }
}
