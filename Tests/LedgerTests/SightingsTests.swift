import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(5))) struct SightingsTests {
    let mac: MACAddress

    init() throws { mac = try MACAddress("52:54:00:00:00:01") }

    private func seen(
        _ kind: Sighting.Kind, _ mac: MACAddress?, at moment: Timestamp, _ traits: Discovery.Traits = .init(),
        _ fill: (inout Sighting.Details) -> Void = { _ in }
    ) -> Ledger.Seen {
        let sighting = Sighting(kind, of: mac, at: moment, by: "sprout-dhcp", fill)
        return Ledger.Seen(daemon: "sprout-dhcp", mac: mac, traits: traits, sighting: sighting)
    }

    @Test func `P4: a host that netboots is an event, once for each time it begins`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1)
        let store = try scene.store()
        for second in [0, 4, 12, 100] {
            let moment = scene.clock.now() + .seconds(second)
            let asked = seen(.asked, mac, at: moment, .init(architecture: 7)) { details in
                (details.stage, details.architecture, details.vendorClass) = (.firmware, 7, "PXEClient:Arch:00007")
                (details.offered, details.server) = ("told to ask port 4011", "192.168.1.5")
            }
            #expect(try await scene.ledger.note([asked]).isNews)
        }
        let events = try await store.events(ofHost: host.id, limit: 10).filter { $0.kind == .netbootBegan }
        #expect(events.count == 2)
        #expect(
            events.first?.message
                == "vm-01 netboots: it asked what to boot (UEFI, PXEClient:Arch:00007) and was told to ask port 4011 by"
                + " 192.168.1.5.")
        #expect(try await store.sightings(of: mac, limit: 10).count == 4)
    }

    @Test func `what is known by its address only belongs to the machine that had it last`() async throws {
        let scene = try await Scene()
        let other = try MACAddress("52:54:00:00:00:02")
        let moment = scene.clock.now()
        let noted = try await scene.ledger.note([
            seen(.tookAddress, mac, at: moment) { $0.address = "192.168.1.77" },
            seen(.tookAddress, other, at: moment) { $0.address = "192.168.1.77" },
            seen(.tftpFinished, nil, at: moment) { ($0.address, $0.file) = ("192.168.1.77", "snponly.efi") },
            seen(.tftpFinished, nil, at: moment) { $0.address = "192.168.1.78" },
        ])
        #expect(noted.ofUnknownMachines.map { $0.sighting?.details.address } == ["192.168.1.78"])
        let store = try scene.store()
        #expect(try await store.sightings(of: mac, limit: 10).map(\.kind) == [.tookAddress])
        #expect(try await store.sightings(of: other, limit: 10).map(\.kind) == [.tookAddress, .tftpFinished])
        #expect(try await store.sightings(limit: 10).count == 3, "nobody had the last address")
    }

    @Test func `a flood of strangers takes nothing from hosts, and not the disk`() async throws {
        let scene = try await Scene()
        _ = try await scene.register(1)
        let moment = scene.clock.now()
        try await scene.ledger.note((0..<150).map { _ in seen(.askedForAddressOnly, mac, at: moment) })
        for batch in 0..<6 {
            try await scene.ledger.note(
                (0..<500).map { number in
                    let stranger = try? MACAddress(String(0x0200_0000_0000 + batch * 500 + number, radix: 16).padded)
                    return seen(.asked, stranger, at: moment)
                })
        }
        let store = try scene.store()
        #expect(try await store.sightings(of: mac, limit: 1000).count == 100)
        #expect(try scene.count("SELECT count(*) FROM sighting") == 2100)
    }

    @Test func `a verdict is told once, of hosts as an event, and goes when a host is armed anew`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1)
        let author = Scene.author
        let verdict = Verdict(.nothingHeard, "Nothing was heard.", remedy: "Look.")
        #expect(try await scene.ledger.judge(mac, verdict, by: author))
        #expect(try await !scene.ledger.judge(mac, verdict, by: author))
        let later = Verdict(.nothingHeard, "Nothing was heard for 2 minutes.", remedy: "Look.")
        #expect(try await scene.ledger.judge(mac, later, by: author), "the words change")
        let store = try scene.store()
        #expect(try await store.verdict(on: mac) == later)
        let told = try await store.events(ofHost: host.id, limit: 10).filter { $0.kind == .netbootStalled }
        #expect(told.map(\.message) == ["Nothing was heard. Look."])
        _ = try await scene.ledger.advance(hostID: host.id, on: .rebuild, by: author)
        #expect(try await store.verdict(on: mac) == nil)
        #expect(try await scene.ledger.judge(mac, verdict, by: author))
        #expect(try await scene.ledger.judge(mac, nil, by: author))
        #expect(try await !scene.ledger.judge(mac, nil, by: author))
    }

    @Test func `E1: a host that never netbooted fails with what was found out`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1)
        _ = try await scene.ledger.advance(hostID: host.id, on: .rebuild, by: Scene.author)
        let verdict = Verdict(.nothingHeard, "Nothing was heard.", remedy: "Is it on?")
        _ = try await scene.ledger.judge(mac, verdict, by: Scene.author)
        scene.clock.advance(.seconds(601))
        #expect(try await scene.ledger.passDeadlines(by: Scene.author) == ["vm-01"])
        let failed = try #require(try await scene.store().host(host.id))
        #expect(failed.state == .failed)
        #expect(
            try await scene.store().reasonOfFailure(failed)
                == "it never netbooted in 10 minutes. Nothing was heard. Is it on?")
    }
}

@Suite(.timeLimit(.minutes(5))) struct IdentitiesTests {
    let mac: MACAddress
    let uuid = "564d1a2b-3c4d-5e6f-7081-92a3b4c5d6e7"
    let other = "11111111-3c4d-5e6f-7081-92a3b4c5d6e7"

    init() throws { mac = try MACAddress("52:54:00:00:00:01") }

    @Test func `E3: a MAC address that two machines claim is contested until a person says which it is`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1)
        let (ledger, store, author) = (scene.ledger, try scene.store(), Scene.author)
        _ = try await ledger.saw(mac, .init(uuid: uuid, address: "192.168.1.10"), by: author)
        _ = try await ledger.saw(mac, .init(uuid: uuid, serial: "S-ONE"), by: author)
        #expect(try await !store.isContested(mac))
        #expect(try await ledger.saw(mac, .init(uuid: other, serial: "S-TWO", address: "192.168.1.11"), by: author))
        #expect(try await store.isContested(mac))
        let told = try await store.events(ofHost: host.id, limit: 10).filter { $0.kind == .identityContested }
        #expect(told.count == 1)
        for word in ["serial S-ONE", "192.168.1.10", "serial S-TWO", "192.168.1.11"] {
            #expect(told.first?.message.contains(word) == true, "\(word)")
        }
        await #expect(throws: Refused.self) {
            try await ledger.trust(mac, uuid: nil, serial: "S-THREE", by: author)
        }
        try await ledger.trust(mac, uuid: nil, serial: "S-ONE", by: author)
        #expect(try await !store.isContested(mac))
        #expect(try await store.identities(of: mac).map(\.serial) == ["S-ONE"])
        #expect(try await store.host(host.id) == host, "no host is displaced")
    }

    @Test func `E3: boards that share a UUID are told, and nothing is frozen`() async throws {
        let scene = try await Scene()
        let second = try MACAddress("52:54:00:00:00:02")
        _ = try await scene.ledger.saw(mac, .init(uuid: uuid, serial: "S-ONE"), by: Scene.author)
        _ = try await scene.ledger.saw(second, .init(uuid: uuid, serial: "S-TWO"), by: Scene.author)
        _ = try await scene.ledger.saw(second, .init(uuid: uuid, serial: "S-TWO"), by: Scene.author)
        let store = try scene.store()
        let contested = try await (store.isContested(mac), store.isContested(second))
        #expect(contested == (false, false))
        let told = try await store.latestEvents(limit: 20).filter { $0.kind == .identityContested }
        #expect(told.count == 1)
        #expect(told.first?.message.contains("share the UUID") == true)
    }

    @Test func `E3: two ports of one machine share its UUID and serial, which is nothing to tell`() async throws {
        let scene = try await Scene()
        let second = try MACAddress("52:54:00:00:00:02")
        for mac in [mac, second] {
            _ = try await scene.ledger.saw(mac, .init(uuid: uuid, serial: "S-ONE"), by: Scene.author)
        }
        #expect(try await scene.store().latestEvents(limit: 20).allSatisfy { $0.kind != .identityContested })
    }
}

extension String {
    fileprivate var padded: String { String(repeating: "0", count: 12 - utf8.count) + self }
}
