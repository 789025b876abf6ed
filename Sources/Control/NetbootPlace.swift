public import Linux
import Model
public import Store

/// Where machines that netboot are answered: systemd opens the ports of network boot on every interface, whatever the
/// settings say.
public struct NetbootPlace: Equatable, Sendable {
    public let interface: String
    /// The network of ours on it, where that was said.
    private let subnet: Subnet?

    private struct Subnet: Equatable, Sendable {
        let address: UInt32
        let mask: UInt32

        func contains(_ other: UInt32) -> Bool { other & mask == address }
    }

    /// Nil while network boot is off.
    public init?(_ settings: [String: String]) {
        guard settings["pxe.enabled"] == "true", let interface = settings["pxe.interface"] else { return nil }
        self.interface = interface
        let parts = settings["pxe.subnet"]?.split(separator: "/") ?? []
        if parts.count == 2, let address = DottedQuad.number(parts[0]), let length = UInt32(parts[1]), length <= 32 {
            let mask = length == 0 ? 0 : UInt32.max << (32 - length)
            subnet = Subnet(address: address & mask, mask: mask)
        } else {
            subnet = nil
        }
    }

    /// A datagram as it is to be answered, from our address in the subnet; nil if it came from elsewhere.
    public func admit(_ datagram: Datagram, to socket: DatagramSocket) -> Datagram? {
        guard (try? socket.interfaceIndex(named: interface)) == datagram.interface else { return nil }
        guard let subnet, !subnet.contains(datagram.localAddress) else { return datagram }
        // What is sent to everybody arrives at the first address of an interface, which may be of another network.
        guard datagram.destination == .max, let interfaces = try? socket.interfaces(),
            let own = interfaces.first(where: { $0.name == interface && subnet.contains($0.interface.address) })
        else { return nil }
        var admitted = datagram
        admitted.localAddress = own.interface.address
        return admitted
    }
}

extension Store {
    /// Where machines are answered now; nil while network boot is off.
    public func netbootPlace() throws -> NetbootPlace? { NetbootPlace(try settings()) }

    /// Calls `refresh` within a second after somebody has written to the database.
    public nonisolated func follow(_ reactor: Reactor, _ refresh: () async throws -> Void) async throws {
        var seen: Int64?
        while true {
            if let now = try? await version(), now != seen, (try? await refresh()) != nil { seen = now }
            try await reactor.sleep(for: .seconds(1))
        }
    }
}
