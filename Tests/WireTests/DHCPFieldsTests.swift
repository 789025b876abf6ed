import Testing

@testable import Wire

@Suite struct DHCPFieldsTests {
    @Test func `the firmware of OVMF is recognised`() throws {
        let message = try Self.message("captured/edk2-pxe-discover")
        #expect(message.kind == .discover)
        #expect(message.vendorClass == "PXEClient:Arch:00007:UNDI:003000")
        #expect(message.architectures == [Architecture(rawValue: 7)])
        #expect(message.maximumSize == 1472)
        #expect(message.parameterList.count == 35)
        #expect(message.networkInterface.map { [$0.type, $0.major, $0.minor] } == [1, 3, 0])
        #expect(message.machineUUID.map { "\($0)" } == "0c0fff9e-7bcf-5192-bf1a-e995997150ab")
        #expect(message.ipxe == nil && message.userClasses.isEmpty && message.vendorOptions == nil)
        #expect(message.serverIdentifier == nil)
    }

    @Test(arguments: [
        ("captured/seabios-ipxe-rom-discover", true), ("composed/ipxe-undionly-discover", true),
        ("composed/ipxe-snponly-discover", true), ("composed/ipxe-without-http-discover", false),
    ])
    func `iPXE is recognised, and whether it can load over HTTP`(name: String, canLoadOverHTTP: Bool) throws {
        let message = try Self.message(name)
        #expect(message.userClasses == ["iPXE"])
        #expect(message.ipxe?.canLoadOverHTTP == canLoadOverHTTP)
        #expect(message.ipxe?.features[.init(rawValue: 0xB1)] == [1, 0x1A, 0xF4, 0x10, 0])
    }

    @Test func `an iPXE of which only the user class is known is taken for a whole one`() throws {
        var message = try Self.message("composed/ipxe-undionly-discover")
        message.options[.ipxe] = nil
        #expect(message.ipxe?.canLoadOverHTTP == true)
        message.options[.userClass] = [4] + Array("iPXE".utf8)
        #expect(message.ipxe?.canLoadOverHTTP == true)
        message.options[.userClass] = Array("gPXE".utf8)
        #expect(message.ipxe == nil)
        message.options[.ipxe] = [0xB1, 9]
        #expect(message.ipxe?.canLoadOverHTTP == true)
    }

    static let userClasses: [([UInt8], [String])] = [
        (Array("iPXE".utf8), ["iPXE"]), ([4] + Array("iPXE".utf8), ["iPXE"]),
        ([1, 65, 2, 66, 67], ["A", "BC"]), ([1, 65, 2, 66], ["\u{1}A\u{2}B"]), ([], []), ([0], [""]),
    ]

    @Test(arguments: userClasses)
    func `user classes are read with their lengths, and without`(bytes: [UInt8], expected: [String]) throws {
        var message = try DHCPMessageTests.empty()
        message.options[.userClass] = bytes
        #expect(message.userClasses == expected)
    }

    @Test(arguments: [([0xFF, 0], 1472), ([4, 0xEC], 1260), ([0, 10], 576), ([1], 576)] as [([UInt8], Int)])
    func `the size of an answer is what the client takes, but also what a link carries`(
        bytes: [UInt8], expected: Int
    ) throws {
        var message = try DHCPMessageTests.empty()
        message.options[.maximumSize] = bytes
        #expect(message.maximumSize == expected)
    }

    @Test func `options of a wrong length mean nothing`() throws {
        var message = try DHCPMessageTests.empty()
        let codes: [DHCPOptions.Code] = [
            .messageType, .serverIdentifier, .architectures, .networkInterface, .machineIdentifier,
        ]
        for code in codes { message.options[code] = [] }
        #expect(message.kind == nil && message.serverIdentifier == nil && message.architectures.isEmpty)
        #expect(message.networkInterface == nil && message.machineUUID == nil)
        message.options[.architectures] = [0, 7, 0, 9, 1]
        #expect(message.architectures.map(\.rawValue) == [7, 9])
        message.options[.serverIdentifier] = [10, 0, 0, 1]
        #expect(message.serverIdentifier.map { "\($0)" } == "10.0.0.1")
    }

    @Test(arguments: [0, 0xFF] as [UInt8])
    func `a board whose number was never set has none`(byte: UInt8) throws {
        var message = try DHCPMessageTests.empty()
        message.options[.machineIdentifier] = [0] + Array(repeating: byte, count: 16)
        #expect(message.machineUUID == nil)
    }

    @Test func `what is encapsulated in option 43 is read, also without its end mark`() throws {
        let message = try Self.message("composed/intel-rom-request-4011-item")
        #expect(message.vendorOptions?[.init(rawValue: 71)] == [0, 0, 0, 0])
        var other = try DHCPMessageTests.empty()
        other.options[.vendorOptions] = [6, 1, 8]
        #expect(other.vendorOptions?[.init(rawValue: 6)] == [8])
        other.options[.vendorOptions] = [6, 2, 8]
        #expect(other.vendorOptions == nil)
    }

    @Test func `what a relay added is kept as it is`() throws {
        var message = try Self.message("captured/edk2-pxe-discover")
        message.options[.relayAgent] = [1, 4, 0, 0, 0, 7]
        #expect(try DHCPMessage(parsing: message.serialized().span).options[.relayAgent] == [1, 4, 0, 0, 0, 7])
    }

    @Test func `a Raspberry Pi is recognised by its maker or by its own word, until it runs UEFI`() throws {
        var message = try Self.message("composed/raspberry-pi-discover")
        #expect(message.isRaspberryPi)
        message.options[.machineIdentifier] = nil
        #expect(message.isRaspberryPi)
        message.options[.architectures] = [0, 11]
        #expect(!message.isRaspberryPi)
        message.options[.architectures] = [0, 41]
        #expect(message.isRaspberryPi)
        var other = try Self.message("composed/intel-rom-discover")
        #expect(!other.isRaspberryPi)
        other.options[.machineIdentifier] = [0] + Array("RPi5 and so on..".utf8)
        #expect(other.isRaspberryPi)
    }

    static func message(_ name: String) throws -> DHCPMessage {
        try DHCPMessage(parsing: Fixture(name).bytes.span)
    }
}
