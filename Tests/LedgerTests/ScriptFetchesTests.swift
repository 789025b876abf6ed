import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(5))) struct ScriptFetchesTests {
    /// A machine that is sent to its disk by the automatic way, again and again.
    struct Machine {
        let scene: Scene
        let host: Host

        init() async throws {
            scene = try await Scene()
            host = try await scene.register(1)
        }

        @discardableResult
        func start(after pause: Duration) async throws -> Ledger.Consequence? {
            scene.clock.advance(pause)
            return try await tell(ScriptFetch(host: host, at: scene.clock.now(), .sentToDisk))
        }

        func tell(_ fetch: ScriptFetch) async throws -> Ledger.Consequence? {
            try await scene.ledger.fetchedScript(fetch, by: Scene.author)
        }

        var localBoot: LocalBoot? {
            get async throws { try await scene.store().host(host.id)?.localBoot }
        }
    }

    @Test func `a machine that comes straight back twice is sent to its disk the other way`() async throws {
        let machine = try await Machine()
        #expect(try await machine.start(after: .seconds(0)) == nil)
        #expect(try await machine.start(after: .seconds(40)) == nil)
        #expect(try await machine.localBoot == .usual)
        let consequence = try #require(try await machine.start(after: .seconds(180)))
        #expect(consequence.kind == .hostChanged)
        #expect(consequence.sentence.hasPrefix("vm-01 came straight back twice after it was sent to its own disk"))
        #expect(try await machine.localBoot == .automatic(isSwitched: true))
        let event = try #require(try await machine.scene.store().events(ofHost: machine.host.id, limit: 1).first)
        #expect(event.kind == .hostChanged && event.message == consequence.sentence)
    }

    @Test func `where the other way fails too, that is told once in a row and nothing is switched back`() async throws {
        let machine = try await Machine()
        for _ in 0..<3 { try await machine.start(after: .seconds(60)) }
        let later = [Event.Kind?.none, nil, .hostNoticed, nil, nil]
        for kind in later { #expect(try await machine.start(after: .seconds(60))?.kind == kind) }
        #expect(try await machine.localBoot == .automatic(isSwitched: true))
        #expect(try machine.scene.count("SELECT count(*) FROM event WHERE message LIKE '%--local-boot file:PATH'") == 1)
    }

    @Test func `a machine that stayed on its disk for a while is not meant, nor one that was restarted once`()
        async throws
    {
        let machine = try await Machine()
        for pause in [0, 60, 181, 60, 3600, 60, 181] {
            #expect(try await machine.start(after: .seconds(pause)) == nil, "\(pause)")
        }
        #expect(try await machine.localBoot == .usual)
    }

    @Test func `the same start counts once, however often it is asked for or told`() async throws {
        let machine = try await Machine()
        let fetch = ScriptFetch(host: machine.host, at: machine.scene.clock.now(), .sentToDisk)
        for _ in 0..<5 { #expect(try await machine.tell(fetch) == nil) }
        for _ in 0..<5 { #expect(try await machine.start(after: .milliseconds(0)) == nil) }
        for pause in [4, 5, 51, 4, 5] { #expect(try await machine.start(after: .seconds(pause)) == nil) }
        #expect(try await machine.localBoot == .usual)
    }

    @Test func `a machine that restarts faster than that is noticed as well`() async throws {
        let machine = try await Machine()
        for _ in 0..<4 { #expect(try await machine.start(after: .seconds(6)) == nil) }
        #expect(try await machine.start(after: .seconds(6))?.kind == .hostChanged)
    }

    @Test func `what a person chose is not switched, and choosing automatic begins anew`() async throws {
        let machine = try await Machine()
        let (ledger, author) = (machine.scene.ledger, Scene.author)
        _ = try await ledger.change(hostID: machine.host.id, by: HostChange(localBoot: "exit"), author: author)
        for _ in 0..<4 { #expect(try await machine.start(after: .seconds(30)) == nil) }
        #expect(try await machine.localBoot == .exit)
        _ = try await ledger.change(hostID: machine.host.id, by: HostChange(localBoot: "auto"), author: author)
        for kind in [Event.Kind?.none, nil, .hostChanged] {
            #expect(try await machine.start(after: .seconds(30))?.kind == kind)
        }
        _ = try await ledger.change(hostID: machine.host.id, by: HostChange(localBoot: "auto"), author: author)
        #expect(try await machine.localBoot == .usual)
    }

    @Test func `E13: the first restart begins the installation once more, the second one ends it`() async throws {
        let scene = try await Scene()
        var host = try await scene.register(1)
        func go(_ events: LifecycleEvent...) async throws {
            for event in events {
                scene.clock.advance(.seconds(1))
                host = try await scene.ledger.advance(hostID: host.id, on: event, by: Scene.author)
            }
        }
        func restart() async throws -> Ledger.Consequence? {
            scene.clock.advance(.seconds(1))
            let fetch = ScriptFetch(host: host, at: scene.clock.now(), .restarted)
            let consequence = try await scene.ledger.fetchedScript(fetch, by: Scene.author)
            #expect(try await scene.ledger.fetchedScript(fetch, by: Scene.author) == nil, "told twice, counted once")
            return consequence
        }
        try await go(.rebuild)
        #expect(try await restart() == nil, "a machine that waits asks again and again")
        try await go(.fetchedKernel, .askedForAnswer)
        host = try #require(try await restart()).host
        #expect(host.state == .pxeReady)
        let operations = try await scene.store().operations(ofHost: host.id)
        #expect(operations.map(\.reentries) == [1] && operations.first?.endedAt == nil)
        #expect(try await restart() == nil)
        try await go(.fetchedKernel)
        let end = try #require(try await restart())
        #expect(end.host.state == .failed)
        #expect(
            end.sentence.hasPrefix("vm-01 is now failed: it restarted a second time during the installation. Look at"))
        let store = try scene.store()
        #expect(try await store.reasonOfFailure(end.host) == Operation.secondRestart)
        #expect(try await store.operations(ofHost: host.id).map(\.outcome) == [.failed])
        #expect(try scene.count("SELECT count(*) FROM deadline") == 0)
    }

    @Test func `E8: a machine with too little memory fails at once, unless that was said of another time`() async throws
    {
        let scene = try await Scene()
        let registered = try await scene.register(1)
        let host = try await scene.ledger.advance(hostID: registered.id, on: .rebuild, by: Scene.author)
        let outcome = ScriptFetch.Outcome.tooLittleMemory(MachineMemory(mebibytes: 1024), needed: .leastForProxmox)
        let fetch = ScriptFetch(host: host, at: scene.clock.now(), outcome)
        let end = try #require(try await scene.ledger.fetchedScript(fetch, by: Scene.author))
        #expect(end.host.state == .failed)
        #expect(
            end.sentence == "vm-01 is now failed: it has 1024 MiB of memory; installing Proxmox VE needs 6144. Give it"
                + " more, or take another machine, then rebuild it.")
        scene.clock.advance(.seconds(5))
        _ = try await scene.ledger.advance(hostID: host.id, on: .rebuild, by: Scene.author)
        #expect(try await scene.ledger.fetchedScript(fetch, by: Scene.author) == nil)
    }
}
