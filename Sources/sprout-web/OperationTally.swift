import Control
import HTTP
import Linux
import Metrics
import Model
import Store

/// Counts what happened since sprout-web started, event by event.
///
/// The rows of operations go with their hosts, and a count that goes down would be taken for a restart: so what was
/// counted stays counted here.
actor OperationTally: Service {
    private let store: Store
    private let feed: Feed
    private var seen: Int64?
    private var events: [Event.Kind: Int] = [:]
    private var steps: [HostState: Histogram] = [:]
    private var missed: [HostState: Int] = [:]
    private var operations: [HostState: Histogram] = [:]

    init(_ store: Store, _ feed: Feed) {
        (self.store, self.feed) = (store, feed)
        for state in HostState.allCases where state.isUnderWay { (steps[state], missed[state]) = (.ofMinutes, 0) }
        for outcome in HostState.allCases where !outcome.isUnderWay { operations[outcome] = .ofMinutes }
        for kind in Event.Kind.allCases { events[kind] = 0 }
    }

    func run() async throws {
        // What cannot be read now is counted at the next ring: nobody waits for it.
        for await _ in await feed.rings() { try? await catchUp() }
        try Task.checkCancellation()
    }

    private func catchUp() async throws {
        var last = if let seen { seen } else { try await store.newestEventID() }
        seen = last
        while true {
            let happenings = try await store.happenings(after: last, limit: 500)
            for happening in happenings { note(happening) }
            last = happenings.last?.id ?? last
            seen = last
            if happenings.count < 500 { return }
        }
    }

    private func note(_ happening: Happening) {
        events[happening.kind, default: 0] += 1
        if let step = happening.step, let end = step.endedAt {
            steps[step.state]?.note(Self.time(from: step.startedAt, to: end))
            if step.outcome == .deadlinePassed { missed[step.state, default: 0] += 1 }
        }
        if let operation = happening.operation, let end = operation.endedAt, let outcome = operation.outcome {
            operations[outcome]?.note(Self.time(from: operation.startedAt, to: end))
        }
    }

    private static func time(from start: Timestamp, to end: Timestamp) -> Duration {
        .milliseconds(end.milliseconds - start.milliseconds)
    }

    var measurements: [Measurement] {
        events.map { Measurement(.events, $0.key.rawValue, is: $0.value) }
            + steps.map { Measurement(.stepDuration, $0.key.rawValue, is: $0.value) }
            + missed.map { Measurement(.deadlinesMissed, $0.key.rawValue, is: $0.value) }
            + operations.map { Measurement(.operationDuration, $0.key.rawValue, is: $0.value) }
    }
}
