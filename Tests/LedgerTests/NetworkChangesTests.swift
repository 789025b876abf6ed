import Linux
import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(2))) struct NetworkChangesTests {
    private static let old = OwnNetwork(interface: "eno1", address: 0xC0A8_0117, mask: 0xFFFF_FF00)
    private static let new = OwnNetwork(interface: "eno1", address: 0xC0A8_B214, mask: 0xFFFF_FF00)
    private static let neighbour = OwnNetwork(interface: "eno1", address: 0xC0A8_014D, mask: 0xFFFF_FF00)

    /// A box in its first network, with a host that is armed and one whose machine has begun.
    private struct Scenery {
        let scene: Scene
        let armed: Host
        let begun: Host

        init() async throws {
            scene = try await Scene()
            #expect(try await scene.ledger.reached(in: [old], by: Scene.author) == nil)
            armed = try await scene.ledger.advance(
                hostID: scene.register(1, hostname: "pve-1").id, on: .rebuild, by: Scene.author)
            let second = try await scene.register(2, hostname: "pve-2")
            _ = try await scene.ledger.advance(hostID: second.id, on: .rebuild, by: Scene.author)
            begun = try await scene.ledger.advance(hostID: second.id, on: .fetchedKernel, by: Scene.author)
        }

        func move(to network: OwnNetwork = new) async throws -> NetworkChange? {
            try await scene.ledger.reached(in: [network], by: Scene.author)
        }
    }

    @Test func `E24: in another network whoever is armed waits, whoever has begun goes on, and it is told once`()
        async throws
    {
        let scenery = try await Scenery()
        let (scene, store) = (scenery.scene, try scenery.scene.store())
        let change = try #require(try await scenery.move())
        #expect(change.move == NetworkMove(from: [Self.old], to: [Self.new]) && change.held.count == 1)
        #expect(try await scenery.move() == nil)
        #expect(try await store.heldHosts().map(\.id) == [scenery.armed.id])
        #expect(try await store.hostsInNeed() == [scenery.armed.id])
        #expect(try await store.ownNetworks() == [Self.new])
        let told = try await store.events(EventFilter(kind: .networkChanged), before: nil, limit: 5).map(\.message)
        #expect(
            told == [
                "Network changed 192.168.1.0/24 → 192.168.178.0/24: this box is 192.168.178.20 now."
                    + " 1 installation waits for a person."
            ])
        #expect(
            try await scene.ledger.dueEffects().map(\.host.id) == [scenery.begun.id], "who waits is not switched on")
        scene.clock.advance(.seconds(3600))
        #expect(try await scene.ledger.passDeadlines(by: Scene.author) == ["pve-2"], "no time runs out for who waits")
        await #expect(throws: Refused.self) {
            try await scene.ledger.grantBoot(hostID: scenery.armed.id, memory: nil, tokenHash: [1])
        }
        await #expect(throws: Refused.self) { try await scene.ledger.confirmNetwork(by: Scene.author) }
    }

    @Test func `E24: a person lets a host go on, which then has its whole time, and says that the change was seen`()
        async throws
    {
        let scenery = try await Scenery()
        let (scene, store) = (scenery.scene, try scenery.scene.store())
        _ = try await scenery.move()
        scene.clock.advance(.seconds(3600))
        _ = try await scene.ledger.goOn(hostID: scenery.armed.id, by: Scene.author)
        #expect(try await store.heldHosts().isEmpty)
        #expect(try await scene.ledger.dueEffects().map(\.host.id) == [scenery.armed.id, scenery.begun.id])
        await #expect(throws: Refused.self) { try await scene.ledger.goOn(hostID: scenery.armed.id, by: Scene.author) }
        scene.clock.advance(.seconds(599))
        #expect(try await !scene.ledger.passDeadlines(by: Scene.author).contains("pve-1"))
        #expect(try await store.networkChange() != nil)
        try await scene.ledger.confirmNetwork(by: Scene.author)
        #expect(try await store.networkChange() == nil)
        scene.clock.advance(.seconds(1))
        #expect(try await scene.ledger.passDeadlines(by: Scene.author) == ["pve-1"])
    }

    @Test func `E24: who waits can be cancelled instead, and a later change lets nobody go on by itself`() async throws
    {
        let scenery = try await Scenery()
        let store = try scenery.scene.store()
        _ = try await scenery.move()
        _ = try await scenery.move(to: Self.old)
        #expect(try await store.heldHosts().map(\.id) == [scenery.armed.id])
        _ = try await scenery.scene.ledger.cancel(hostID: scenery.armed.id, by: Scene.author)
        #expect(try await store.networkChange()?.held == [])
    }

    @Test func `E24: another address in the same network pauses nobody`() async throws {
        let scenery = try await Scenery()
        let change = try #require(try await scenery.move(to: Self.neighbour))
        #expect(change.held.isEmpty)
        #expect(try await scenery.scene.ledger.dueEffects().map(\.effect) == [.armNetboot, .armNetboot])
    }

    @Test func `E24: servers of the network that was left are not there any more, and a fixed URL into it is told`()
        async throws
    {
        let scenery = try await Scenery()
        let ledger = scenery.scene.ledger
        let moment = scenery.scene.clock.now()
        _ = try await ledger.load(["server.public_url": "http://192.168.1.23"], by: Scene.author)
        for address in ["192.168.1.1", "192.168.178.1"] {
            let server = ForeignServer(
                address: address, mac: nil, kind: .dhcp, offers: "addresses", firstSeen: moment, lastSeen: moment)
            _ = try await ledger.heard(server, by: Scene.author)
        }
        _ = try await scenery.move()
        let store = try scenery.scene.store()
        #expect(try await store.foreignServers(at: scenery.scene.clock.now()).map(\.address) == ["192.168.178.1"])
        let told = try await store.events(EventFilter(kind: .networkChanged), before: nil, limit: 1).first?.message
        #expect(
            told?.hasSuffix("server.public_url still is http://192.168.1.23: new hosts are told to call there.") == true
        )
    }
}
