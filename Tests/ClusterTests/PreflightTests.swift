import Cluster
import Model
import Testing

@Suite struct PreflightTests {
    private func state() async throws -> ClusterState { try await ClusterState(asking: FakeMember()) }

    private var newcomer: Newcomer {
        var facts = NodeFacts()
        facts.version = "9.1.5"
        facts.addresses = ["10.0.0.9/24", "10.9.0.9/16"]
        facts.roundTrip = 0.4
        return Newcomer(
            name: "pve9", address: "10.0.0.9", facts: facts, lead: .milliseconds(-12), removesNamesake: false)
    }

    private func bad(_ change: (inout ClusterState, inout Newcomer) -> Void) async throws -> [ClusterTick] {
        var (state, newcomer) = (try await state(), newcomer)
        change(&state, &newcomer)
        return state.ticks(for: newcomer).filter { $0.outcome == .bad }
    }

    @Test func `P9: all that counts is a tick, and good ones are told with what was measured`() async throws {
        let ticks = try await state().ticks(for: newcomer)
        #expect(
            ticks.map(\.check) == [
                .cluster, .quorum, .members, .name, .host, .links, .versions, .clock, .ports,
            ])
        #expect(ticks.allSatisfy { $0.outcome != .bad })
        #expect(
            ticks.first { $0.check == .quorum }?.sentence == "The cluster lab is quorate: "
                + "2 of 3 votes, with 2 needed.")
        #expect(ticks.first { $0.check == .clock }?.sentence == "The clock of pve9 is 12 ms behind pve1.")
        #expect(ticks.first { $0.check == .links }?.sentence.contains("link 0 is 10.0.0.9, link 1 is 10.9.0.9") == true)
        #expect(ticks.first { $0.check == .members }?.sentence == "Not online: pve3.")
    }

    @Test func `E16: a cluster without quorum is told with its votes, and is waited for`() async throws {
        let ticks = try await bad { state, _ in
            state.isQuorate = false
            state.nodes[1].isOnline = false
        }
        let tick = try #require(ticks.first)
        #expect(ticks.count == 1 && tick.check == .quorum && tick.isPassing)
        #expect(tick.sentence.contains("1 of 3 votes, with 2 needed"))
        #expect(tick.sentence.contains("(pve2, pve3)") && tick.sentence.contains("pvecm expected 1"))
    }

    @Test func `E23: a clock a second off is told with how far, and is waited for`() async throws {
        for lead in [Duration.milliseconds(1400), .milliseconds(-1000)] {
            let ticks = try await bad { _, newcomer in newcomer.lead = lead }
            #expect(ticks.map(\.check) == [.clock] && ticks[0].isPassing)
            #expect(ticks[0].sentence.contains("\(abs(Int(lead / .milliseconds(1)))) ms"))
        }
        #expect(try await bad { _, newcomer in newcomer.lead = .milliseconds(999) }.isEmpty)
        #expect(try await bad { _, newcomer in newcomer.lead = nil }.map(\.check) == [.clock])
    }

    @Test func `a live member of the same name is refused with the steps, a dead one needs a word`() async throws {
        let live = try await bad { _, newcomer in newcomer.name = "pve2" }
        #expect(live.map(\.check) == [.name] && !live[0].isPassing)
        #expect(live[0].sentence.contains("live member of lab (node 2, online)"))
        let dead = try await bad { _, newcomer in newcomer.name = "pve3" }
        #expect(dead.map(\.check) == [.name])
        #expect(dead[0].sentence.contains("100 (web), 101 (unnamed)") && dead[0].sentence.contains("--remove-member"))
        var confirmed = newcomer
        (confirmed.name, confirmed.removesNamesake) = ("pve3", true)
        let tick = try #require(try await state().ticks(for: confirmed).first { $0.check == .name })
        #expect(tick.outcome == .caution && tick.sentence.contains("mv /etc/pve/nodes/pve3/qemu-server/*.conf"))
    }

    @Test func `guests of a dead member are shown, or it is said where their configuration is`() async throws {
        let place = "see /etc/pve/nodes/pve3/qemu-server and lxc on pve1"
        var state = try await state()
        #expect(state.name("pve3", removing: false).sentence.contains(place))
        let files = [GuestFile(path: "qemu-server/100.conf", text: "name: web\n")]
        try await state.readGuests(of: "pve2", from: FakeMember(guestFiles: files))
        #expect(state.nodes.allSatisfy { $0.guestFiles == nil }, "of a live one they are not asked for")
        try await state.readGuests(of: "pve3", from: FakeMember(guestFiles: files))
        #expect(state.node("pve3")?.guestFiles == files)
        #expect(!state.name("pve3", removing: true).sentence.contains(place))
    }

    @Test func `an address of another member, and a link that the host has none for, are refused`() async throws {
        let taken = try await bad { _, newcomer in
            (newcomer.address, newcomer.facts.addresses) = ("10.0.0.2", ["10.0.0.2/24", "10.9.0.9/16"])
        }
        #expect(taken.map(\.sentence) == ["10.0.0.2 is pve2's in lab. Give pve9 another address."])
        let missing = try await bad { _, newcomer in newcomer.facts.addresses = ["10.0.0.9/24"] }
        #expect(missing.map(\.check) == [.links])
        #expect(missing[0].sentence.contains("the link 1 (10.9.0.1 on pve1)"))
    }

    @Test func `another series of Proxmox VE, guests, a cluster and closed ports are in the way`() async throws {
        #expect(try await bad { _, newcomer in newcomer.facts.version = "8.4.1" }.map(\.check) == [.versions])
        #expect(try await bad { _, newcomer in newcomer.facts.version = "9.2.1" }.isEmpty)
        #expect(try await bad { _, newcomer in newcomer.facts.hasGuests = true }.map(\.check) == [.host])
        #expect(try await bad { _, newcomer in newcomer.facts.cluster = "other" }.map(\.isPassing) == [false])
        #expect(try await bad { _, newcomer in newcomer.facts.missing = ["pveproxy"] }.map(\.isPassing) == [true])
        let closed = try await bad { _, newcomer in newcomer.facts.closedPorts = ["tcp/8006", "udp/5405"] }
        #expect(closed[0].sentence.contains("does not reach tcp/8006, udp/5405 of pve1"))
    }
}
