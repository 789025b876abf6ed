import Testing

@testable import Wire
@testable import sprout_dhcp

/// What is told with an address, to the byte, and where it goes.
@Suite struct LeaseReplyTests {
    private let address = LeaseScene.address("10.0.0.11")

    private func reply(
        _ kind: DHCPMessage.Kind, to message: DHCPMessage, booting: Reply? = nil
    ) -> LeaseReply {
        LeaseReply(kind, address, for: 600, to: LeaseScene.question(message), LeaseScene.network, booting: booting)
    }

    @Test func `an offer carries the lease and the network, and nothing of booting`() {
        let reply = reply(.offer, to: LeaseScene.message(.discover))
        #expect(
            reply.fields == """
                everyone
                flags 8000
                yiaddr 10.0.0.11
                53: 02
                54: 0a000001
                51: 00000258
                58: 0000012c
                59: 0000020d
                1: ffffff00
                3: 0a000002
                6: 0a000003
                28: 0a0000ff
                """)
    }

    @Test func `the client's own name and what the relay added are repeated, the relay's last`() {
        var message = LeaseScene.message(.discover)
        message.options[.clientIdentifier] = [1, 2, 3]
        message.options[.relayAgent] = [1, 1, 9]
        message.relayAddress = LeaseScene.address("10.0.0.99")
        let reply = reply(.offer, to: message)
        #expect(reply.destination == .relay(LeaseScene.address("10.0.0.99")))
        #expect(reply.message.options.all.suffix(2).map(\.code.rawValue) == [61, 82])
        #expect(reply.message.options[.clientIdentifier] == [1, 2, 3])
        #expect(reply.message.relayAddress == LeaseScene.address("10.0.0.99"))
    }

    @Test func `a relay may be named as the server`() {
        var message = LeaseScene.message(.discover)
        message.options[.relayAgent] = [11, 4, 10, 0, 0, 99]
        #expect(reply(.offer, to: message).message.serverIdentifier == LeaseScene.address("10.0.0.99"))
    }

    @Test func `who has an address is acknowledged there, all others by broadcast`() {
        let renewing = reply(.acknowledgement, to: LeaseScene.message(.request, ciaddr: "10.0.0.11"))
        #expect(renewing.destination == .client(address))
        #expect(renewing.message.clientAddress == address && renewing.message.flags == 0)
        let selecting = reply(.acknowledgement, to: LeaseScene.message(.request, wish: "10.0.0.11"))
        #expect(selecting.destination == .everyone && selecting.message.flags == DHCPMessage.broadcast)
    }

    @Test(arguments: [nil, "10.0.0.11"] as [String?])
    func `a refusal goes to everybody, and gives nothing`(ciaddr: String?) {
        let question = LeaseScene.question(LeaseScene.message(.request, ciaddr: ciaddr))
        let reply = LeaseReply(refusing: .taken, to: question)
        #expect(reply.destination == .everyone && reply.message.flags == DHCPMessage.broadcast)
        #expect(reply.message.yourAddress == .unspecified && reply.message.clientAddress == .unspecified)
        #expect(reply.message.options.all.map(\.code.rawValue) == [53, 54, 56])
    }

    @Test func `a refusal through a relay asks it to tell everybody`() {
        var message = LeaseScene.message(.request, wish: "10.0.0.12")
        message.relayAddress = LeaseScene.address("10.0.0.99")
        let reply = LeaseReply(refusing: .taken, to: LeaseScene.question(message))
        #expect(reply.destination == .relay(LeaseScene.address("10.0.0.99")))
        #expect(reply.message.flags == DHCPMessage.broadcast)
    }

    @Test func `who only informs himself is told no time`() {
        let question = LeaseScene.question(LeaseScene.message(.inform, ciaddr: "10.0.0.5"))
        let reply = LeaseReply(informing: question, LeaseScene.network)
        #expect(reply.destination == .client(LeaseScene.address("10.0.0.5")))
        #expect(reply.message.yourAddress == .unspecified)
        #expect(Set(reply.message.options.all.map(\.code.rawValue)).isDisjoint(with: [51, 58, 59]))
    }

    @Test(arguments: [(0, true), (220, false), (300, nil)] as [(Int, Bool?)])
    func `who takes no long answer is told his address only, and nothing that would be cut off`(
        length: Int, isBooting: Bool?
    ) throws {
        let asked = try Question("edk2-http-discover")
        var message = asked.message
        message.options[.maximumSize] = nil
        message.options[.clientIdentifier] = Array(repeating: 7, count: length)
        let question = LeaseScene.question(message)
        let fitting = LeaseReply.fitting(question, asked.reply) {
            LeaseReply(.offer, address, for: 600, to: question, LeaseScene.network, booting: $0)
        }
        let told = try fitting.map { try DHCPMessage(parsing: $0.bytes.span) }
        #expect(told.map { !$0.file.isEmpty } == isBooting)
        #expect(fitting.map { $0.bytes.count <= 548 } ?? true)
    }

    struct Boot: CustomStringConvertible, Sendable {
        let name: String
        let file: String
        /// The options beyond those of the lease.
        let options: [UInt8: String]
        var description: String { name }
    }

    static let boots = [
        Boot(
            name: "intel-rom-discover", file: "undionly.kpxe", options: [60: "PXEClient", 43: "\u{6}\u{1}\u{8}\u{FF}"]),
        Boot(name: "edk2-pxe-discover", file: "snponly.efi", options: [67: "snponly.efi\0"]),
        Boot(name: "vmware-efi-discover", file: "snponly.efi", options: [67: "snponly.efi\0"]),
        Boot(
            name: "edk2-http-discover", file: "http://192.168.77.2/netboot/snponly.efi",
            options: [60: "HTTPClient", 67: "http://192.168.77.2/netboot/snponly.efi\0"]),
        Boot(
            name: "ipxe-undionly-discover", file: "http://192.168.77.2/ipxe/52-54-00-aa-00-02",
            options: [175: "\u{B0}\u{1}\u{1}"]),
        Boot(
            name: "ipxe-snponly-discover", file: "http://192.168.77.2/ipxe/52-54-00-aa-00-01",
            options: [175: "\u{B0}\u{1}\u{1}"]),
    ]

    @Test(arguments: boots)
    func `a machine that netboots is told in the same message what to load`(boot: Boot) throws {
        let question = try Question(boot.name)
        let client = try #require(NetbootClient(question.message))
        var booting = try #require(question.reply)
        if booting.gift == .bootServer, let program = client.program {
            booting = Reply(.program(program), to: client, at: .dhcp, from: question.server)
        }
        let message = reply(.offer, to: question.message, booting: booting).message
        #expect(message.yourAddress == address)
        #expect("\(message.serverAddress)" == "192.168.77.2")
        #expect(String(decoding: message.file, as: UTF8.self) == boot.file)
        let lease: Set<UInt8> = [53, 54, 51, 58, 59, 1, 3, 6, 28, 61, 97]
        let others = message.options.all.filter { !lease.contains($0.code.rawValue) }
        let told = Dictionary(uniqueKeysWithValues: others.map { ($0.code.rawValue, $0.bytes) })
        #expect(told == boot.options.mapValues { $0.unicodeScalars.map { UInt8($0.value) } })
        #expect(message.serialized().count <= 548)
    }
}

extension LeaseReply {
    /// As `Reply.fields` has it.
    fileprivate var fields: String {
        let addresses = [
            (message.clientAddress, "ciaddr"), (message.yourAddress, "yiaddr"), (message.serverAddress, "siaddr"),
        ].filter { $0.0 != .unspecified }
        let options = message.options.all.map { "\($0.code.rawValue): \($0.bytes.map(\.hexadecimal).joined())" }
        let flags = message.flags.bigEndianBytes.map(\.hexadecimal).joined()
        return (["\(destination)", "flags \(flags)"] + addresses.map { "\($0.1) \($0.0)" } + options)
            .joined(separator: "\n")
    }
}
