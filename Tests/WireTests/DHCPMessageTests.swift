import Testing

@testable import Wire

@Suite struct DHCPMessageTests {
    @Test func `a message of EDK2 is read field by field`() throws {
        let message = try DHCPMessage(parsing: Fixture("captured/edk2-pxe-request-4011").bytes.span)
        #expect(message.operation == .request)
        #expect("\(message.hardwareAddress)" == "52:54:00:77:00:02")
        #expect(message.hardwareAddress.type == 1)
        #expect(message.transaction == 0xDF75_FE58)
        #expect(message.flags == 0)
        #expect("\(message.clientAddress)" == "192.168.77.200")
        #expect(message.serverName.isEmpty && message.file.isEmpty)
        #expect(message.options.all.map(\.code.rawValue) == [53, 55, 57, 60, 93, 94, 97])
    }

    @Test(arguments: Fixture.all)
    func `every fixture is read, and written as it was`(fixture: Fixture) throws {
        let message = try DHCPMessage(parsing: fixture.bytes.span)
        let written = message.serialized()
        let length = min(written.count, fixture.bytes.count)
        #expect(written.prefix(length) == fixture.bytes.prefix(length))
        #expect((written.dropFirst(length) + fixture.bytes.dropFirst(length)).allSatisfy { $0 == 0 })
    }

    @Test func `an answer repeats what says which request it is for`() throws {
        var request = try DHCPMessage(parsing: Fixture("composed/intel-rom-discover").bytes.span)
        request.relayAddress = IPv4Address(rawValue: 0x0A00_0001)
        request.hops = 1
        let answer = DHCPMessage(answering: request)
        #expect(answer.operation == .reply)
        #expect(answer.transaction == request.transaction)
        #expect(answer.hardwareAddress == request.hardwareAddress)
        #expect(answer.relayAddress == request.relayAddress)
        #expect(answer.hops == 0 && answer.seconds == 0 && answer.flags == 0)
        #expect(answer.options.all.isEmpty)
    }

    @Test func `a short message is filled up to 300 bytes, a long one is not cut`() throws {
        var message = try Self.empty()
        #expect(message.serialized().count == 300)
        message.options[.vendorClass] = Array(repeating: 65, count: 100)
        #expect(message.serialized().count == 240 + 102 + 1)
    }

    @Test func `what does not fit into an option is split, and joined again`() throws {
        var message = try Self.empty()
        message.options[.ipxe] = (0..<600).map { UInt8($0 % 251) }
        let bytes = message.serialized()
        #expect(bytes[240..<242] == [175, 255])
        #expect(bytes[497..<499] == [175, 255])
        #expect(bytes[754..<756] == [175, 90])
        #expect(try DHCPMessage(parsing: bytes.span) == message)
    }

    static let overloads: [(UInt8, [UInt8: [UInt8]])] = [
        (1, [60: [65, 66, 67], 93: [0, 7]]), (2, [60: [65, 66, 68], 94: [1, 3, 0]]),
        (3, [60: [65, 66, 67, 68], 93: [0, 7], 94: [1, 3, 0]]),
    ]

    @Test(arguments: overloads)
    func `options that were put into the fields of the names are found there`(
        overload: UInt8, expected: [UInt8: [UInt8]]
    ) throws {
        var bytes = try Self.empty().serialized()
        bytes.replaceSubrange(44..<55, with: [60, 1, 68, 94, 3, 1, 3, 0, 255, 1, 1])
        bytes.replaceSubrange(108..<117, with: [60, 1, 67, 0, 93, 2, 0, 7, 255])
        bytes.replaceSubrange(240..<248, with: [60, 2, 65, 66, 52, 1, overload, 255])
        let message = try DHCPMessage(parsing: bytes.span)
        let found = Dictionary(uniqueKeysWithValues: message.options.all.map { ($0.code.rawValue, $0.bytes) })
        #expect(found == expected)
        #expect(message.file.isEmpty == (overload & 1 != 0))
        #expect(message.serverName.isEmpty == (overload & 2 != 0))
        #expect(try DHCPMessage(parsing: message.serialized().span) == message)
    }

    static let malformed: [(change: @Sendable (inout [UInt8]) -> Void, expected: DHCPMessage.Malformed)] = [
        ({ $0.removeSubrange(239...) }, .tooShort(count: 239)),
        ({ $0[239] = 0 }, .notDHCP),
        ({ $0[0] = 3 }, .unknownOperation(3)),
        ({ $0[2] = 17 }, .longHardwareAddress(17)),
        ({ $0[240] = 0 }, .missingEnd),
        ({ $0.removeSubrange(240...) }, .missingEnd),
        ({ $0.replaceSubrange(240..., with: [53]) }, .truncatedOption(53)),
        ({ $0.replaceSubrange(240..., with: [0, 53, 2, 1]) }, .truncatedOption(53)),
    ]

    @Test(arguments: malformed.indices)
    func `what is no DHCP message is refused with the reason`(index: Int) throws {
        let (change, expected) = Self.malformed[index]
        var bytes = try Self.empty().serialized()
        change(&bytes)
        #expect(throws: expected) { try DHCPMessage(parsing: bytes.span) }
    }

    @Test func `options keep their order, each code once`() {
        var options = DHCPOptions()
        options[.messageType] = [1]
        options[.vendorClass] = [65]
        options[.messageType] = [2]
        options[.machineIdentifier] = []
        #expect(options.serialized() == [53, 1, 2, 60, 1, 65, 97, 0, 255])
        options[.vendorClass] = nil
        options[.bootFile] = nil
        #expect(options.serialized() == [53, 1, 2, 97, 0, 255])
    }

    static func empty() throws -> DHCPMessage {
        let request = try DHCPMessage(parsing: Fixture("composed/intel-rom-discover").bytes.span)
        return DHCPMessage(answering: request)
    }
}
