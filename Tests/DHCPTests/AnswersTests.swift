import Model
import Testing

@testable import Wire
@testable import sprout_dhcp

/// What each firmware is told, to the byte.
@Suite struct AnswersTests {
    struct Case: CustomStringConvertible, Sendable {
        let name: String
        let port: ProxyPolicy.Port
        let expected: String
        var description: String { "\(name) at \(port)" }

        init(_ name: String, _ port: ProxyPolicy.Port, _ expected: String) {
            self.name = name
            self.port = port
            self.expected = expected
        }
    }

    static let everyone = "everyone\nflags 8000\nsiaddr 192.168.77.2\n"
    static let offer = "53: 02\n54: c0a84d02\n60: 505845436c69656e74\nUUID"
    static let acknowledgement = "53: 05\n54: c0a84d02\n60: 505845436c69656e74\nUUID"

    static func sender(_ address: String, flags: String = "0000") -> String {
        "sender\nflags \(flags)\nciaddr \(address)\nsiaddr 192.168.77.2\n"
    }

    static let cases: [Case] = [
        Case(
            "intel-rom-discover", .dhcp,
            everyone + "sname 192.168.77.2\nfile undionly.kpxe\n" + offer + "\n43: 060108ff"),
        Case("edk2-pxe-discover", .dhcp, everyone + offer),
        Case("vmware-efi-discover", .dhcp, everyone + offer),
        Case("edk2-arm64-pxe-discover", .dhcp, everyone + offer),
        Case(
            "edk2-pxe-request-4011", .bootServer,
            sender("192.168.77.200") + "sname 192.168.77.2\nfile snponly.efi\n" + acknowledgement),
        Case(
            "edk2-arm64-pxe-request-4011", .bootServer,
            sender("192.168.77.111") + "sname 192.168.77.2\nfile ipxe-arm64.efi\n" + acknowledgement),
        Case(
            "intel-rom-request-4011", .bootServer,
            sender("192.168.77.103") + "sname 192.168.77.2\nfile undionly.kpxe\n" + acknowledgement + "\n43: 060108ff"),
        Case(
            "intel-rom-request-4011-item", .bootServer,
            sender("192.168.77.103") + "sname 192.168.77.2\nfile undionly.kpxe\n" + acknowledgement
                + "\n43: 470400000000ff"),
        Case(
            "seabios-ipxe-rom-discover", .dhcp,
            everyone + "file http://192.168.77.2/ipxe/52-54-00-77-00-01\n" + offer + "\n43: 060108ff"),
        Case(
            "ipxe-undionly-discover", .dhcp,
            everyone + "file http://192.168.77.2/ipxe/52-54-00-aa-00-02\n" + offer + "\n43: 060108ff"),
        Case(
            "ipxe-snponly-discover", .dhcp, everyone + "file http://192.168.77.2/ipxe/52-54-00-aa-00-01\n" + offer),
        Case(
            "ipxe-undionly-request-4011", .bootServer,
            sender("192.168.77.102") + "file http://192.168.77.2/ipxe/52-54-00-aa-00-02\n" + acknowledgement
                + "\n43: 060108ff"),
        Case(
            "ipxe-without-http-discover", .dhcp,
            everyone + "sname 192.168.77.2\nfile undionly.kpxe\n" + offer + "\n43: 060108ff"),
        Case(
            "edk2-http-discover", .dhcp,
            everyone + "file http://192.168.77.2/netboot/snponly.efi\n"
                + "53: 02\n54: c0a84d02\n60: 48545450436c69656e74\nUUID\n"
                + "67: 687474703a2f2f3139322e3136382e37372e322f6e6574626f6f742f736e706f6e6c792e65666900"),
    ]

    @Test(arguments: cases)
    func `each machine is told what it understands`(example: Case) throws {
        let question = try Question(example.name, at: example.port)
        let reply = try #require(question.reply)
        let identifier = try #require(question.message.options[.machineIdentifier]).map(\.hexadecimal).joined()
        #expect(reply.fields == example.expected.replacing("UUID", with: "97: \(identifier)"))
        #expect(reply.message.operation == .reply)
        #expect(reply.message.transaction == question.message.transaction)
        #expect(reply.message.hardwareAddress == question.message.hardwareAddress)
        #expect(reply.message.hops == 0 && reply.message.seconds == 0)
        let bytes = reply.message.serialized()
        #expect((300...548).contains(bytes.count))
        #expect(try DHCPMessage(parsing: bytes.span) == reply.message)
    }

    @Test(arguments: cases)
    func `nothing that is the router's is ever given`(example: Case) throws {
        let reply = try #require(try Question(example.name, at: example.port).reply)
        #expect(reply.message.yourAddress == .unspecified)
        let given = Set(reply.message.options.all.map(\.code.rawValue))
        #expect(given.isDisjoint(with: [1, 3, 6, 15, 51, 58, 59]))
        #expect(given.isSuperset(of: [53, 54, 60]))
    }

    @Test func `the offer to a BIOS is right to the last byte`() throws {
        let bytes = try #require(try Question("intel-rom-discover").reply).message.serialized()
        var expected: [UInt8] = [2, 1, 6, 0, 0x22, 0x3C, 0x9D, 0xF8, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        expected += [192, 168, 77, 2, 0, 0, 0, 0, 0x00, 0x1B, 0x21, 0x3C, 0x9D, 0xF8] + zeros(10)
        expected += Array("192.168.77.2".utf8) + zeros(52) + Array("undionly.kpxe".utf8) + zeros(115)
        expected += [0x63, 0x82, 0x53, 0x63, 53, 1, 2, 54, 4, 192, 168, 77, 2, 60, 9] + Array("PXEClient".utf8)
        expected += [97, 17, 0, 0x2B, 0x1A, 0x4D, 0x56, 0x4D, 0x3C, 0x6F, 0x5E, 0x70, 0x81, 0x92, 0xA3, 0xB4]
        expected += [0xC5, 0xD6, 0xE7, 43, 4, 6, 1, 8, 255, 255]
        #expect(bytes == expected + zeros(300 - expected.count))
    }

    @Test func `a machine that does not say its number is not told one`() throws {
        var question = try Question("edk2-pxe-discover")
        question.message.options[.machineIdentifier] = nil
        question.message.options[.networkInterface] = nil
        #expect(try #require(question.reply).message.options.all.map(\.code.rawValue) == [53, 54, 60])
    }

    @Test func `another port of the site is named in every URL`() throws {
        for (name, url) in [
            ("ipxe-snponly-discover", "http://192.168.77.2:8080/ipxe/52-54-00-aa-00-01"),
            ("edk2-http-discover", "http://192.168.77.2:8080/netboot/snponly.efi"),
        ] {
            var question = try Question(name)
            question.httpPort = 8080
            #expect(try #require(question.reply).message.file == Array(url.utf8))
        }
    }

    static let chosen: [(String, ProxyPolicy.Port, NetbootChoice, String)] = [
        ("intel-rom-discover", .dhcp, .ipxe, "ipxe.pxe"),
        ("intel-rom-discover", .dhcp, .snponly, "undionly.kpxe"),
        ("intel-rom-request-4011", .bootServer, .ipxe, "ipxe.pxe"),
        ("edk2-pxe-request-4011", .bootServer, .ipxe, "ipxe-amd64.efi"),
        ("edk2-pxe-request-4011", .bootServer, .snponly, "snponly.efi"),
        ("edk2-http-discover", .dhcp, .ipxe, "http://192.168.77.2/netboot/ipxe-amd64.efi"),
        ("edk2-arm64-pxe-request-4011", .bootServer, .snponly, "ipxe-arm64.efi"),
        ("ipxe-without-http-discover", .dhcp, .ipxe, "ipxe.pxe"),
    ]

    @Test(arguments: chosen)
    func `a host loads the program that was chosen for it, where its kind has it`(
        name: String, port: ProxyPolicy.Port, choice: NetbootChoice, file: String
    ) throws {
        var question = try Question(name, at: port)
        question.choice = choice
        #expect(try #require(question.reply).message.file == Array(file.utf8))
    }

    @Test func `a machine behind a relay is answered through it, with what the relay added at the end`() throws {
        var question = try Question("edk2-http-discover")
        question.message.relayAddress = IPv4Address(rawValue: 0x0A01_0001)
        question.message.options[.relayAgent] = [1, 2, 0, 7]
        question.message.options[.networkInterface] = [1, 3, 0]
        let reply = try #require(question.reply)
        #expect(reply.destination == .relay(IPv4Address(rawValue: 0x0A01_0001)))
        #expect(reply.message.options.all.last?.bytes == [1, 2, 0, 7])
        #expect(reply.fields.contains("giaddr 10.1.0.1"))
    }

    @Test(arguments: [6, 10, 12, 15, 27, 999] as [UInt16])
    func `of several kinds of machine the first that there is a program for counts`(other: UInt16) throws {
        var question = try Question("edk2-pxe-request-4011", at: .bootServer)
        question.message.options[.architectures] = other.bigEndianBytes + [0, 9, 0, 11]
        #expect(question.reply?.gift == .program(.snponly))
    }

    private func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }
}
