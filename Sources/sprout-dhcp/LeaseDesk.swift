import Control
import Linux
import Metrics
import Model
import Store
import Synchronization
import Systemd
import Wire

/// Where questions for addresses become answers, in the mode in which Sprout gives them out.
///
/// Nothing here waits for a commit: a lease that is to be acknowledged is handed over to be written, and the next
/// question is taken.
actor LeaseDesk {
    let socket: DatagramSocket
    private let store: Store
    private let proxy: ProxyDesk
    private var isServer = false {
        didSet { charge.store(isServer, ordering: .relaxed) }
    }
    private nonisolated let charge = Atomic(false)
    /// The same for those who cannot wait: beside a router no question passes through here.
    nonisolated var isInCharge: Bool { charge.load(ordering: .relaxed) }
    /// What is served: nil in the mode proxy, while network boot is off, and where `problem` says why not.
    var policy: LeasePolicy?
    private var problem: String?
    var book = LeaseBook(0...0)
    private var hosts: Set<MACAddress> = []
    private var watch = ServerWatch()
    private var isFull = false
    var tally = MessageTally()
    /// Leases that are to be written, the latest of each machine.
    var waiting: [MACAddress: LeaseEntry] = [:]
    /// Whether the last attempt to have leases written failed: that is said once.
    var isWriterAway = false
    /// How many addresses were sounded out within the second that began then.
    var soundings = (since: Reactor.Deadline.now, count: 0)
    let writing: AsyncStream<Void>.Continuation
    private let looking: AsyncStream<Void>.Continuation
    /// Rings when there are leases to be written.
    let entries: AsyncStream<Void>
    /// Rings when a machine asked for an address, which is when another server would answer it too.
    let questions: AsyncStream<Void>
    /// Other servers that machines took offers of.
    let chosen: AsyncStream<IPv4Address>
    private let choosing: AsyncStream<IPv4Address>.Continuation

    init(_ socket: DatagramSocket, _ store: Store, _ proxy: ProxyDesk) {
        self.socket = socket
        self.store = store
        self.proxy = proxy
        (entries, writing) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (questions, looking) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (chosen, choosing) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(8))
    }

    // MARK: The mode

    /// Reads again what is in force; with other settings everything begins anew, also the search for other servers.
    func refresh() async throws {
        let mode = try await store.setting("pxe.mode")
        isServer = try await store.netbootPlace() != nil && mode == "server"
        hosts = isServer ? try await store.hostMACs() : []
        let settings = isServer ? try await ServedNetwork.Settings(store) : nil
        guard let settings else { return stop(isServer ? "pxe.range and pxe.interface are not in force yet" : nil) }
        let network: ServedNetwork
        do throws(Errno) {
            network = ServedNetwork(settings, on: try socket.interface(named: settings.interface))
        } catch {
            return stop("\(settings.interface), which pxe.interface names, has no IPv4 address: \(error)")
        }
        if let problem = network.problem { return stop(problem) }
        guard network != policy?.network else { return }
        book = LeaseBook(settings.range, try await store.leases(), reserved: network.reserved)
        (policy, problem, watch) = (LeasePolicy(network: network), nil, ServerWatch())
        looking.yield()
    }

    private func stop(_ reason: String?) {
        if let reason, reason != problem {
            Journal.log(.error, "no addresses are given out: \(reason)", id: .ownDHCPSilent)
        }
        (policy, problem) = (nil, reason)
    }

    /// For `systemctl status`; nil in the mode proxy.
    var summary: String? {
        guard isServer else { return nil }
        if let problem { return "gives out no addresses: \(problem)" }
        if let silence = watch.silence { return "gives out no addresses: \(silence)" }
        let count = "\(book.count(at: .now())) of \(book.range.count) addresses are in use"
        return isFull ? "\(count): a machine got none" : count
    }

    /// What came and went, and how full the range is.
    var measurements: (tally: MessageTally, addresses: [Measurement]) {
        guard policy != nil else { return (tally, []) }
        let addresses = [
            Measurement(.dhcpAddresses, is: book.range.count),
            Measurement(.dhcpAddressesUsed, is: book.count(at: .now())),
        ]
        return (tally, addresses)
    }

    // MARK: Other servers

    var state: ServerWatch.State? { policy == nil ? nil : watch.state }

    /// Another server was heard: from this moment on nobody is answered.
    func heard(_ server: IPv4Address) {
        if policy != nil { watch.heard(server, at: .now) }
    }

    /// The name of a server that was heard, once it is known.
    func name(_ server: IPv4Address, _ name: String) {
        guard policy != nil, watch.name(server, name) else { return }
        Journal.log(
            .error, "\(name) gives out addresses too: Sprout gives out none until it is gone", id: .ownDHCPSilent)
    }

    /// A search that began at a moment is over.
    func looked(since began: Reactor.Deadline) {
        guard let policy, watch.looked(since: began) else { return }
        let settings = policy.network.settings
        Journal.log(
            .notice, "no other DHCP server answers on \(settings.interface): addresses are given out",
            id: .ownDHCPServes)
    }

    // MARK: Questions

    /// Answers a message, or has it answered once its lease is written; false in the mode proxy.
    func take(_ datagram: Datagram) async -> Bool {
        guard isServer else { return false }
        guard datagram.interface == policy?.network.interface.index else { return true }
        let message = try? DHCPMessage(parsing: datagram.bytes.span)
        tally.noteReceived(message)
        guard let message, message.operation == .request, message.hardwareAddress.type == 1,
            let mac = MACAddress(bytes: message.hardwareAddress.bytes)
        else { return true }
        noteOthers(message)
        guard watch.state == .clear else { return true }
        let verdict = await verdict(on: message, datagram)
        // The settings may be others now.
        guard let policy else { return true }
        let question = LeasePolicy.Question(
            message: message, mac: mac,
            server: message.serverOverride ?? IPv4Address(rawValue: policy.network.interface.address),
            wasBroadcast: datagram.destination == .max, isHost: hosts.contains(mac))
        let decision = policy.decision(on: question, book, hosts: hosts, at: .now())
        carryOut(decision, question, policy, verdict?.booting)
        switch (verdict, decision) {
        case (let verdict?, _) where message.kind == .discover: await proxy.note(verdict)
        case (.some, .grant(let address)): await proxy.noteLease(of: address, from: question.server, for: mac)
        case (nil, .offer): await proxy.noteOrdinary(message)
        default: break
        }
        return true
    }

    /// What a machine that netboots is told of booting: the same as beside a router, at its first question and again
    /// with its address.
    private func verdict(on message: DHCPMessage, _ datagram: Datagram) async -> ProxyDesk.Verdict? {
        guard message.kind == .discover || message.kind == .request, NetbootClient(message) != nil else { return nil }
        var question = message
        question.options[.messageType] = [DHCPMessage.Kind.discover.rawValue]
        guard let verdict = await proxy.verdict(on: question, of: datagram, at: .dhcp) else { return nil }
        guard case .reply(let reply) = verdict.decision, reply.gift == .bootServer, let program = verdict.client.program
        else { return verdict }
        let direct = Reply(.program(program), to: verdict.client, at: .dhcp, from: reply.message.serverAddress)
        return ProxyDesk.Verdict(
            client: verdict.client, decision: .reply(direct), port: verdict.port, server: verdict.server,
            hostname: verdict.hostname)
    }

    private func carryOut(
        _ decision: LeasePolicy.Decision, _ question: LeasePolicy.Question, _ policy: LeasePolicy, _ booting: Reply?
    ) {
        let network = policy.network
        let seconds = network.leaseTime(ofHost: question.isHost)
        let mac = question.mac
        switch decision {
        case .offer(let address):
            if book.lease(of: mac) == nil { isFull = false }
            book.hold(address, for: mac, until: .now() + Self.patience)
            if book.lease(of: mac)?.address != address { soundOut(address) }
            send(to: question, booting) {
                LeaseReply(.offer, address, for: seconds, to: question, network, booting: $0)
            }
        case .grant(let address):
            if book.lease(of: mac)?.address != address, let intruder = intruder(at: address, besides: mac) {
                quarantine(address, "\(intruder) uses \(address), which it was not given", of: intruder)
                send(to: question) { _ in LeaseReply(refusing: .taken, to: question) }
            } else {
                enqueue(LeaseEntry(address, for: seconds, question, network, booting))
            }
        case .refuse(let refusal): send(to: question) { _ in LeaseReply(refusing: refusal, to: question) }
        case .inform: send(to: question) { _ in LeaseReply(informing: question, network) }
        case .release(let address):
            book.grant(address, to: mac, until: .now())
            enqueue(LeaseEntry(Lease(address: "\(address)", mac: mac, until: .now()), of: mac))
        case .quarantine(let address):
            quarantine(address, "\(mac) declined \(address), because another machine uses it", of: mac)
        case .letGo: book.dropOffer(to: mac)
        case .silence(.full): sayFull(network)
        case .silence: break
        }
    }

    /// What a machine's message says of other servers: one may answer it now, or be the one whose offer it takes, which
    /// may have been told to it alone.
    ///
    /// Behind a relay are other networks, with servers of their own.
    private func noteOthers(_ message: DHCPMessage) {
        if message.kind == .discover { looking.yield() }
        guard message.kind == .request, message.relayAddress == .unspecified, let server = message.serverIdentifier,
            server != .unspecified, server.rawValue != policy?.network.interface.address
        else { return }
        heard(server)
        choosing.yield(server)
    }

    private func quarantine(_ address: IPv4Address, _ reason: String, of mac: MACAddress) {
        let until = Timestamp.now() + Self.quarantine
        book.quarantine(address, until: until)
        enqueue(LeaseEntry(Lease(address: "\(address)", mac: nil, until: until), of: mac))
        Journal.log(
            .warning, "\(reason): nobody is given it for an hour", ["SPROUT_MAC": "\(mac)"], id: .addressDeclined)
    }

    private func sayFull(_ network: ServedNetwork) {
        guard !isFull else { return }
        isFull = true
        let range = network.settings.range
        Journal.log(
            .warning,
            "a machine asks for an address, but all \(range.count) of pxe.range are in use: make it larger",
            id: .rangeFull)
    }

    /// How long an offer holds: firmware decides within four seconds, slow clients within a minute.
    private static let patience = Duration.seconds(90)
    private static let quarantine = Duration.seconds(3600)
}

extension ProxyDesk.Verdict {
    fileprivate var booting: Reply? {
        guard case .reply(let reply) = decision else { return nil }
        return reply
    }
}
