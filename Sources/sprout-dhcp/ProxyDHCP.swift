import Linux
import Systemd
import Wire

/// Listens where machines that netboot ask, and answers; idle where these ports were not opened.
struct ProxyDHCP: Service {
    private let listeners: [Listener]
    private let desk: ProxyDesk
    private let reactor: Reactor

    /// Either both ports were opened or none: without the second, UEFI firmware would fail after it was answered.
    init(claiming sockets: inout ListenSockets, _ desk: ProxyDesk, _ reactor: Reactor) throws {
        self.desk = desk
        self.reactor = reactor
        guard let dhcp = sockets.claimIfPassed("dhcp") else {
            listeners = []
            return
        }
        listeners = [
            Listener(socket: try DatagramSocket(dhcp, reactor), port: .dhcp, desk: desk, reactor: reactor),
            Listener(
                socket: try DatagramSocket(sockets.claim("pxe"), reactor), port: .bootServer, desk: desk,
                reactor: reactor),
        ]
    }

    func run() async throws {
        try await desk.refresh()
        try await withThrowingTaskGroup { group in
            for listener in listeners { group.addTask { try await listener.run() } }
            group.addTask { [reactor] in
                while true { try await reactor.sleep(for: .seconds(3600)) }
            }
            try await group.next()
        }
    }

    /// True work for the watchdog, and what it found.
    func check() async throws -> String {
        try await desk.refresh()
        return listeners.isEmpty ? "network boot is off: its ports are not open" : await desk.summary
    }
}

/// Answers the datagrams of one port, one by one.
struct Listener: Service {
    let socket: DatagramSocket
    let port: ProxyPolicy.Port
    let desk: ProxyDesk
    let reactor: Reactor

    func run() async throws {
        while true {
            do {
                let datagram = try await socket.receive()
                guard let verdict = await desk.verdict(on: datagram, at: port) else { continue }
                if case .reply(let reply) = verdict.decision { try await send(reply, to: datagram) }
                await desk.note(verdict)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                // An interface that goes down breaks one call, not the socket.
                Journal.log(.warning, "a machine that netboots could not be answered: \(error)")
                try await reactor.sleep(for: .milliseconds(100))
            }
        }
    }

    private func send(_ reply: Reply, to datagram: Datagram) async throws {
        let receiver =
            switch reply.destination {
            case .everyone: Self.everyone
            case .sender: datagram.sender.address == 0 ? Self.everyone : datagram.sender
            case .relay(let relay): Endpoint(address: relay.rawValue, port: 67)
            }
        try await socket.send(reply.message.serialized(), to: receiver, interface: datagram.interface)
    }

    private static let everyone = Endpoint(address: .max, port: 68)
}
