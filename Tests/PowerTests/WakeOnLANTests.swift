import Model
import Serving
import Testing
import Wire

@testable import Linux
@testable import Power

@Suite(.timeLimit(.minutes(5))) struct WakeOnLANTests {
    private func means(_ pauses: Notes<Duration>) throws -> Means {
        Means(worker: try Worker(), reactor: reactor) { pauses.add($0) }
    }

    private func host(_ macs: String...) throws -> PoweredHost {
        PoweredHost(name: "pve-01", macs: try macs.map { try MACAddress($0) })
    }

    @Test func `the packet is six times ff and sixteen times the address`() {
        let packet = MagicPacket(waking: [0x52, 0x54, 0, 0x12, 0x34, 0x56]).serialized()
        #expect(packet.count == 102)
        #expect(packet.prefix(12) == [255, 255, 255, 255, 255, 255, 0x52, 0x54, 0, 0x12, 0x34, 0x56])
        #expect(packet.suffix(6) == [0x52, 0x54, 0, 0x12, 0x34, 0x56])
    }

    @Test func `every address of the host is sent to the network and to everybody, three times`() async throws {
        let socket = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        let port = try socket.port
        let pauses = Notes<Duration>()
        let lever = WakeOnLAN(
            try host("52:54:00:12:34:56", "52:54:00:12:34:57"), "lo", try means(pauses), port: port)
        let step = try await lever.on()
        #expect(step.effect == .sent)
        #expect(step.sentence.hasPrefix("pve-01 was woken on lo by the address 52:54:00:12:34:56, 52:54:00:12:34:57;"))
        var arrived: [Datagram] = []
        while arrived.count < 12 { arrived.append(try await socket.receive()) }
        let one = MagicPacket(waking: [0x52, 0x54, 0, 0x12, 0x34, 0x56]).serialized()
        let two = MagicPacket(waking: [0x52, 0x54, 0, 0x12, 0x34, 0x57]).serialized()
        #expect(arrived.map(\.bytes) == Array(repeating: [one, two, one, two], count: 3).flatMap(\.self))
        #expect(Set(arrived.map(\.destination)) == [0x7FFF_FFFF, 0xFFFF_FFFF])
        #expect(await pauses.all() == [.milliseconds(200), .milliseconds(200)])
    }

    @Test func `what cannot be sent is told with the network port`() async throws {
        let lever = WakeOnLAN(try host("52:54:00:12:34:56"), "nowhere0", try means(Notes()))
        let failed = await #expect(throws: Obstacle.self) { try await lever.on() }
        #expect(failed?.fact == "the packet that wakes it cannot be sent on nowhere0 (No such device)")
        let nameless = WakeOnLAN(PoweredHost(name: "pve-01", macs: []), "lo", try means(Notes()))
        let unknown = await #expect(throws: Obstacle.self) { try await nameless.on() }
        #expect(unknown?.fact == "no MAC address of it is known")
    }

    @Test func `all else is for a person`() async throws {
        let driver = PowerDriver(
            .wakeOnLAN, of: try host("52:54:00:12:34:56"), PowerAccess(interface: "lo"), try Worker(), reactor)
        #expect(try await driver.off(gracefully: true).effect == .byHand)
        #expect(try await driver.restart().effect == .byHand)
        #expect(try await driver.state() == .unknown)
    }
}
