import Ledger
import Model
import Store
import Testing

/// Hosts that have phoned home, and are to join the cluster.
@Suite(.timeLimit(.minutes(2))) struct JoinsTests {
    private func join(_ scene: Scene, _ number: Int) async throws -> Ledger.DueEffect {
        let host = try await scene.register(number)
        for event in OperationsTests.walk.dropLast() {
            _ = try await scene.ledger.advance(hostID: host.id, on: event, by: Scene.author)
        }
        return try await due(scene, host)
    }

    private func due(_ scene: Scene, _ host: Host) async throws -> Ledger.DueEffect {
        let all = try await scene.ledger.dueEffects()
        return try #require(all.first { $0.host.id == host.id && $0.effect == .joinCluster })
    }

    @Test func `P9: one host joins at a time, and who waits for that does not run out of time`() async throws {
        let scene = try await Scene()
        let (first, second) = (try await join(scene, 1), try await join(scene, 2))
        #expect(try await scene.ledger.takeTurn(first) == nil)
        #expect(try await scene.ledger.takeTurn(second)?.id == first.host.id)
        #expect(try await scene.ledger.takeTurn(first) == nil, "it keeps its turn")
        scene.clock.advance(.seconds(9 * 60))
        #expect(try await scene.ledger.takeTurn(second)?.id == first.host.id)
        scene.clock.advance(.seconds(2 * 60))
        #expect(try await scene.ledger.passDeadlines(by: Scene.author) == ["\(first.host.hostname)"])
        #expect(try await scene.ledger.takeTurn(second) == nil, "the first has failed")
        let deadline = try await scene.ledger.deadline(ofHost: second.host.id)
        #expect(deadline == scene.clock.now() + .seconds(600), "its time begins with its turn")
    }

    @Test func `who waits looks again as soon as the host before has joined`() async throws {
        let scene = try await Scene()
        let (first, second) = (try await join(scene, 1), try await join(scene, 2))
        #expect(try await scene.ledger.takeTurn(first) == nil)
        try await scene.ledger.postpone(
            second, because: "waits.", for: .seconds(10), .hostNoticed, by: Scene.author)
        #expect(try await !scene.ledger.dueEffects().contains { $0.id == second.id })
        _ = try await scene.ledger.joined(first, cluster: "lab", reason: "it is node 2.", by: Scene.author)
        #expect(try await scene.ledger.dueEffects().contains { $0.id == second.id })
        #expect(try await scene.store().host(first.host.id)?.state == .ready)
    }

    @Test func `a join that ran out of time says what was in the way`() async throws {
        let scene = try await Scene()
        let joining = try await join(scene, 1)
        try await scene.ledger.postpone(
            joining, because: "lab has no quorum.", for: .seconds(5), .hostNoticed, by: Scene.author)
        scene.clock.advance(.seconds(601))
        _ = try await scene.ledger.passDeadlines(by: Scene.author)
        let event = try #require(try await scene.store().events(ofHost: joining.host.id, limit: 1).first)
        #expect(event.reason == "it did not join in 10 minutes. lab has no quorum.")
    }

    @Test func `what a join says is kept with where it goes on`() async throws {
        let scene = try await Scene()
        let joining = try await join(scene, 1)
        try await scene.ledger.note("Login succeeded.", upTo: "s=1;i=2", of: joining, by: Scene.author)
        #expect(try await due(scene, joining.host).progress == "s=1;i=2")
        let event = try #require(try await scene.store().events(ofHost: joining.host.id, limit: 1).first)
        #expect(event.kind == .hostJoining && event.message == "Login succeeded.")
    }
}
