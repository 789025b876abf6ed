import Control
import Linux
import Model
import Store
import Systemd
import Wire

/// Listens at the port of DHCP clients, where servers answer, and asks there itself: so other servers are known.
struct ClientPort: Service {
    private let socket: DatagramSocket
    private let probe: ServerProbe
    private let desk: LeaseDesk
    private let store: Store
    private let report: @Sendable (Observation) -> Void
    private let reactor: Reactor
    private let heard: AsyncStream<HeardServer>
    private let queue: AsyncStream<HeardServer>.Continuation

    init(
        _ socket: DatagramSocket, _ probe: ServerProbe, _ desk: LeaseDesk, _ store: Store, _ reactor: Reactor,
        report: @escaping @Sendable (Observation) -> Void
    ) {
        self.socket = socket
        self.probe = probe
        self.desk = desk
        self.store = store
        self.report = report
        self.reactor = reactor
        (heard, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
    }

    func run() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await listen() }
            group.addTask { try await makeKnown() }
            group.addTask {
                for await server in desk.chosen { queue.yield(HeardServer(chosen: server)) }
                try Task.checkCancellation()
            }
            group.addTask { try await lookRegularly() }
            group.addTask { try await lookWhenAsked() }
            try await group.next()
            group.cancelAll()
        }
    }

    // MARK: Hearing

    private func listen() async throws {
        while true {
            do {
                let datagram = try await socket.receive()
                // What we send to everybody comes back to us.
                guard datagram.sender.address != datagram.localAddress,
                    let message = try? DHCPMessage(parsing: datagram.bytes.span),
                    let server = HeardServer(message, from: datagram.sender.address),
                    try await interface()?.place.index == datagram.interface
                else { continue }
                await desk.heard(server.address)
                queue.yield(server)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                try await reactor.sleep(for: .milliseconds(100))
            }
        }
    }

    /// Tells of each server, with the address of its card, once it is new and then once a minute.
    private func makeKnown() async throws {
        var known = KnownServers()
        for await server in heard {
            guard known.isWorthTelling(server, at: .now), let name = try await interface()?.name else { continue }
            let mac = try await hardwareAddress(of: server.address, on: name)
            let moment = Timestamp.now()
            let foreign = ForeignServer(
                address: "\(server.address)", mac: mac, kind: server.kind, offers: server.offers, firstSeen: moment,
                lastSeen: moment)
            report(.heard(foreign))
            await desk.name(server.address, foreign.name)
        }
        try Task.checkCancellation()
    }

    private func hardwareAddress(of server: IPv4Address, on interface: String) async throws -> MACAddress? {
        try await socket.askForHardwareAddress(
            of: server.rawValue, on: interface, within: .seconds(1), reactor
        ).flatMap { MACAddress(bytes: $0) }
    }

    // MARK: Asking

    private func lookRegularly() async throws {
        while true {
            let here = try? await interface()?.place
            try await look()
            // In another network are other servers.
            for _ in 0..<60 where (try? await interface()?.place) == here {
                try await reactor.sleep(for: .seconds(5))
            }
        }
    }

    /// A machine that asks for an address is answered by any other server there is: that is the moment to ask too.
    private func lookWhenAsked() async throws {
        for await _ in desk.questions {
            if await desk.state == .clear {
                _ = await ask()
                try await reactor.sleep(for: .seconds(1))
            } else {
                try await look()
                if await desk.state == .occupied { try await reactor.sleep(for: .seconds(4)) }
            }
        }
        try Task.checkCancellation()
    }

    /// Asks three times within six seconds; only who could ask knows that nobody answered.
    private func look() async throws {
        let began = Reactor.Deadline.now
        var hasAsked = true
        for _ in 0..<3 {
            if !(await ask()) { hasAsked = false }
            try await reactor.sleep(for: .seconds(2))
        }
        if hasAsked { await desk.looked(since: began) }
    }

    private func ask() async -> Bool {
        guard let interface = try? await interface()?.place else { return false }
        for question in probe.questions {
            let everyone = Endpoint(address: .max, port: 67)
            do throws(Errno) {
                try socket.sendAtOnce(question, to: everyone, interface: interface.index, from: interface.address)
            } catch {
                return false
            }
        }
        return true
    }

    /// Nil while network boot is off: nothing is asked then, and nobody heard.
    private func interface() async throws -> (name: String, place: Interface)? {
        guard let name = try await store.netbootPlace()?.interface else { return nil }
        return (name, try socket.interface(named: name))
    }
}

/// The servers that were told of lately: a bounded number, whoever pretends to be many.
struct KnownServers: Sendable {
    private var told: [IPv4Address: (server: HeardServer, at: Reactor.Deadline)] = [:]

    mutating func isWorthTelling(_ server: HeardServer, at now: Reactor.Deadline) -> Bool {
        if let last = told[server.address], last.server.kind == server.kind || server.kind == .dhcp,
            now - last.at < .seconds(60)
        {
            return false
        }
        if told.count >= 32 { told = told.filter { now - $0.value.at < .seconds(60) } }
        guard told.count < 32 else { return false }
        told[server.address] = (server, now)
        return true
    }
}
