import Linux
import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(2))) struct OperationsTests {
    static let walk: [LifecycleEvent] = [
        .rebuild, .fetchedKernel, .askedForAnswer, .reportedInstalled, .startedNewSystem, .phonedHome, .joined,
    ]

    @Test func `P16: a walk writes its states, events, effects, deadlines and operation together`() async throws {
        let scene = try await Scene()
        var host = try await scene.register(1)
        for event in Self.walk {
            host = try await scene.ledger.advance(hostID: host.id, on: event, by: Scene.author)
            let deadlines = try scene.count("SELECT count(*) FROM deadline")
            #expect(deadlines == (host.state.isUnderWay ? 1 : 0), "\(host.state)")
        }
        #expect(host.state == .ready)
        let operations = try await scene.store().operations(ofHost: host.id)
        #expect(operations.map(\.outcome) == [.ready])
        #expect(operations.first?.endedAt != nil)
        #expect(operations.first?.serverTypesVersion == 1)
        #expect(try scene.count("SELECT count(*) FROM event WHERE kind = 'host.advanced'") == 7)
        #expect(try scene.count("SELECT count(*) FROM effect") == 6)
    }

    @Test func `what a tile tells of a host comes from its operations and from what it waits for`() async throws {
        let scene = try await Scene()
        var host = try await scene.register(1)
        for event in Self.walk + [.rebuild] {
            host = try await scene.ledger.advance(hostID: host.id, on: event, by: Scene.author)
        }
        let store = try scene.store()
        #expect(try await store.latestOperations(perHost: 5)[host.id]?.map(\.outcome) == [.ready, nil])
        #expect(try await store.latestOperations(perHost: 1)[host.id]?.map(\.outcome) == [nil])
        #expect(try await store.hostsInNeed() == [])
        let operation = try #require(try await store.operations(ofHost: host.id).first)
        let due = try #require(try await scene.ledger.dueEffects().first { $0.operation.id == operation.id })
        try await scene.ledger.askPerson("Press its button.", for: due)
        #expect(try await store.hostsInNeed() == [host.id])
        scene.clock.advance(.seconds(1))
        host = try await scene.ledger.advance(hostID: host.id, on: .fetchedKernel, by: Scene.author)
        #expect(try await store.hostsInNeed() == [], "the button was pressed: it has netbooted")
        host = try await scene.ledger.advance(hostID: host.id, on: .broke, by: Scene.author)
        #expect(try await store.hostsInNeed() == [host.id])
    }

    @Test func `P16: no order of commands reaches a state that the table does not have`() async throws {
        let scene = try await Scene()
        var random = SystemRandomNumberGenerator()
        var host = try await scene.register(1)
        for _ in 0..<1500 {
            let event = LifecycleEvent.allCases.randomElement(using: &random) ?? .rebuild
            let expected = Lifecycle.step(from: host.state, on: event)?.to
            let before = try await scene.ledger.newestEventID()
            do {
                let after = try await scene.ledger.advance(hostID: host.id, on: event, by: Scene.author)
                #expect(after.state == expected, "\(host.state) on \(event)")
                host = after
            } catch let refused as Refused {
                #expect(expected == nil, "\(host.state) on \(event)")
                #expect(refused.kind == .conflict && refused.reason.contains(event.rawValue))
                #expect(try await scene.ledger.newestEventID() == before)
            }
            #expect(try await scene.store().host(host.id)?.state == host.state)
            let underWay = try scene.count("SELECT count(*) FROM operation WHERE ended_at IS NULL")
            #expect(underWay == (host.state.isUnderWay ? 1 : 0))
        }
    }

    @Test func `P15: a host under way cannot be removed`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1)
        _ = try await scene.ledger.advance(hostID: host.id, on: .rebuild, by: Scene.author)
        let refused = await #expect(throws: Refused.self) {
            try await scene.ledger.remove(hostID: host.id, by: Scene.author)
        }
        #expect(refused?.reason == "vm-01 is pxe_ready: an operation is under way. Cancel it first.")
    }

    @Test func `a host whose time runs out fails with a sentence`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1)
        _ = try await scene.ledger.advance(hostID: host.id, on: .rebuild, by: Scene.author)
        scene.clock.advance(.seconds(599))
        #expect(try await scene.ledger.passDeadlines(by: Scene.author) == [])
        scene.clock.advance(.seconds(1))
        #expect(try await scene.ledger.nextDeadline() == scene.clock.now())
        #expect(try await scene.ledger.passDeadlines(by: Scene.author) == ["vm-01"])
        let event = try #require(try await scene.store().events(ofHost: host.id, limit: 1).first)
        #expect(
            event.message.hasPrefix("vm-01 went from pxe_ready to failed: it never netbooted in 10 minutes.")
        )
        #expect(try await scene.ledger.nextDeadline() == nil)
    }

    @Test func `each step of an operation is kept with its time and what ended it`() async throws {
        let scene = try await Scene()
        var host = try await scene.register(1)
        for event in [LifecycleEvent.rebuild, .fetchedKernel, .askedForAnswer, .restarted, .cancel] {
            host = try await scene.ledger.advance(hostID: host.id, on: event, reason: "\(event)", by: Scene.author)
            scene.clock.advance(.seconds(10))
        }
        let steps = try #require(try await scene.store().history(ofHost: host.id, limit: 5).first).steps
        #expect(steps.map(\.state) == [.pxeReady, .pxeBooted, .installing, .pxeReady])
        #expect(steps.map(\.outcome) == [.fetchedKernel, .askedForAnswer, .restarted, .cancel])
        #expect(steps.last?.reason == "cancel")
        #expect(steps.allSatisfy { step in step.endedAt.map { $0 - step.startedAt } == .seconds(10) })
    }

    @Test func `a server type's own deadlines hold for the operations that began with it`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1)
        let slow = ServerTypeRecord(
            key: "vm", displayName: "vm", hostnamePrefix: "vm-", body: #"{"deadlines":{"pxe_ready":7200,"later":1}}"#)
        _ = try await scene.ledger.load([slow], from: "a test", by: Scene.author)
        _ = try await scene.ledger.advance(hostID: host.id, on: .rebuild, by: Scene.author)
        #expect(try await scene.ledger.nextDeadline() == scene.clock.now() + .seconds(7200))
        scene.clock.advance(.seconds(7200))
        #expect(try await scene.ledger.passDeadlines(by: Scene.author) == ["vm-01"])
        let reason = try await scene.store().reasonOfFailure(try #require(try await scene.store().host(host.id)))
        #expect(reason?.hasPrefix("it never netbooted in 120 minutes.") == true, "\(reason ?? "")")
    }

    @Test func `P13: an operation keeps the server types it started with`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1)
        _ = try await scene.ledger.advance(hostID: host.id, on: .rebuild, by: Scene.author)
        let changed = [ServerTypeRecord(key: "vm", displayName: "new", hostnamePrefix: "vm-", body: "{\"new\":1}")]
        #expect(try await scene.ledger.load(changed, from: "a test", by: Scene.author))
        #expect(
            try await !scene.ledger.load(changed, from: "a test", by: Scene.author), "the same again is no new version")
        let store = try scene.store()
        let operation = try #require(try await store.operations(ofHost: host.id).first)
        #expect(try await store.serverTypes(version: operation.serverTypesVersion).types.map(\.displayName) == ["vm"])
        #expect(try await store.serverTypes().types.map(\.displayName) == ["new"])
    }

    @Test func `P13: a rejected file is noted once, and forgotten when a good one comes`() async throws {
        let scene = try await Scene()
        #expect(try await scene.ledger.reject("line 3: wrong", by: Scene.author))
        #expect(try await !scene.ledger.reject("line 3: wrong", by: Scene.author))
        #expect(try await scene.store().serverTypes().problem == "line 3: wrong")
        #expect(try scene.count("SELECT count(*) FROM event WHERE kind = 'server_types.rejected'") == 1)
        let same = [ServerTypeRecord(key: "vm", displayName: "vm", hostnamePrefix: "vm-", body: "{}")]
        #expect(try await !scene.ledger.load(same, from: "a test", by: Scene.author))
        #expect(try await scene.store().serverTypes().problem == nil)
    }
}
