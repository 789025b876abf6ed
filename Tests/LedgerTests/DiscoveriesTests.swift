import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(5))) struct DiscoveriesTests {
    let mac: MACAddress

    init() throws { mac = try MACAddress("52:54:00:00:00:aa") }

    @Test func `S2: a machine that netboots appears once, with what it says of itself`() async throws {
        let scene = try await Scene()
        let (ledger, author) = (scene.ledger, Scene.author)
        #expect(try await ledger.saw(mac, .init(architecture: 7), by: author))
        #expect(try await !ledger.saw(mac, .init(architecture: 7), by: author))
        #expect(try await ledger.saw(mac, .init(serial: "S1", product: "MS-01\n<b>"), by: author))
        let found = try await scene.store().discoveries()
        #expect(found.map(\.mac) == [mac])
        #expect(found.first?.traits == .init(architecture: 7, serial: "S1", product: "MS-01 <b>"))
        #expect(found.first?.summary == "MS-01 <b>")
        #expect(try scene.count("SELECT count(*) FROM event WHERE kind = 'discovery.appeared'") == 1)
    }

    @Test func `S2: accepting makes a host of it, and of nothing that was not seen`() async throws {
        let scene = try await Scene()
        let draft = HostDraft(mac: "\(mac)", serverType: "vm")
        await #expect(throws: Refused.self) { try await scene.ledger.accept(mac, as: draft, by: Scene.author) }
        _ = try await scene.ledger.saw(mac, .init(), by: Scene.author)
        let author = Ledger.Author(actor: "a test", request: "r")
        let host = try await scene.ledger.accept(mac, as: draft, by: author)
        #expect(try await scene.ledger.accept(mac, as: draft, by: author) == host, "the same request, repeated")
        #expect(host.state == .registered, "nothing is installed by that")
        #expect(try await scene.store().discoveries().isEmpty)
        #expect(try await !scene.ledger.saw(mac, .init(architecture: 7), by: Scene.author), "it is a host now")
    }

    @Test func `S2: an ignored machine stays ignored when it comes again, until it is shown again`() async throws {
        let scene = try await Scene()
        _ = try await scene.ledger.saw(mac, .init(), by: Scene.author)
        try await scene.ledger.ignore(mac, true, by: Scene.author)
        scene.clock.advance(.seconds(60))
        #expect(try await !scene.ledger.saw(mac, .init(architecture: 0), by: Scene.author))
        #expect(try await scene.store().discoveries().isEmpty)
        #expect(try await scene.store().discoveries(ignored: true).map(\.mac) == [mac])
        try await scene.ledger.ignore(mac, false, by: Scene.author)
        #expect(try await scene.store().discoveries().map(\.mac) == [mac])
    }

    @Test func `a flood of invented machines does not fill the disk`() async throws {
        let scene = try await Scene()
        for number in 0..<520 {
            scene.clock.advance(.seconds(1))
            let digits = String(0x5254_0000_0000 + number, radix: 16)
            _ = try await scene.ledger.saw(try MACAddress(digits), .init(), by: Scene.author)
        }
        #expect(try scene.count("SELECT count(*) FROM discovery") == 500)
    }
}

extension Ledger {
    /// As one observation.
    func saw(_ mac: MACAddress, _ traits: Discovery.Traits, by author: Author) throws -> Bool {
        try note([Seen(daemon: author.actor, mac: mac, traits: traits, sighting: nil)]).isNews
    }
}
