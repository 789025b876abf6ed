import Model
import Seeded
import Testing

@testable import Wire
@testable import sprout_dhcp

/// RFC 2131, section 4.3: a row of its table is a row here.
///
/// Client 1 has 10.0.0.11, client 2 has 10.0.0.12, client 3 was offered 10.0.0.13; client 4 had 10.0.0.14.
@Suite struct LeasePolicyTests {
    typealias Row = (name: String, message: DHCPMessage, wasBroadcast: Bool, expected: LeasePolicy.Decision)

    private static func row(
        _ name: String, _ message: DHCPMessage, _ expected: LeasePolicy.Decision, unicast: Bool = false
    ) -> Row { (name, message, !unicast, expected) }

    private static func at(_ text: String) -> IPv4Address { LeaseScene.address(text) }

    static let discovers: [Row] = [
        row("a new machine", LeaseScene.message(.discover, from: 9), .offer(at("10.0.0.10"))),
        row("one that has a lease", LeaseScene.message(.discover, from: 1), .offer(at("10.0.0.11"))),
        row("one that was offered an address", LeaseScene.message(.discover, from: 3), .offer(at("10.0.0.13"))),
        row("one whose lease is over", LeaseScene.message(.discover, from: 4), .offer(at("10.0.0.14"))),
        row("a wish that is free", LeaseScene.message(.discover, from: 9, wish: "10.0.0.17"), .offer(at("10.0.0.17"))),
        row(
            "a wish that is another's", LeaseScene.message(.discover, from: 9, wish: "10.0.0.12"),
            .offer(at("10.0.0.10"))),
        row(
            "a wish beyond the range", LeaseScene.message(.discover, from: 9, wish: "10.0.0.50"),
            .offer(at("10.0.0.10"))),
    ]

    static let selecting: [Row] = [
        row(
            "our offer is taken", LeaseScene.message(.request, from: 3, wish: "10.0.0.13", server: "10.0.0.1"),
            .grant(at("10.0.0.13"))),
        row(
            "an offer from before a restart",
            LeaseScene.message(.request, from: 9, wish: "10.0.0.16", server: "10.0.0.1"),
            .grant(at("10.0.0.16"))),
        row(
            "an address that is another's",
            LeaseScene.message(.request, from: 9, wish: "10.0.0.12", server: "10.0.0.1"),
            .refuse(.taken)),
        row(
            "an address that is held for another",
            LeaseScene.message(.request, from: 9, wish: "10.0.0.13", server: "10.0.0.1"), .refuse(.taken)),
        row(
            "an address beyond the range", LeaseScene.message(.request, from: 9, wish: "10.0.0.50", server: "10.0.0.1"),
            .refuse(.taken)),
        row(
            "an address of another network",
            LeaseScene.message(.request, from: 9, wish: "10.1.0.1", server: "10.0.0.1"),
            .refuse(.otherNetwork)),
        row(
            "another server's offer is taken",
            LeaseScene.message(.request, from: 3, wish: "10.0.0.77", server: "10.0.0.9"), .letGo),
        row(
            "no address is named", LeaseScene.message(.request, from: 3, server: "10.0.0.1"), .silence(.noQuestion)),
    ]

    static let keeping: [Row] = [
        row("init-reboot, right", LeaseScene.message(.request, wish: "10.0.0.11"), .grant(at("10.0.0.11"))),
        row("init-reboot, wrong address", LeaseScene.message(.request, wish: "10.0.0.12"), .refuse(.notYours)),
        row("init-reboot, wrong network", LeaseScene.message(.request, wish: "192.168.1.5"), .refuse(.otherNetwork)),
        row(
            "init-reboot, unknown", LeaseScene.message(.request, from: 9, wish: "10.0.0.17"), .silence(.unknown)),
        row(
            "init-reboot, unknown and of another network", LeaseScene.message(.request, from: 9, wish: "192.168.1.5"),
            .refuse(.otherNetwork)),
        row(
            "renewing", LeaseScene.message(.request, ciaddr: "10.0.0.11"), .grant(at("10.0.0.11")), unicast: true),
        row(
            "renewing what is over", LeaseScene.message(.request, from: 4, ciaddr: "10.0.0.14"),
            .grant(at("10.0.0.14")), unicast: true),
        row(
            "renewing what nobody has", LeaseScene.message(.request, from: 9, ciaddr: "10.0.0.18"),
            .grant(at("10.0.0.18")), unicast: true),
        row(
            "renewing what another has", LeaseScene.message(.request, from: 9, ciaddr: "10.0.0.12"), .refuse(.taken),
            unicast: true),
        row(
            "renewing in another network", LeaseScene.message(.request, from: 9, ciaddr: "10.1.0.18"),
            .refuse(.otherNetwork), unicast: true),
        row("rebinding", LeaseScene.message(.request, ciaddr: "10.0.0.11"), .grant(at("10.0.0.11"))),
        row(
            "rebinding what is not in the book", LeaseScene.message(.request, from: 9, ciaddr: "10.0.0.18"),
            .silence(.unknown)),
        row("a request of nothing", LeaseScene.message(.request), .silence(.noQuestion)),
    ]

    static let others: [Row] = [
        row(
            "decline", LeaseScene.message(.decline, wish: "10.0.0.11", server: "10.0.0.1"),
            .quarantine(at("10.0.0.11"))),
        row(
            "decline of another's address",
            LeaseScene.message(.decline, from: 9, wish: "10.0.0.11", server: "10.0.0.1"),
            .silence(.unknown)),
        row(
            "decline to another server", LeaseScene.message(.decline, wish: "10.0.0.11", server: "10.0.0.9"),
            .silence(.unknown)),
        row(
            "release", LeaseScene.message(.release, ciaddr: "10.0.0.11", server: "10.0.0.1"),
            .release(at("10.0.0.11")), unicast: true),
        row(
            "release of another's address",
            LeaseScene.message(.release, from: 9, ciaddr: "10.0.0.11", server: "10.0.0.1"),
            .silence(.unknown), unicast: true),
        row("inform", LeaseScene.message(.inform, ciaddr: "10.0.0.5"), .inform),
        row("inform from elsewhere", LeaseScene.message(.inform, ciaddr: "8.8.8.8"), .silence(.otherNetwork)),
        row("an offer", LeaseScene.message(.offer), .silence(.noQuestion)),
    ]

    @Test(arguments: discovers + selecting + keeping + others)
    func `each message has its row in the table`(row: Row) {
        var scene = LeaseScene()
        scene.now = LeaseScene.start + .seconds(-700)
        scene.grant("10.0.0.14", to: 4)
        scene.now = LeaseScene.start
        scene.grant("10.0.0.11", to: 1)
        scene.grant("10.0.0.12", to: 2)
        scene.hold("10.0.0.13", for: 3)
        #expect(scene.decision(row.message, wasBroadcast: row.wasBroadcast) == row.expected, "\(row.name)")
    }

    @Test func `a relay's address says which network its client is in, or what it names instead`() {
        var message = LeaseScene.message(.discover)
        message.relayAddress = LeaseScene.address("10.0.0.99")
        #expect(LeaseScene().decision(message) == .offer(LeaseScene.address("10.0.0.10")))
        message.relayAddress = LeaseScene.address("10.9.0.99")
        #expect(LeaseScene().decision(message) == .silence(.otherNetwork))
        message.options[.relayAgent] = [5, 4, 10, 0, 0, 0]
        #expect(LeaseScene().decision(message) == .offer(LeaseScene.address("10.0.0.10")))
    }

    @Test func `a full range is told from a message that needs no answer`() {
        var scene = LeaseScene()
        for client in 10...19 as ClosedRange<UInt8> { scene.grant("10.0.0.\(client)", to: client) }
        #expect(scene.decision(LeaseScene.message(.discover, from: 1)) == .silence(.full))
    }

    @Test func `ten thousand mutated messages are decided on, and whatever is granted is of the range`() throws {
        var random = Seeded(state: 2131)
        var scene = LeaseScene()
        let rows = Self.discovers + Self.selecting + Self.keeping + Self.others
        var decided = 0
        for step in 0..<10_000 {
            scene.now = LeaseScene.start + .seconds(step)
            guard var bytes = rows.randomElement(using: &random)?.message.serialized() else { continue }
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let message = try? DHCPMessage(parsing: bytes.span),
                let mac = MACAddress(bytes: message.hardwareAddress.bytes)
            else { continue }
            decided += 1
            switch scene.decision(message, wasBroadcast: Bool.random(using: &random)) {
            case .offer(let address):
                #expect(scene.book.range.contains(address.rawValue))
                scene.book.hold(address, for: mac, until: scene.now + .seconds(90))
            case .grant(let address):
                #expect(scene.book.range.contains(address.rawValue))
                scene.book.grant(address, to: mac, until: scene.now + .seconds(600))
            case .release(let address): scene.book.grant(address, to: mac, until: scene.now)
            case .quarantine(let address): scene.book.quarantine(address, until: scene.now + .seconds(60))
            case .letGo: scene.book.dropOffer(to: mac)
            case .refuse, .inform, .silence: break
            }
        }
        #expect(decided > 5000)
    }
}
