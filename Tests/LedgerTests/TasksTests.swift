import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(5))) struct TasksTests {
    /// A host that failed, and what is to be done for it since.
    private func failed() async throws -> (scene: Scene, host: Host, due: Ledger.DueEffect) {
        let scene = try await Scene()
        let host = try await scene.register(1)
        _ = try await scene.ledger.advance(hostID: host.id, on: .rebuild, by: Scene.author)
        _ = try await scene.ledger.advance(hostID: host.id, on: .broke, reason: "it broke.", by: Scene.author)
        let due = try #require(try await scene.ledger.dueEffects().first { $0.effect == .notify })
        return (scene, host, due)
    }

    @Test func `P11: what could not be done is listed with what is in the way, and is due at once when asked for`()
        async throws
    {
        let (scene, host, due) = try await failed()
        let author = Ledger.Author(actor: "a test", request: "r-1")
        try await scene.ledger.postpone(
            due, because: "vm-01: nobody answers", for: .seconds(300), .hostNoticed, by: Scene.author)
        let task = try #require(try await scene.store().tasks(ofHost: host.id).first { $0.id == due.id })
        #expect(task.kind == .notify && task.attempts == 1 && task.problem == "vm-01: nobody answers")
        #expect(task.nextTry == scene.clock.now() + .seconds(300))
        #expect(try await !scene.ledger.dueEffects().contains { $0.id == due.id })
        for _ in 0..<2 { try await scene.ledger.retry(task: due.id, ofHost: host.id, by: author) }
        #expect(try await scene.ledger.dueEffects().contains { $0.id == due.id })
        #expect(try scene.count("SELECT count(*) FROM event WHERE request = 'r-1'") == 1)
    }

    @Test func `another host's task, and one that is done, cannot be tried again`() async throws {
        let (scene, host, due) = try await failed()
        let other = try await scene.register(2)
        let refused = await #expect(throws: Refused.self) {
            try await scene.ledger.retry(task: due.id, ofHost: other.id, by: Scene.author)
        }
        #expect(refused?.reason == "There is no task \(due.id) left to be done for vm-02.")
        try await scene.ledger.finish(due, by: Scene.author)
        await #expect(throws: Refused.self) {
            try await scene.ledger.retry(task: due.id, ofHost: host.id, by: Scene.author)
        }
        #expect(try await !scene.store().tasks(ofHost: host.id).contains { $0.id == due.id })
    }

    @Test func `a person is asked for one thing once in an operation, and how far that got is kept`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1)
        _ = try await scene.ledger.advance(hostID: host.id, on: .rebuild, by: Scene.author)
        let waking = try #require(try await scene.ledger.dueEffects().first)
        for need in ["Press it.", "Press it.", "Look at it."] { try await scene.ledger.askPerson(need, for: waking) }
        let notes = try await scene.ledger.dueEffects().filter { $0.effect == .notify }
        let needs = notes.map { $0.progress.flatMap { NoticeProgress(json: $0)?.need } }
        #expect(needs == ["Press it.", "Look at it."])
        var progress = NoticeProgress(need: "Press it.", since: scene.clock.now())
        progress.delivered = ["a"]
        try await scene.ledger.keep(progress, of: notes[0])
        let kept = try await scene.ledger.dueEffects().first { $0.id == notes[0].id }?.progress
        #expect(kept.flatMap { NoticeProgress(json: $0) } == progress)
    }

    @Test func `E3: a person is asked which of two machines is meant while an operation waits for it`() async throws {
        for isUnderWay in [true, false] {
            let scene = try await Scene()
            let host = try await scene.register(1)
            if isUnderWay { _ = try await scene.ledger.advance(hostID: host.id, on: .rebuild, by: Scene.author) }
            for serial in ["S-ONE", "S-TWO", "S-TWO"] {
                _ = try await scene.ledger.saw(host.mac, .init(serial: serial), by: Scene.author)
            }
            let needs = try await scene.ledger.dueEffects().filter { $0.effect == .notify }
                .compactMap { $0.progress.flatMap { NoticeProgress(json: $0)?.need } }
            #expect(needs.count == (isUnderWay ? 1 : 0))
            #expect(needs.allSatisfy { $0.hasPrefix("Two machines claim 52:54:00:00:00:01: serial S-ONE") })
        }
    }

    @Test func `the end of an operation is told in the words of its last step`() async throws {
        let (scene, _, due) = try await failed()
        #expect(due.operation.outcome == .failed)
        #expect(try await scene.store().reason(ofEnd: due.operation) == "it broke.")
    }
}
