import Control
import Ledger
import Linux
import Model
import Systemd

/// Does what steps call for outside the database: at once, again when it did not work, and after a restart.
///
/// Several hosts are served at once, and each effect by one task only.
actor EffectKeeper: Service {
    /// What became of an effect.
    enum Outcome: Sendable {
        case done(Event.Kind, String)
        /// Nothing was to be done, or nothing is to be said of it.
        case nothing
        /// It is tried again; the sentence says what is in the way.
        case later(String)
        /// It is looked at again after this time: what is in the way is no failure, and may go away by itself.
        case waits(String, Duration)
    }

    typealias Doer = @Sendable (Ledger.DueEffect) async throws -> Outcome

    private let desk: Desk
    private let reactor: Reactor
    private let doers: [Effect: Doer]
    private var underWay: Set<Int64> = []
    /// The moment that a task waits for already.
    private var awaited: Timestamp?

    init(_ desk: Desk, _ reactor: Reactor, _ doers: [Effect: Doer]) {
        (self.desk, self.reactor, self.doers) = (desk, reactor, doers)
    }

    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for await _ in await desk.feed.rings() {
                for due in try await desk.ledger.dueEffects() where underWay.insert(due.id).inserted {
                    group.addTask { try await self.carryOut(due) }
                }
                if let next = try await desk.ledger.nextEffect(), let wait = Self.wait(until: next), next != awaited {
                    awaited = next
                    group.addTask { try await self.ring(after: wait) }
                }
            }
            try Task.checkCancellation()
        }
    }

    private func carryOut(_ due: Ledger.DueEffect) async throws {
        defer { underWay.remove(due.id) }
        var outcome = Outcome.nothing
        do {
            outcome = try await doers[due.effect]?(due) ?? .nothing
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            outcome = .later("\(error)")
        }
        try await note(outcome, due)
        await desk.feed.ring()
    }

    private func note(_ outcome: Outcome, _ due: Ledger.DueEffect) async throws {
        let author = Ledger.Author(actor: "sprout-orchestrator")
        switch outcome {
        case .nothing: try await desk.ledger.finish(due, by: author)
        case .done(let kind, let sentence):
            try await desk.ledger.finish(due, kind, sentence, by: author)
            desk.log(.notice, sentence, kind, due.host, operation: due.operation.id)
        case .later(let problem):
            try await postpone(due, problem, for: Self.pause(after: due.attempts), .warning, author)
        case .waits(let reason, let pause): try await postpone(due, reason, for: pause, .notice, author)
        }
    }

    private func postpone(
        _ due: Ledger.DueEffect, _ problem: String, for pause: Duration, _ priority: Journal.Priority,
        _ author: Ledger.Author
    ) async throws {
        let sentence = "\(due.host.hostname): \(problem)"
        if try await desk.ledger.postpone(due, because: sentence, for: pause, .hostNoticed, by: author) {
            desk.log(priority, sentence, .hostNoticed, due.host, operation: due.operation.id)
        }
    }

    private func ring(after wait: Duration) async throws {
        try await reactor.sleep(for: wait)
        await desk.feed.ring()
    }

    /// Nil for what is due, and for what is far away: the heartbeat rings often enough for that.
    private static func wait(until moment: Timestamp) -> Duration? {
        let milliseconds = moment.milliseconds - WallClock.milliseconds()
        return (1..<15_000).contains(milliseconds) ? .milliseconds(milliseconds + 1) : nil
    }

    /// 5 seconds at first, then longer, up to 10 minutes.
    private static func pause(after attempts: Int) -> Duration {
        .seconds(min(600, 5 << min(attempts, 7)))
    }
}
