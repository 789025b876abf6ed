import Testing

@testable import Control
@testable import Linux

@Suite(.timeLimit(.minutes(5))) struct NetbootPlaceTests {
    private static let own: UInt32 = 0x7F00_0001
    private let socket: DatagramSocket
    private let loopback: CInt

    init() throws {
        socket = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), try Reactor())
        loopback = try socket.interfaceIndex(named: "lo")
    }

    private func admitted(
        _ settings: [String: String], at address: UInt32 = own, to destination: UInt32 = own, interface: CInt? = nil
    ) -> UInt32? {
        let datagram = Datagram(
            bytes: [], sender: Endpoint(address: 0, port: 68), interface: interface ?? loopback,
            localAddress: address, destination: destination)
        return NetbootPlace(settings)?.admit(datagram, to: socket)?.localAddress
    }

    private static let on = ["pxe.enabled": "true", "pxe.interface": "lo"]

    @Test func `network boot is off unless the settings say that it is on, and where`() {
        let off = [
            [:], ["pxe.enabled": "true"], ["pxe.interface": "lo"], ["pxe.enabled": "false", "pxe.interface": "lo"],
        ]
        for settings in off { #expect(NetbootPlace(settings) == nil) }
        #expect(NetbootPlace(Self.on)?.interface == "lo")
    }

    @Test func `what arrives at another port, or while the one that is named is not there, is from elsewhere`() {
        #expect(admitted(Self.on) == Self.own)
        #expect(admitted(Self.on, interface: loopback + 1) == nil)
        #expect(admitted(Self.on.merging(["pxe.interface": "nowhere0"]) { $1 }) == nil)
    }

    @Test func `where a subnet is named, only our address in it answers`() {
        let other: UInt32 = 0xC0A8_0102
        for (subnet, here, there) in [
            ("none", Self.own, other), ("127.0.0.0/8", Self.own, nil), ("192.168.1.0/24", nil, other),
        ] {
            let settings = Self.on.merging(["pxe.subnet": subnet]) { $1 }
            #expect(admitted(settings) == here)
            #expect(admitted(settings, at: other, to: other) == there)
        }
    }

    @Test func `what was sent to everybody is answered from our address in the subnet, whichever comes first`() {
        let settings = Self.on.merging(["pxe.subnet": "127.0.0.0/8"]) { $1 }
        #expect(admitted(settings, at: 0xC0A8_0102, to: .max) == Self.own)
        #expect(admitted(settings.merging(["pxe.subnet": "10.0.0.0/8"]) { $1 }, at: Self.own, to: .max) == nil)
    }
}
