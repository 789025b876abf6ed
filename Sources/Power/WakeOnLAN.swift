internal import Linux
internal import Model
internal import Wire

/// A host whose network card switches it on when it hears its own address; nobody learns whether it did.
struct WakeOnLAN: PowerLever {
    private static let rounds = 3
    private static let everybody: UInt32 = 0xFFFF_FFFF

    private let host: PoweredHost
    private let interface: String?
    private let means: Means
    private let port: UInt16

    init(_ host: PoweredHost, _ interface: String?, _ means: Means, port: UInt16 = MagicPacket.port) {
        (self.host, self.interface, self.means, self.port) = (host, interface, means, port)
    }

    func on() async throws(Obstacle) -> Step {
        guard !host.macs.isEmpty else {
            throw Obstacle("no MAC address of it is known", "Add the address of its network card to the host")
        }
        let name = interface.map { " on \($0)" } ?? ""
        do {
            let socket = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), means.reactor)
            let routes = try routes(socket)
            for round in 1...Self.rounds {
                for route in routes { try await send(on: socket, route) }
                // A switch that has just been woken itself, or a full queue, loses a packet now and then.
                if round < Self.rounds { try await means.pause(.milliseconds(200)) }
            }
        } catch let error as Errno {
            throw Obstacle(
                "the packet that wakes it cannot be sent\(name) (\(error))",
                "Check that this network port is up and has an address")
        } catch {
            throw .brokenOff
        }
        let macs = host.macs.map(\.description).joined(separator: ", ")
        return .sent("\(host.name) was woken\(name) by the address \(macs); whether it heard that, it has to show.")
    }

    private typealias Route = (receiver: Endpoint, interface: CInt)

    /// Some cards and switches heed only what is sent to their network, and others only what is sent to everybody.
    private func routes(_ socket: DatagramSocket) throws(Errno) -> [Route] {
        guard let interface else { return [(Endpoint(address: Self.everybody, port: port), 0)] }
        let found = try socket.interface(named: interface)
        return [found.address | ~found.mask, Self.everybody].map {
            (Endpoint(address: $0, port: port), found.index)
        }
    }

    private func send(on socket: DatagramSocket, _ route: Route) async throws {
        for mac in host.macs {
            let bytes = (0..<6).reversed().map { UInt8(truncatingIfNeeded: mac.bits >> ($0 * 8)) }
            let packet = MagicPacket(waking: bytes).serialized()
            try await socket.send(packet, to: route.receiver, interface: route.interface)
        }
    }

    func off(gracefully: Bool) -> Step { ByHand(host: host.name).off(gracefully: gracefully) }

    func restart() -> Step { ByHand(host: host.name).restart() }

    func bootFromNetworkOnce() -> Step { ByHand(host: host.name).bootFromNetworkOnce() }
}
