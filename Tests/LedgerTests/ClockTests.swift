import Linux
import Model
import Store
import Synchronization
import Testing

@testable import Ledger

/// Two clocks as the kernel has them: one goes on, whatever becomes of the other, which anybody may set.
private final class TwoClocks: Sendable {
    private let wall = Atomic<Int64>(1_795_200_000_000)
    private let uptime = Atomic<Int64>(100_000)
    private let boot = Atomic<Int>(1)

    var now: @Sendable () -> Timestamp { { Timestamp(milliseconds: self.wall.load(ordering: .relaxed)) } }
    var reading: @Sendable () -> ClockReading {
        {
            ClockReading(
                boot: "boot-\(self.boot.load(ordering: .relaxed))", uptime: self.uptime.load(ordering: .relaxed),
                wall: self.now())
        }
    }

    func pass(seconds: Int64) {
        wall.add(seconds * 1000, ordering: .relaxed)
        uptime.add(seconds * 1000, ordering: .relaxed)
    }

    /// Somebody sets the time of day.
    func set(bySeconds seconds: Int64) { step(byMilliseconds: seconds * 1000) }

    /// What keeps clocks right moves them a little now and then.
    func step(byMilliseconds milliseconds: Int64) { wall.add(milliseconds, ordering: .relaxed) }

    /// The machine is off, and has another time of day afterwards.
    func restart(bySeconds seconds: Int64) {
        set(bySeconds: seconds)
        uptime.store(5000, ordering: .relaxed)
        boot.add(1, ordering: .relaxed)
    }
}

@Suite(.timeLimit(.minutes(5))) struct ClockTests {
    private static let (day, year): (Int64, Int64) = (86_400, 365 * 86_400)

    /// A host that is armed on a box whose clock is set.
    private struct Scenery {
        let clocks = TwoClocks()
        let path: String
        let ledger: Ledger
        let host: Host

        init() async throws {
            path = try await Scene().path
            ledger = try Ledger(path: path, Worker(), now: clocks.now, clock: clocks.reading)
            let draft = HostDraft(hostname: "pve-1", mac: "52:54:00:00:00:01", serverType: "vm")
            let registered = try await ledger.register(draft, by: Scene.author)
            host = try await ledger.advance(hostID: registered.id, on: .rebuild, by: Scene.author)
        }

        var store: Store { get throws { try Store(path: path) } }

        func late() async throws -> [String] { try await ledger.passDeadlines(by: Scene.author) }
    }

    @Test(arguments: [-365 * 86_400, 86_400, -3600, 90] as [Int64])
    func `E22: a clock that is set changes nothing of the time that an operation has left`(seconds: Int64) async throws
    {
        let scenery = try await Scenery()
        scenery.clocks.pass(seconds: 300)
        scenery.clocks.set(bySeconds: seconds)
        #expect(try await scenery.late() == [])
        #expect(try await scenery.ledger.nextDeadline() == scenery.clocks.now() + .seconds(300))
        scenery.clocks.pass(seconds: 299)
        #expect(try await scenery.late() == [], "it does not expire before its time")
        scenery.clocks.pass(seconds: 1)
        #expect(try await scenery.late() == ["pve-1"], "nor does it live longer")
        let record = try #require(try await scenery.store.history(ofHost: scenery.host.id, limit: 1).first)
        #expect(record.operation.endedAt.map { $0 - record.operation.startedAt } == .seconds(600))
        #expect(record.steps.map { $0.endedAt.map { end in end - record.steps[0].startedAt } } == [.seconds(600)])
    }

    @Test func `E22: a token keeps its days when the clock is set, and loses them while the box is off`() async throws {
        let scenery = try await Scenery()
        let end = scenery.clocks.now() + .seconds(90 * Self.day)
        _ = try await scenery.ledger.addToken(
            try AccessName("ci"), .viewer, hash: [1], expiresAt: end, by: Scene.author)
        scenery.clocks.set(bySeconds: 5 * Self.year)
        #expect(try await scenery.late() == [])
        let moved = end + .seconds(5 * Self.year)
        #expect(try await scenery.store.tokens().first?.expiresAt == moved)
        scenery.clocks.restart(bySeconds: Self.day)
        #expect(try await scenery.late() == [])
        #expect(try await scenery.store.tokens().first?.expiresAt == moved)
    }

    @Test func `E22: a state that is reached before the change is noticed has its own time and no other`() async throws
    {
        let scenery = try await Scenery()
        scenery.clocks.set(bySeconds: Self.day)
        _ = try await scenery.ledger.advance(hostID: scenery.host.id, on: .fetchedKernel, by: Scene.author)
        #expect(try await scenery.ledger.nextDeadline() == scenery.clocks.now() + .seconds(300))
        #expect(try await scenery.late() == [])
    }

    @Test(arguments: [-365 * 86_400, 86_400] as [Int64])
    func `E22: the change is found by the orchestrator that was not there when it happened`(seconds: Int64)
        async throws
    {
        let scenery = try await Scenery()
        scenery.clocks.pass(seconds: 60)
        scenery.clocks.set(bySeconds: seconds)
        let (path, clocks) = (scenery.path, scenery.clocks)
        let next = try Ledger(path: path, Worker(), now: clocks.now, clock: clocks.reading)
        #expect(try await next.passDeadlines(by: Scene.author) == [])
        #expect(try await next.nextDeadline() == scenery.clocks.now() + .seconds(540))
    }

    @Test(arguments: [-5 * 365 * 86_400, 3600, 30] as [Int64])
    func `E22: after the box was off, what was left of the time is left, whatever its clock shows`(seconds: Int64)
        async throws
    {
        let scenery = try await Scenery()
        scenery.clocks.pass(seconds: 120)
        #expect(try await scenery.late() == [])
        scenery.clocks.restart(bySeconds: seconds)
        #expect(try await scenery.late() == [])
        #expect(try await scenery.ledger.nextDeadline() == scenery.clocks.now() + .seconds(480))
        let told = try await scenery.store.latestEvents(limit: 1).first
        #expect(told?.kind == .clockChanged && told?.message.hasPrefix("This box was off, and its clock went") == true)
        // And then the time of day is learnt from the network.
        scenery.clocks.set(bySeconds: 5 * Self.year)
        #expect(try await scenery.late() == [])
        scenery.clocks.pass(seconds: 480)
        #expect(try await scenery.late() == ["pve-1"])
    }

    @Test func `E22: the timeline says from when to when, and goes on in order`() async throws {
        let scenery = try await Scenery()
        scenery.clocks.set(bySeconds: -Self.year)
        _ = try await scenery.ledger.advance(hostID: scenery.host.id, on: .cancel, by: Scene.author)
        _ = try await scenery.ledger.advance(hostID: scenery.host.id, on: .rebuild, by: Scene.author)
        let events = try await scenery.store.latestEvents(limit: 4)
        #expect(events.map(\.kind) == [.hostAdvanced, .hostAdvanced, .clockChanged, .hostAdvanced])
        #expect(events.map(\.id) == events.map(\.id).sorted(by: >))
        let message = events[2].message
        #expect(message.hasPrefix("The clock was set from 2026-") && message.contains(" to 2025-"), "\(message)")
        let operations = try await scenery.store.operations(ofHost: scenery.host.id)
        #expect(operations.map(\.endedAt).map { $0 == nil } == [true, false], "the latest comes first")
    }

    @Test func `E22: an effect that waits for its next try waits no longer, and no shorter`() async throws {
        let scenery = try await Scenery()
        let due = try #require(try await scenery.ledger.dueEffects().first)
        try await scenery.ledger.postpone(
            due, because: "nobody answers", for: .seconds(40), .hostNoticed, by: Scene.author)
        for jump in [-Self.year, Self.day] {
            scenery.clocks.set(bySeconds: jump)
            scenery.clocks.pass(seconds: 19)
            #expect(try await scenery.ledger.dueEffects().isEmpty)
        }
        scenery.clocks.pass(seconds: 2)
        #expect(try await scenery.ledger.dueEffects().count == 1)
    }

    @Test func `E22: small steps are no event each, and count once they add up`() async throws {
        let scenery = try await Scenery()
        let before = try await scenery.ledger.newestEventID()
        for _ in 0..<2 {
            scenery.clocks.step(byMilliseconds: 400)
            scenery.clocks.pass(seconds: 15)
            #expect(try await scenery.late() == [])
        }
        #expect(try await scenery.ledger.newestEventID() == before)
        scenery.clocks.step(byMilliseconds: 400)
        #expect(try await scenery.late() == [])
        #expect(try await scenery.ledger.newestEventID() == before + 1)
        #expect(try await scenery.ledger.nextDeadline() == scenery.clocks.now() + .seconds(570))
    }
}
