import Seeded
import Testing

@testable import Wire

/// Whatever the bytes are, they are read or refused; and what was read is written so that it is read again.
@Suite struct DHCPFuzzTests {
    @Test(arguments: Fixture.all)
    func `a message that was cut off is refused, unless only padding is missing`(fixture: Fixture) throws {
        let whole = try DHCPMessage(parsing: fixture.bytes.span)
        let end = try #require(fixture.bytes.lastIndex(of: 255)) + 1
        for count in 0..<end {
            #expect(throws: DHCPMessage.Malformed.self) {
                try DHCPMessage(parsing: Array(fixture.bytes.prefix(count)).span)
            }
        }
        for count in end...fixture.bytes.count {
            #expect(try DHCPMessage(parsing: Array(fixture.bytes.prefix(count)).span) == whole)
        }
    }

    @Test func `mutations are read or refused, and read again as they were`() throws {
        var random = Seeded(state: 2026)
        var accepted = 0
        for _ in 0..<mutations {
            var bytes = Fixture.all.randomElement(using: &random)?.bytes ?? []
            for _ in 0..<Int.random(in: 1...8, using: &random) { mutate(&bytes, &random) }
            guard let message = try? DHCPMessage(parsing: bytes.span) else { continue }
            accepted += 1
            readAll(message)
            #expect(try DHCPMessage(parsing: message.serialized().span) == message)
        }
        #expect(accepted > mutations / 10)
    }

    @Test func `a thousand messages of any content are read as they were written`() throws {
        var random = Seeded(state: 53)
        for _ in 0..<1000 {
            let message = anyMessage(&random)
            let bytes = message.serialized()
            #expect(bytes.count >= 300)
            #expect(try DHCPMessage(parsing: bytes.span) == message)
        }
    }

    private func readAll(_ message: DHCPMessage) {
        _ = (message.kind, message.serverIdentifier, message.parameterList, message.maximumSize, message.vendorClass)
        _ = (message.userClasses, message.architectures.map { "\($0)" }, message.networkInterface)
        _ = (message.machineUUID.map { "\($0)" }, message.vendorOptions, message.ipxe?.canLoadOverHTTP)
        _ = (message.isRaspberryPi, "\(message.hardwareAddress)", "\(message.clientAddress)")
    }

    private func anyMessage(_ random: inout Seeded) -> DHCPMessage {
        var message = DHCPMessage(answering: Self.template)
        message.operation = Bool.random(using: &random) ? .request : .reply
        message.hardwareAddress = HardwareAddress(
            type: .random(in: 0...255, using: &random), bytes: anyBytes(0...16, &random))
        message.hops = .random(in: 0...255, using: &random)
        message.transaction = .random(in: 0 ... .max, using: &random)
        message.seconds = .random(in: 0 ... .max, using: &random)
        message.flags = .random(in: 0 ... .max, using: &random)
        message.clientAddress.rawValue = .random(in: 0 ... .max, using: &random)
        message.yourAddress.rawValue = .random(in: 0 ... .max, using: &random)
        message.serverAddress.rawValue = .random(in: 0 ... .max, using: &random)
        message.relayAddress.rawValue = .random(in: 0 ... .max, using: &random)
        message.serverName = anyBytes(0...64, &random).map { max(1, $0) }
        message.file = anyBytes(0...128, &random).map { max(1, $0) }
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            let code = UInt8.random(in: 1...254, using: &random)
            guard code != DHCPOptions.Code.overload.rawValue else { continue }
            message.options[.init(rawValue: code)] = anyBytes(0...700, &random)
        }
        return message
    }

    private func anyBytes(_ count: ClosedRange<Int>, _ random: inout Seeded) -> [UInt8] {
        (0..<Int.random(in: count, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private static let template: DHCPMessage = {
        guard let message = try? DHCPMessage(parsing: Fixture("captured/edk2-pxe-discover").bytes.span) else {
            preconditionFailure("the fixture is no message")
        }
        return message
    }()

    private func mutate(_ bytes: inout [UInt8], _ random: inout Seeded) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let interesting: [UInt8] = [0, 1, 2, 3, 4, 43, 52, 53, 60, 77, 82, 93, 97, 128, 175, 255]
        switch Int.random(in: 0..<5, using: &random) {
        case 0 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1 where place < bytes.count: bytes[place] = interesting.randomElement(using: &random) ?? 0
        case 2: bytes.insert(interesting.randomElement(using: &random) ?? 0, at: place)
        case 3 where place < bytes.count: bytes.removeSubrange(place..<min(bytes.count, place + 5))
        default: bytes.insert(contentsOf: [52, 1, UInt8.random(in: 0...4, using: &random)], at: min(240, place))
        }
    }
}
