import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(5))) struct MeasuresTests {
    /// What the events of all hosts have ended.
    private func happenings(_ scene: Scene) async throws -> [Happening] {
        try await scene.store().happenings(after: 0, limit: 1000)
    }

    @Test func `S19 each event of the lifecycle ends the step before it, and the last its operation`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1)
        let other = try await scene.register(2)
        for event in OperationsTests.walk {
            _ = try await scene.ledger.advance(hostID: host.id, on: event, by: Scene.author)
            // Whatever happens to others meanwhile, it ends nothing here.
            if event == .askedForAnswer {
                _ = try await scene.ledger.advance(hostID: other.id, on: .rebuild, by: Scene.author)
            }
        }
        _ = try await scene.ledger.advance(hostID: host.id, on: .rebuild, by: Scene.author)
        _ = try await scene.ledger.advance(hostID: host.id, on: .cancel, by: Scene.author)
        let ended = try await happenings(scene)
        #expect(
            ended.compactMap(\.step).map(\.state) == [
                .pxeReady, .pxeBooted, .installing, .installed, .firstBoot, .joining, .pxeReady,
            ])
        #expect(ended.compactMap(\.step?.outcome) == Array(OperationsTests.walk.dropFirst()) + [.cancel])
        #expect(ended.compactMap(\.operation?.outcome) == [.ready, .registered])
        let readyAt = try #require(ended.first { $0.operation?.outcome == .ready }?.id)
        #expect(
            try await scene.store().happenings(after: readyAt, limit: 1000).compactMap(\.operation?.outcome) == [
                .registered
            ])
    }

    @Test func `S19 a host that is gone has ended nothing, and its events are there`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1)
        for event in [LifecycleEvent.rebuild, .cancel] {
            _ = try await scene.ledger.advance(hostID: host.id, on: event, by: Scene.author)
        }
        try await scene.ledger.remove(hostID: host.id, by: Scene.author)
        let ended = try await happenings(scene)
        #expect(ended.suffix(4).map(\.kind) == [.hostRegistered, .hostAdvanced, .hostAdvanced, .hostRemoved])
        #expect(ended.allSatisfy { $0.step == nil && $0.operation == nil })
    }

    @Test func `S19 what is still to be done is counted, and what was tried in vain apart`() async throws {
        let scene = try await Scene()
        for number in 1...2 {
            let host = try await scene.register(number)
            _ = try await scene.ledger.advance(hostID: host.id, on: .rebuild, by: Scene.author)
        }
        let due = try #require(try await scene.ledger.dueEffects().first { $0.effect == .armNetboot })
        try await scene.ledger.postpone(
            due, because: "nobody answers", for: .seconds(300), .hostNoticed, by: Scene.author)
        let counts = try await scene.store().taskCounts()
        #expect(counts[.armNetboot].map { [$0.pending, $0.failing] } == [2, 1])
        #expect(counts[.removeKey] == nil)
        #expect(try await scene.store().longestInState() == [.pxeReady: scene.clock.now()])
    }
}
