import Testing

@testable import Wire
@testable import sprout_dhcp

/// Whom nobody may hear a word from.
@Suite struct SilenceTests {
    static let strangers: [(String, @Sendable (inout DHCPMessage) -> Void)] = [
        ("a system that wants an address", { $0.options[.vendorClass] = Array("udhcp 1.35.0".utf8) }),
        ("a client without a vendor class", { $0.options[.vendorClass] = nil }),
        ("a client that only begins alike", { $0.options[.vendorClass] = Array("PXEClie".utf8) }),
        ("a client that names no kind of machine", { $0.options[.architectures] = nil }),
        ("a client that names half a kind of machine", { $0.options[.architectures] = [7] }),
        ("another server's offer", { $0.operation = .reply }),
        ("an offer with the operation of a request", { $0.options[.messageType] = [2] }),
        ("a message that declines an address", { $0.options[.messageType] = [4] }),
        ("a message that gives an address back", { $0.options[.messageType] = [7] }),
        ("a message that only asks for information", { $0.options[.messageType] = [8] }),
        ("a message of no kind", { $0.options[.messageType] = nil }),
        ("an InfiniBand card", { $0.hardwareAddress = HardwareAddress(type: 32, bytes: []) }),
        ("a machine without an address", { $0.hardwareAddress = .init(type: 1, bytes: [0, 0, 0, 0, 0, 0]) }),
        ("a multicast address", { $0.hardwareAddress = .init(type: 1, bytes: [1, 0, 0x5E, 0, 0, 1]) }),
    ]

    @Test(arguments: strangers.indices, [ProxyPolicy.Port.dhcp, .bootServer])
    func `who does not netboot is passed over`(index: Int, port: ProxyPolicy.Port) throws {
        for name in ["edk2-pxe-discover", "edk2-pxe-request-4011"] {
            var question = try Question(name, at: port)
            Self.strangers[index].1(&question.message)
            #expect(question.decision == nil, "\(Self.strangers[index].0)")
        }
    }

    @Test func `an installed system is passed over`() throws {
        #expect(try Question("linux-udhcpc-discover").decision == nil)
    }

    static let silences: [(String, ProxyPolicy.Port, Silence)] = [
        ("edk2-pxe-request-67", .dhcp, .meantForRouter), ("edk2-http-request-67", .dhcp, .meantForRouter),
        ("seabios-ipxe-rom-request-67", .dhcp, .meantForRouter), ("edk2-pxe-request-4011", .dhcp, .meantForRouter),
        ("intel-rom-request-4011", .dhcp, .meantForRouter),
        ("intel-rom-request-4011-item", .dhcp, .meantForRouter), ("ipxe-undionly-request-4011", .dhcp, .meantForRouter),
        ("edk2-pxe-discover", .bootServer, .misplaced), ("edk2-http-discover", .bootServer, .misplaced),
        ("ipxe-snponly-discover", .bootServer, .misplaced), ("raspberry-pi-discover", .dhcp, .raspberryPi),
    ]

    @Test(arguments: silences)
    func `what is not ours to answer is not answered`(
        name: String, port: ProxyPolicy.Port, expected: Silence
    ) throws {
        #expect(try Question(name, at: port).silence == expected)
    }

    @Test(arguments: [1, 2, 3, 6, 8, 10, 12, 15, 17, 18, 21, 23, 25, 27, 39, 41, 999] as [UInt16])
    func `a kind of machine without a program is not answered`(architecture: UInt16) throws {
        for (name, port) in [
            ("edk2-pxe-discover", ProxyPolicy.Port.dhcp), ("edk2-pxe-request-4011", .bootServer),
            ("edk2-http-discover", .dhcp),
        ] {
            var question = try Question(name, at: port)
            question.message.options[.architectures] = architecture.bigEndianBytes
            let expected: Silence = architecture == 41 ? .raspberryPi : .noProgram
            #expect(question.silence == expected)
        }
    }

    @Test(arguments: AnswersTests.cases)
    func `strangers are not answered where only hosts are`(example: AnswersTests.Case) throws {
        var question = try Question(example.name, at: example.port)
        question.isWelcome = false
        #expect(question.silence == .stranger)
    }

    @Test(arguments: AnswersTests.cases)
    func `nobody is answered from a network in which we have no address`(example: AnswersTests.Case) throws {
        var question = try Question(example.name, at: example.port)
        question.server = .unspecified
        #expect(question.silence == .noAddress)
    }

    @Test func `a boot item that is to be signed is not answered`() throws {
        var question = try Question("intel-rom-request-4011-item", at: .bootServer)
        question.message.options[.vendorOptions] = [71, 4, 0, 0, 0x80, 0, 255]
        #expect(question.silence == .securityItem)
    }

    @Test func `an answer is never longer than the client takes`() throws {
        var question = try Question("edk2-pxe-discover")
        question.message.options[.maximumSize] = [0x02, 0x40]
        question.message.options[.machineIdentifier] = Array(repeating: 1, count: 600)
        #expect(question.silence == .noRoom)
    }
}
