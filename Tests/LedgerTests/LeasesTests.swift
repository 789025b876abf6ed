import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(5))) struct LeasesTests {
    private func mac(_ number: UInt8) throws -> MACAddress {
        try #require(MACAddress(bytes: [0x52, 0x54, 0, 0, 0, number]))
    }

    private func lease(_ scene: Scene, _ address: String, _ owner: UInt8?, _ seconds: Int = 600) throws -> Lease {
        Lease(address: address, mac: try owner.map(mac), until: scene.clock.now() + .seconds(seconds))
    }

    @Test func `leases are written together, and read back`() async throws {
        let scene = try await Scene()
        let leases = [
            try lease(scene, "10.0.0.1", 1), try lease(scene, "10.0.0.2", 2), try lease(scene, "10.0.0.3", nil),
        ]
        #expect(try await scene.ledger.write(leases) == [true, true, true])
        #expect(try await scene.ledger.write(leases) == [true, true, true], "the same, sent again")
        let read = try await scene.store().leases().sorted { $0.address < $1.address }
        #expect(read == leases)
    }

    @Test func `an address that is another machine's is refused, alone in its batch, until its time is over`()
        async throws
    {
        let scene = try await Scene()
        _ = try await scene.ledger.write([try lease(scene, "10.0.0.1", 1)])
        let wishes = [try lease(scene, "10.0.0.1", 2), try lease(scene, "10.0.0.2", 3)]
        #expect(try await scene.ledger.write(wishes) == [false, true])
        scene.clock.advance(.seconds(601))
        #expect(try await scene.ledger.write([try lease(scene, "10.0.0.1", 2)]) == [true])
        #expect(try await scene.store().leases().map(\.mac).contains(try mac(1)) == false)
    }

    @Test func `a machine has one address, and an address in quarantine is nobody's`() async throws {
        let scene = try await Scene()
        _ = try await scene.ledger.write([try lease(scene, "10.0.0.1", 1), try lease(scene, "10.0.0.2", 1)])
        #expect(try await scene.store().leases().map(\.address) == ["10.0.0.2"])
        #expect(try await scene.ledger.write([try lease(scene, "10.0.0.2", nil, 3600)]) == [true])
        #expect(try await scene.ledger.write([try lease(scene, "10.0.0.2", 1)]) == [false])
    }
}

@Suite(.timeLimit(.minutes(5))) struct ForeignServersTests {
    private func server(_ kind: ForeignServer.Kind, _ number: Int = 9, mac: MACAddress? = nil) -> ForeignServer {
        let never = Timestamp(milliseconds: 0)
        return ForeignServer(
            address: "10.0.0.\(number)", mac: mac, kind: kind, offers: "the program x", firstSeen: never,
            lastSeen: never)
    }

    @Test func `E5 - a server is news once, and again when it is known to be more`() async throws {
        let scene = try await Scene()
        let mac = try MACAddress("52:54:00:00:00:09")
        var news: [Bool] = []
        for heard in [server(.dhcp), server(.dhcp), server(.boot), server(.dhcp), server(.boot, mac: mac)] {
            news.append(try await scene.ledger.heard(heard, by: Scene.author))
        }
        #expect(news == [true, false, true, false, true])
        let known = try await scene.store().foreignServers(at: scene.clock.now())
        #expect(known.map(\.kind) == [.boot] && known.map(\.mac) == [mac])
        let last = try await scene.store().latestEvents(limit: 1).map(\.message)
        let sentence = "10.0.0.9 (52:54:00:00:00:09) also answers machines that netboot: it offers the program x."
        #expect(last == [sentence])
    }

    @Test func `E5 - a server that is not heard for 15 minutes is gone, and news when it comes back`() async throws {
        let scene = try await Scene()
        _ = try await scene.ledger.heard(server(.boot), by: Scene.author)
        scene.clock.advance(.seconds(600))
        _ = try await scene.ledger.heard(server(.boot), by: Scene.author)
        scene.clock.advance(.seconds(899))
        #expect(try await scene.ledger.missServers(by: Scene.author).isEmpty)
        scene.clock.advance(.seconds(2))
        #expect(try await scene.store().foreignServers(at: scene.clock.now()).isEmpty)
        #expect(try await scene.ledger.missServers(by: Scene.author).count == 1)
        #expect(try await scene.ledger.missServers(by: Scene.author).isEmpty, "once")
        #expect(try scene.count("SELECT count(*) FROM event WHERE kind = 'server.gone'") == 1)
        #expect(try await scene.ledger.heard(server(.boot), by: Scene.author))
        #expect(try await scene.store().foreignServers(at: scene.clock.now()).count == 1)
    }

    @Test func `a flood of invented servers does not fill the disk`() async throws {
        let scene = try await Scene()
        for number in 0..<100 { _ = try await scene.ledger.heard(server(.boot, number), by: Scene.author) }
        #expect(try scene.count("SELECT count(*) FROM foreign_server") == 32)
    }
}
