import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(5))) struct ArrivalsTests {
    /// A host that is installed, and was not heard since.
    private func installed() async throws -> (Scene, Host, String) {
        let scene = try await Scene()
        var host = try await scene.register(1)
        for event in [LifecycleEvent.rebuild, .fetchedKernel, .askedForAnswer, .reportedInstalled] {
            host = try await scene.ledger.advance(hostID: host.id, on: event, by: Scene.author)
        }
        let operation = try #require(try await scene.store().operations(ofHost: host.id).first).id
        return (scene, host, operation)
    }

    @Test func `E27: what was in the way when a host was looked for is the end of the sentence it fails with`()
        async throws
    {
        let (scene, host, operation) = try await installed()
        let awaited = try await scene.ledger.awaitedArrivals()
        #expect(awaited.map(\.host.id) == [host.id])
        #expect(awaited.first?.halfTime == scene.clock.now() + .seconds(300))
        try await scene.ledger.noteArrival("Nobody listens there.", ofOperation: operation)
        scene.clock.advance(.seconds(600))
        _ = try await scene.ledger.passDeadlines(by: Scene.author)
        let failed = try #require(try await scene.store().host(host.id))
        let reason = try await scene.store().reasonOfFailure(failed)
        #expect(reason?.hasPrefix("it is installed, and its new system was not heard in 10 minutes.") == true)
        #expect(reason?.hasSuffix(" Nobody listens there.") == true)
        #expect(try await scene.ledger.awaitedArrivals().isEmpty)
    }

    @Test func `E27: what was in the way in one state is no reason in the next`() async throws {
        let (scene, host, operation) = try await installed()
        try await scene.ledger.noteArrival("Nobody listens there.", ofOperation: operation)
        _ = try await scene.ledger.advance(hostID: host.id, on: .startedNewSystem, by: Scene.author)
        #expect(try await scene.ledger.arrival(ofOperation: operation) == nil)
    }

    @Test func `E21: a clash of addresses ends the operation in first_boot, and once`() async throws {
        let (scene, host, _) = try await installed()
        let author = Ledger.Author(actor: "a machine", request: "one")
        let failed = try await scene.ledger.clashed(hostID: host.id, "10.0.0.12 is also used by another.", by: author)
        #expect(failed.state == .failed)
        _ = try await scene.ledger.clashed(hostID: host.id, "10.0.0.12 is also used by another.", by: author)
        let events = try await scene.store().events(ofHost: host.id, limit: 1)
        #expect(
            events.map(\.message) == ["vm-01 went from first_boot to failed: 10.0.0.12 is also used by another."])
    }

    @Test func `E29: a cancellation that is sent twice is answered alike`() async throws {
        let (scene, host, _) = try await installed()
        let author = Ledger.Author(actor: "a person", request: "one")
        let first = try await scene.ledger.cancel(hostID: host.id, by: author)
        #expect(first.host.state == .failed && first.disk.hasPrefix("the new system is on its disk"))
        #expect(try await scene.ledger.cancel(hostID: host.id, by: author) == first)
    }

    @Test(arguments: [
        (HostState.pxeReady, false, "nothing was written"), (.pxeBooted, false, "nothing was written"),
        (.pxeReady, true, "the installer had begun"), (.pxeBooted, true, "the installer had begun"),
        (.installing, true, "the installer has its answer"), (.joining, true, "the new system is on its disk, and may"),
    ])
    func `E29: each state has its own sentence of the disk`(state: HostState, hasBegun: Bool, words: String) {
        #expect(Cancelled.disk(in: state, installerHasBegun: hasBegun).hasPrefix(words))
    }
}
