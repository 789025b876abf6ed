import Control
import Linux
import Metrics
import Store
import Systemd
import Wire

/// Listens where machines that netboot ask, and answers; idle where these ports were not opened, and while the settings say
/// that nobody is answered.
struct ProxyDHCP: Service {
    private let listeners: [Listener]
    private let ports: Ports?
    private let desk: ProxyDesk
    private let store: Store
    private let reactor: Reactor

    /// What is there only where network boot is on.
    private struct Ports {
        let leases: LeaseDesk
        let writer: LeaseWriter
        let client: ClientPort
    }

    /// Either all ports were opened or none: without the second, UEFI firmware would fail after it was answered, and
    /// without the third no other server would be heard.
    init(
        claiming sockets: inout ListenSockets, _ desk: ProxyDesk, _ store: Store, _ register: LeaseRegister,
        _ reactor: Reactor, report: @escaping @Sendable (Observation) -> Void
    ) throws {
        self.desk = desk
        self.store = store
        self.reactor = reactor
        guard let dhcp = sockets.claimIfPassed("dhcp") else {
            listeners = []
            ports = nil
            return
        }
        let socket = try DatagramSocket(dhcp, reactor)
        let leases = LeaseDesk(socket, store, desk)
        let probe = ServerProbe()
        listeners = [
            Listener(socket: socket, port: .dhcp, desk: desk, leases: leases, probe: probe, reactor: reactor),
            Listener(
                socket: try DatagramSocket(sockets.claim("pxe"), reactor), port: .bootServer, desk: desk,
                reactor: reactor),
        ]
        let client = try DatagramSocket(sockets.claim("dhcp-client"), reactor)
        ports = Ports(
            leases: leases, writer: LeaseWriter(desk: leases, register: register, reactor: reactor),
            client: ClientPort(client, probe, leases, store, reactor, report: report))
    }

    func run() async throws {
        try await refresh()
        try await withThrowingTaskGroup { group in
            for listener in listeners { group.addTask { try await listener.run() } }
            if let ports {
                group.addTask { try await ports.writer.run() }
                group.addTask { try await ports.client.run() }
            }
            group.addTask { try await store.follow(reactor, refresh) }
            try await group.next()
        }
    }

    private func refresh() async throws {
        try await desk.refresh()
        try await ports?.leases.refresh()
    }

    /// What came and went; nothing where the ports are not open.
    var measurements: [Measurement] {
        get async {
            guard let ports else { return [] }
            let (tally, addresses) = await ports.leases.measurements
            return await (desk.tally + tally).measurements + addresses
        }
    }

    /// True work for the watchdog, and what it found.
    func check() async throws -> String {
        try await refresh()
        guard let ports else { return "network boot is off: its ports are not open" }
        guard let place = await desk.place else { return "network boot is off: nobody is answered (pxe.enabled)" }
        let summaries = [await ports.leases.summary, await desk.summary].compactMap(\.self)
        return "on \(place.interface): \(summaries.joined(separator: "; "))"
    }
}

/// Answers the datagrams of one port, one by one.
struct Listener: Service {
    let socket: DatagramSocket
    let port: ProxyPolicy.Port
    let desk: ProxyDesk
    var leases: LeaseDesk?
    var probe: ServerProbe?
    let reactor: Reactor

    func run() async throws {
        while true {
            do {
                let arrived = try await socket.receive()
                guard let datagram = await desk.place?.admit(arrived, to: socket) else { continue }
                if probe?.isOwn(datagram.bytes) == true { continue }
                if let leases, leases.isInCharge, await leases.take(datagram) { continue }
                guard let verdict = await desk.verdict(on: datagram, at: port) else { continue }
                if case .reply(let reply) = verdict.decision {
                    try await send(reply, to: datagram)
                    await desk.noteSent(reply)
                }
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
        try await socket.send(
            reply.bytes, to: receiver, interface: datagram.interface, from: datagram.localAddress)
    }

    private static let everyone = Endpoint(address: .max, port: 68)
}
