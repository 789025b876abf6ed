import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(5))) struct HostChangesTests {
    @Test func `a typing error in the MAC address is corrected, and the discovery that showed it goes`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1)
        let right = try MACAddress("52:54:00:00:00:10")
        _ = try await scene.ledger.saw(right, .init(), by: Scene.author)
        let author = Ledger.Author(actor: "a test", request: "r")
        for _ in 0..<2 {
            let changed = try await scene.ledger.change(
                hostID: host.id, by: HostChange(mac: "\(right)"), author: author)
            #expect(changed.mac == right && changed.macs == [right])
        }
        let store = try scene.store()
        #expect(try await store.host(withMAC: right)?.id == host.id)
        #expect(try await store.host(withMAC: host.mac) == nil)
        #expect(try await store.discoveries().isEmpty)
        let events = try await store.events(ofHost: host.id, limit: 9)
        #expect(events.map(\.kind) == [.hostChanged, .hostRegistered], "the same request, repeated, does nothing")
        #expect(
            events.first?.message
                == "vm-01 was changed: it boots from 52:54:00:00:00:10, not 52:54:00:00:00:01.")
    }

    @Test func `an address that it has already becomes the one it boots from, and the other stays its own`()
        async throws
    {
        let scene = try await Scene()
        let host = try await scene.register(1)
        let change = HostChange(mac: "5254.0000.0002", addedMACs: ["52-54-00-00-00-02", "52:54:00:00:00:03"])
        let changed = try await scene.ledger.change(hostID: host.id, by: change, author: Scene.author)
        #expect(changed.macs.map(\.description) == ["52:54:00:00:00:02", "52:54:00:00:00:01", "52:54:00:00:00:03"])
        #expect(try await scene.store().host(host.id) == changed)
        let removal = HostChange(removedMACs: ["52:54:00:00:00:01"])
        let rest = try await scene.ledger.change(hostID: host.id, by: removal, author: Scene.author)
        #expect(rest.macs.map(\.description) == ["52:54:00:00:00:02", "52:54:00:00:00:03"])
    }

    @Test func `only what is given is changed, and what changes nothing leaves no event`() async throws {
        let scene = try await Scene(types: ["ms01", "vm"])
        let host = try await scene.register(1)
        let change = HostChange(hostname: "PVE-1", serverType: "ms01", labels: ["rack": "a"])
        let changed = try await scene.ledger.change(hostID: host.id, by: change, author: Scene.author)
        var expected = host
        expected.hostname = try Hostname("pve-1")
        expected.serverType = "ms01"
        expected.labels = ["rack": "a"]
        #expect(changed == expected)
        #expect(try await scene.store().host("pve-1") == expected)
        let before = try await scene.ledger.newestEventID()
        #expect(try await scene.ledger.change(hostID: host.id, by: change, author: Scene.author) == expected)
        #expect(try await scene.ledger.newestEventID() == before)
    }

    static let refused: [(HostChange, Refused.Kind, String, String)] = [
        (HostChange(mac: "nonsense"), .invalid, "mac", "six pairs"),
        (HostChange(mac: "52:54:00:00:00:0a"), .conflict, "mac", "belongs to the host taken"),
        (HostChange(addedMACs: ["52:54:00:00:00:0a"]), .conflict, "add_macs", "belongs to the host taken"),
        (HostChange(addedMACs: ["x"]), .invalid, "add_macs", "six pairs"),
        (HostChange(removedMACs: ["52:54:00:00:00:01"]), .invalid, "remove_macs", "boots from"),
        (HostChange(removedMACs: ["52:54:00:00:00:77"]), .invalid, "remove_macs", "no address of vm-01"),
        (HostChange(hostname: "TAKEN"), .conflict, "hostname", "52:54:00:00:00:0a"),
        (HostChange(hostname: "12"), .invalid, "hostname", "digits alone"),
        (HostChange(serverType: "toaster"), .invalid, "server_type", "There are: vm"),
        (HostChange(labels: ["a b": "c"]), .invalid, "labels", "a b"),
        (HostChange(addedMACs: (0x20..<0x40).map { "5254000001\(String($0, radix: 16))" }), .invalid, "add_macs", "32"),
    ]

    @Test(arguments: refused)
    func `what cannot be is refused with its field, and changes nothing`(
        change: HostChange, kind: Refused.Kind, field: String, reason: String
    ) async throws {
        let scene = try await Scene()
        _ = try await scene.register(10, hostname: "taken")
        let host = try await scene.register(1)
        let before = try await scene.ledger.newestEventID()
        let refused = await #expect(throws: Refused.self) {
            try await scene.ledger.change(hostID: host.id, by: change, author: Scene.author)
        }
        #expect(refused?.kind == kind)
        #expect(refused?.field == field)
        #expect(refused?.reason.contains(reason) == true, "\(refused?.reason ?? "")")
        #expect(try await scene.ledger.newestEventID() == before)
        #expect(try await scene.store().host(host.id) == host)
    }

    static let mattersUnderWay: [(HostChange, String)] = [
        (HostChange(hostname: "other"), "hostname"), (HostChange(mac: "52:54:00:00:00:10"), "mac"),
        (HostChange(serverType: "ms01"), "server_type"),
        (HostChange(removedMACs: ["52:54:00:00:00:02"]), "remove_macs"),
    ]

    @Test(arguments: mattersUnderWay)
    func `what an operation relies on does not change under it`(change: HostChange, field: String) async throws {
        let scene = try await Scene(types: ["ms01", "vm"])
        let host = try await scene.register(1)
        let harmless = HostChange(hostname: "vm-01", addedMACs: ["52:54:00:00:00:02"], labels: ["a": "b"])
        _ = try await scene.ledger.advance(hostID: host.id, on: .rebuild, by: Scene.author)
        _ = try await scene.ledger.change(hostID: host.id, by: harmless, author: Scene.author)
        _ = try await scene.ledger.advance(hostID: host.id, on: .fetchedKernel, by: Scene.author)
        let refused = await #expect(throws: Refused.self) {
            try await scene.ledger.change(hostID: host.id, by: change, author: Scene.author)
        }
        #expect(refused?.kind == .conflict)
        #expect(refused?.field == field)
        #expect(refused?.reason.hasPrefix("vm-01 is pxe_booted: its ") == true, "\(refused?.reason ?? "")")
    }

    @Test func `E2: the address of a host that is still waited for can be corrected`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1)
        _ = try await scene.ledger.advance(hostID: host.id, on: .rebuild, by: Scene.author)
        let change = HostChange(mac: "52:54:00:00:00:10")
        let corrected = try await scene.ledger.change(hostID: host.id, by: change, author: Scene.author)
        #expect(corrected.mac.description == "52:54:00:00:00:10")
        #expect(corrected.state == .pxeReady)
    }
}
