import Model
import Seeded
import Testing

@testable import Wire
@testable import sprout_dhcp

@Suite struct LeaseBookTests {
    @Test func `addresses that nobody had come first, each once`() {
        var scene = LeaseScene()
        var given: [String] = []
        for client in 1...11 as ClosedRange<UInt8> {
            guard let address = scene.candidate(for: client) else { continue }
            given.append(address)
            scene.hold(address, for: client)
        }
        #expect(given == (10...19).map { "10.0.0.\($0)" })
        #expect(scene.candidate(for: 12) == nil)
    }

    @Test func `an offer holds for its time, and no longer`() {
        var scene = LeaseScene()
        for client in 10...18 as ClosedRange<UInt8> { scene.grant("10.0.0.\(client)", to: client) }
        scene.hold("10.0.0.19", for: 1)
        #expect(scene.candidate(for: 2) == nil)
        #expect(scene.candidate(for: 1) == "10.0.0.19")
        scene.now = LeaseScene.start + .seconds(91)
        #expect(scene.candidate(for: 2) == "10.0.0.19")
    }

    @Test func `of the leases that are over the oldest goes first, and those of hosts last`() {
        var scene = LeaseScene()
        for client in 10...19 as ClosedRange<UInt8> {
            scene.grant("10.0.0.\(client)", to: client, for: .seconds(client == 17 ? 100 : 200 + Int(client)))
        }
        scene.hosts = [LeaseScene.mac(17), LeaseScene.mac(10)]
        scene.now = LeaseScene.start + .seconds(300)
        var order: [String] = []
        for client in 30..<40 as Range<UInt8> {
            guard let address = scene.candidate(for: client) else { continue }
            order.append(address)
            scene.grant(address, to: client)
        }
        #expect(order == [11, 12, 13, 14, 15, 16, 18, 19, 17, 10].map { "10.0.0.\($0)" })
    }

    @Test func `a machine keeps its address for as long as nobody needs it`() {
        var scene = LeaseScene()
        scene.grant("10.0.0.15", to: 1)
        scene.now = LeaseScene.start + .seconds(86400 * 365)
        #expect(scene.candidate(for: 1) == "10.0.0.15")
        #expect(scene.candidate(for: 2) == "10.0.0.10")
    }

    @Test func `a machine that takes another address gives its own back`() {
        var scene = LeaseScene()
        for client in 10...19 as ClosedRange<UInt8> where client != 15 { scene.grant("10.0.0.\(client)", to: client) }
        scene.grant("10.0.0.15", to: 10)
        #expect(scene.candidate(for: 1) == "10.0.0.10")
        #expect(scene.book.lease(of: LeaseScene.mac(10))?.address.description == "10.0.0.15")
    }

    @Test func `an address in quarantine is given to nobody until its time is over, not even to who had it`() {
        var scene = LeaseScene()
        for client in 10...19 as ClosedRange<UInt8> { scene.grant("10.0.0.\(client)", to: client) }
        scene.book.quarantine(LeaseScene.address("10.0.0.12"), until: scene.now + .seconds(3600))
        #expect(scene.candidate(for: 12) == nil)
        #expect(scene.book.lease(of: LeaseScene.mac(12)) == nil)
        scene.now = LeaseScene.start + .seconds(3601)
        #expect(scene.candidate(for: 12) == "10.0.0.12")
    }

    @Test func `what was written is taken up again, and reserved addresses are nobody's`() {
        let until = LeaseScene.start + .seconds(60)
        let leases = [
            Lease(address: "10.0.0.11", mac: LeaseScene.mac(1), until: until),
            Lease(address: "10.0.0.12", mac: nil, until: until),
            Lease(address: "10.0.9.9", mac: LeaseScene.mac(2), until: until),
            Lease(address: "nonsense", mac: LeaseScene.mac(3), until: until),
        ]
        let reserved: Set<UInt32> = [LeaseScene.address("10.0.0.10").rawValue]
        var scene = LeaseScene()
        scene.book = LeaseBook(LeaseScene.network.settings.range, leases, reserved: reserved)
        #expect(scene.candidate(for: 1) == "10.0.0.11")
        #expect(scene.candidate(for: 2) == "10.0.0.13")
        #expect(scene.candidate(for: 2, wish: "10.0.0.10") == "10.0.0.13")
        #expect(scene.candidate(for: 2, wish: "10.0.0.12") == "10.0.0.13")
        #expect(scene.book.count(at: scene.now) == 1)
    }

    @Test func `whatever ten thousand messages do, no address has two machines`() {
        var scene = LeaseScene()
        var generator = Seeded(state: 68)
        for step in 0..<10_000 {
            scene.now = LeaseScene.start + .seconds(step * 7)
            let client = UInt8.random(in: 1...30, using: &generator)
            guard let address = scene.candidate(for: client) else { continue }
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: scene.hold(address, for: client)
            case 1: scene.book.dropOffer(to: LeaseScene.mac(client))
            case 2: scene.book.quarantine(LeaseScene.address(address), until: scene.now + .seconds(60))
            default: scene.grant(address, to: client)
            }
            let held = (1...30).compactMap { scene.book.lease(of: LeaseScene.mac($0)) }
            let valid = held.filter { $0.until > scene.now }.map(\.address)
            guard Set(valid).count != valid.count || Set(held.map(\.address)).count != held.count else { continue }
            Issue.record("after \(step) steps: \(held.map { "\($0.address)" })")
            return
        }
    }
}
