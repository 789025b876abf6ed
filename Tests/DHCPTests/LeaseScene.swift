import Linux
import Model

@testable import Wire
@testable import sprout_dhcp

/// A network of ten addresses, 10.0.0.10 to 10.0.0.19, and messages of its clients.
struct LeaseScene {
    static let server = address("10.0.0.1")
    static let start = Timestamp(milliseconds: 1_795_200_000_000)
    static let network = ServedNetwork(
        .init(
            interface: "eth0", range: address("10.0.0.10").rawValue...address("10.0.0.19").rawValue,
            router: address("10.0.0.2"), dns: address("10.0.0.3"), leaseTime: 14400),
        on: Interface(index: 2, address: server.rawValue, mask: 0xFFFF_FF00))

    var book = LeaseBook(network.settings.range)
    var hosts: Set<MACAddress> = []
    var now = start

    static func address(_ text: String) -> IPv4Address { IPv4Address(text) ?? .unspecified }

    static func mac(_ number: UInt8) -> MACAddress {
        MACAddress(bytes: [0x52, 0x54, 0, 0, 0, number]) ?? { preconditionFailure("no MAC address") }()
    }

    /// A client's message: who and what, and the three fields that RFC 2131's table is about.
    static func message(
        _ kind: DHCPMessage.Kind, from client: UInt8 = 1, ciaddr: String? = nil, wish: String? = nil,
        server: String? = nil
    ) -> DHCPMessage {
        var message = DHCPMessage(
            operation: .request, hardwareAddress: .init(type: 1, bytes: [0x52, 0x54, 0, 0, 0, client]), transaction: 7)
        message.options[.messageType] = [kind.rawValue]
        message.clientAddress = ciaddr.map(address) ?? .unspecified
        message.options[.requestedAddress] = wish.map { address($0).bytes }
        message.options[.serverIdentifier] = server.map { address($0).bytes }
        return message
    }

    static func question(_ message: DHCPMessage, wasBroadcast: Bool = true) -> LeasePolicy.Question {
        LeasePolicy.Question(
            message: message, mac: MACAddress(bytes: message.hardwareAddress.bytes) ?? mac(1),
            server: message.serverOverride ?? server, wasBroadcast: wasBroadcast, isHost: false)
    }

    func decision(_ message: DHCPMessage, wasBroadcast: Bool = true) -> LeasePolicy.Decision {
        LeasePolicy(network: Self.network)
            .decision(on: Self.question(message, wasBroadcast: wasBroadcast), book, hosts: hosts, at: now)
    }

    mutating func grant(_ address: String, to client: UInt8, for duration: Duration = .seconds(600)) {
        book.grant(Self.address(address), to: Self.mac(client), until: now + duration)
    }

    mutating func hold(_ address: String, for client: UInt8) {
        book.hold(Self.address(address), for: Self.mac(client), until: now + .seconds(90))
    }

    func candidate(for client: UInt8, wish: String? = nil) -> String? {
        book.candidate(for: Self.mac(client), wish: wish.map(Self.address), hosts: hosts, at: now)?.description
    }
}
