import Linux
import Model

/// What has become of each machine of a rehearsal so far.
actor RehearsalBoard {
    /// What is timed of a machine, in the order in which it gets there.
    enum Mark: String, CaseIterable, Sendable {
        case script, files, answer, installed, restarted
        case home = "phoned home"
        /// The others that were to join before it are through.
        case turn = "its turn"
        case ready
    }

    struct Row: Sendable {
        var host: Host
        /// What it does now.
        var step: RehearsalStep?
        var marks: [Mark: Duration] = [:]
        var total: Duration = .zero
        /// How long the machine itself was at work; the rest of the total it waited for Sprout.
        var work: Duration = .zero
        /// What it showed last, where it has stopped.
        var screen: String?
        var outcome: Outcome?
        fileprivate var armedAt: Reactor.Deadline

        /// What of the total neither the machine was at work, nor another had to be joined first.
        var overhead: Duration {
            let turn = marks[.turn] ?? .zero
            return total - work - (turn - (marks[.home] ?? turn))
        }
    }

    struct Outcome: Equatable, Sendable {
        let isGood: Bool
        let sentence: String
    }

    private(set) var rows: [Row] = []
    private var lastReady: Reactor.Deadline?

    func add(_ host: Host) {
        rows.append(Row(host: host, armedAt: .now))
    }

    func begin(_ step: RehearsalStep, _ index: Int) {
        rows[index].step = step
    }

    func reach(_ mark: Mark, _ index: Int) {
        let moment = Reactor.Deadline.now - rows[index].armedAt
        // One joins after the other: a turn begins when the one before has ended.
        if mark == .ready, let home = rows[index].marks[.home] {
            rows[index].marks[.turn] = max(home, lastReady.map { $0 - rows[index].armedAt } ?? home)
            lastReady = .now
        }
        rows[index].marks[mark] = moment
    }

    func worked(_ time: Duration, _ index: Int) {
        rows[index].work += time
    }

    func show(_ screen: String, _ index: Int) {
        rows[index].screen = screen
    }

    func end(_ outcome: Outcome, _ index: Int) {
        rows[index].outcome = outcome
        rows[index].total = .now - rows[index].armedAt
    }

    /// How many are where, and how much of their way they have behind them, in one line.
    var status: String {
        let all = RehearsalStep.allCases
        let done = rows.reduce(0) { sum, row in
            sum + (row.outcome == nil ? row.step.flatMap { all.firstIndex(of: $0) } ?? 0 : all.count)
        }
        return Bar.line("\(rows.count) hosts", Double(done) / Double(max(1, rows.count * all.count)), counts)
    }

    private var counts: String {
        var counts: [String] = []
        for step in RehearsalStep.allCases {
            let count = rows.count { $0.outcome == nil && $0.step == step }
            if count > 0 { counts.append("\(count) \(step.rawValue)") }
        }
        let waiting = rows.count { $0.outcome == nil && $0.step == nil }
        if waiting > 0 { counts.insert("\(waiting) starting", at: 0) }
        let done = rows.count { $0.outcome != nil }
        return (counts + ["\(done) done"]).joined(separator: ", ")
    }
}
