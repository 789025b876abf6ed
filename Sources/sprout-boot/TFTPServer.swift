import Control
import Linux
import Metrics
import Systemd
import Wire

/// Gives firmware its first program, over TFTP and through one port.
///
/// Answering every client from port 69 keeps firewalls simple, and works with what firmware there is.
actor TFTPServer: Service {
    private let socket: DatagramSocket
    private let loopback: CInt?
    private let reactor: Reactor
    private let files: BootFiles
    private let report: @Sendable (Progress) -> Void
    private var sessions: Sessions
    private var outbox = Outbox()
    /// Where machines are answered; nil while network boot is off.
    private(set) var place: NetbootPlace?

    private static let mostAtOnce = 32
    private static let mostBytesAtOnce = 64 << 10

    init(
        on socket: consuming FileDescriptor, _ reactor: Reactor, files: BootFiles,
        report: @escaping @Sendable (Progress) -> Void
    ) throws {
        self.socket = try DatagramSocket(socket, reactor)
        loopback = try? self.socket.interfaceIndex(named: "lo")
        self.reactor = reactor
        self.files = files
        self.report = report
        sessions = Sessions(limits: Sessions.Limits(transfer: try Transfer.Limits.configured()))
    }

    func serve(at place: NetbootPlace?) { self.place = place }

    var counters: Sessions.Counters { sessions.counters }

    var measurements: [Measurement] {
        let counters = sessions.counters
        return [
            Measurement(.tftpRequests, is: counters.requests),
            Measurement(.tftpRefused, "limit", is: counters.dropped),
            Measurement(.tftpRefused, "malformed", is: counters.malformed),
            Measurement(.tftpRefused, "no_file", is: counters.refused),
            Measurement(.tftpTransfers, "finished", is: counters.finished),
            Measurement(.tftpTransfers, "probed", is: counters.probed),
            Measurement(.tftpTransfers, "failed", is: counters.failed),
            Measurement(.tftpUnderWay, is: sessions.count),
            Measurement(.tftpBytes, is: counters.bytes),
            Measurement(.tftpRetransmissions, is: counters.retransmissions),
        ]
    }

    func run() async throws {
        while true {
            let datagrams = try await nextDatagrams()
            await carryOut(sessions.timePassed(at: .now))
            for datagram in datagrams { await receive(datagram) }
            await sendAll()
            // Whoever floods the port does not stop the daemon's other tasks.
            if datagrams.count == Self.mostAtOnce { await Task.yield() }
        }
    }

    /// The next datagrams, or none when a session's deadline came first.
    private func nextDatagrams() async throws -> [Datagram] {
        do {
            return try await socket.receive(atMost: Self.mostAtOnce, until: sessions.deadline)
        } catch {
            guard let error = error as? Errno else { throw error }
            guard error != .timedOut else { return [] }
            // An interface that goes down breaks one call, not the socket.
            Journal.log(.warning, "a request for a boot file could not be received: \(error)")
            try await reactor.sleep(for: .milliseconds(100))
            return []
        }
    }

    /// What is under way when network boot is switched off comes to its end; and this machine may ask itself whether files
    /// are given out.
    private func receive(_ arrived: Datagram) async {
        let isExpected = arrived.interface == loopback || sessions.isUnderWay(arrived.sender)
        guard let datagram = isExpected ? arrived : place?.admit(arrived, to: socket) else { return }
        let route = Route(
            client: datagram.sender, interface: datagram.interface, localAddress: datagram.localAddress)
        guard let packet = try? TFTPPacket(parsing: datagram.bytes.span) else {
            // An answer could meet another server that answers it in turn.
            sessions.counters.malformed += 1
            return
        }
        switch packet {
        case .readRequest(let request): await answer(request, on: route)
        case .writeRequest: await refuse(.accessViolation, on: route)
        case .acknowledgement, .data, .error, .optionAcknowledgement:
            await carryOut(sessions.received(packet, on: route, at: .now))
        }
    }

    private func answer(_ request: TFTPRequest, on route: Route) async {
        guard sessions.admits(route.client, at: .now) else { return }
        switch request.mode {
        // Programs are the same in both; a client that asks for text gets a script as it is.
        case .octet, .netascii: break
        case .mail, .unknown: return await send(.error(.illegalOperation), on: route)
        }
        guard let farewell = sessions.makeRoom(for: route.client, at: .now) else { return }
        await carryOut(farewell)
        guard let name = BootFileName(request.name) else {
            let name = String(decoding: request.name.prefix(100), as: UTF8.self)
            return await refuse(name, "no file has such a name", route)
        }
        do {
            guard let content = try await files.content(of: name, for: route.asker) else {
                return await refuse(name.path, "there is no such file", route)
            }
            await carryOut(sessions.begin(name.path, content, options: request.options, on: route, at: .now))
        } catch {
            await refuse(name.path, "\(error)", route)
        }
    }

    /// A name that is unknown is refused at once: firmware that hears nothing waits for twenty seconds.
    private func refuse(_ name: String, _ reason: String, _ route: Route) async {
        sessions.counters.refused += 1
        report(.refused(client: route.client, name: name, reason: reason))
        await send(.error(.fileNotFound), on: route)
    }

    private func refuse(_ error: TFTPError, on route: Route) async {
        guard sessions.admits(route.client, at: .now) else { return }
        sessions.counters.refused += 1
        await send(.error(error), on: route)
    }

    private func carryOut(_ effects: Sessions.Effects) async {
        for progress in effects.reports { report(progress) }
        for (packet, route) in effects.packets { await send(packet, on: route) }
    }

    /// What is sent waits for what else there is to be sent, but no more of it than the socket takes at once.
    private func send(_ packet: TFTPPacket, on route: Route) async {
        outbox.append(to: route.client, interface: route.interface, from: route.localAddress) {
            packet.append(to: &$0)
        }
        if outbox.size >= Self.mostBytesAtOnce { await sendAll() }
    }

    /// What cannot be sent is as good as lost on the way, and is sent again when its time comes.
    private func sendAll() async {
        try? await socket.send(outbox)
        outbox.removeAll()
    }
}
