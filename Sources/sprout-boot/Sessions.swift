import Linux
import Wire

/// Where a packet came from, and so where its answer goes: to the same port, from the same address of ours.
struct Route: Equatable, Sendable {
    let client: Endpoint
    let interface: CInt
    let localAddress: UInt32

    var asker: BootFiles.Asker { BootFiles.Asker(client: client.address, localAddress: localAddress) }
}

/// All downloads under way, by their clients' addresses and ports; like each of them it only knows packets and time.
struct Sessions: Sendable {
    typealias Instant = Reactor.Deadline

    /// What one client, or all of them, may cost: an answer is larger than the request, whose sender may be forged.
    struct Limits: Sendable {
        var downloads = 512
        var downloadsPerClient = 8
        var requestsPerSecond = 50
        /// Clients told apart within a second.
        var clients = 4096
        var transfer = Transfer.Limits()
    }

    struct Counters: Equatable, Sendable {
        var requests = 0
        /// Requests above a limit, which are not answered: the client asks again, or was never there.
        var dropped = 0
        var refused = 0
        var malformed = 0
        var begun = 0
        var probed = 0
        var finished = 0
        var failed = 0
        var retransmissions = 0
        var bytes = 0
    }

    /// What is to be sent, and what is to be told.
    struct Effects: Sendable {
        var packets: [(packet: TFTPPacket, route: Route)] = []
        var reports: [Progress] = []
    }

    private struct Session {
        var transfer: Transfer
        let route: Route
        let name: String
        let size: Int
        let began: Instant
    }

    /// How long a client that has finished is not taken for a stranger: its last acknowledgement may come twice.
    private static let aftermath = Duration.seconds(10)

    var counters = Counters()
    private let limits: Limits
    private var sessions: [Endpoint: Session] = [:]
    private var ended: [Endpoint: Instant] = [:]
    private var recentRequests: [UInt32: Int] = [:]
    private var second: Instant?
    private var troubled = TroubledClients()
    /// No session's deadline lies before this one; those that moved on are looked for only when it has passed.
    private var nextDeadline: Instant?

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    var count: Int { sessions.count }

    func isUnderWay(_ client: Endpoint) -> Bool { sessions[client] != nil }

    /// The time at which `timePassed` is to be called, if no packet comes before.
    var deadline: Instant? { sessions.isEmpty ? nil : nextDeadline }

    /// Counts a request, and says whether its sender may be answered.
    mutating func admits(_ client: Endpoint, at now: Instant) -> Bool {
        counters.requests += 1
        if second.map({ now >= $0 + .seconds(1) }) ?? true {
            second = now
            recentRequests.removeAll(keepingCapacity: true)
            ended = ended.filter { now < $0.value + Self.aftermath }
        }
        let earlier = recentRequests[client.address]
        guard earlier ?? 0 < limits.requestsPerSecond, earlier != nil || recentRequests.count < limits.clients else {
            counters.dropped += 1
            return false
        }
        recentRequests[client.address] = (earlier ?? 0) + 1
        return true
    }

    /// Makes room for one more download, or gives nil where there is none.
    ///
    /// Who has waited longest without a word gives way: behind a forged address there is nobody who would answer.
    mutating func makeRoom(for client: Endpoint, at now: Instant) -> Effects? {
        var effects = Effects()
        guard sessions[client] == nil else { return effects }
        let own = sessions.filter { $0.key.address == client.address }
        let isOwnLimit = own.count >= limits.downloadsPerClient
        guard isOwnLimit || sessions.count >= limits.downloads else { return effects }
        let silent = (isOwnLimit ? own : sessions).filter { !$0.value.transfer.isAnswered }
        guard let oldest = silent.min(by: { $0.value.began < $1.value.began }) else {
            counters.dropped += 1
            return nil
        }
        advance(oldest.key, at: now, &effects) { _ in .failed("it never answered, and gave way") }
        return effects
    }

    mutating func begin(
        _ name: String, _ content: [UInt8], options: TFTPOptions, on route: Route, at now: Instant
    ) -> Effects {
        var effects = Effects()
        let previous = sessions.removeValue(forKey: route.client)
        if let previous, previous.transfer.isAnswered || previous.name != name {
            counters.failed += 1
            if previous.transfer.isAnswered { troubled.note(route.client, at: now) }
            effects.reports.append(.failed(download(previous, at: now), reason: "the client asked for \(name) instead"))
        }
        let isCautious = needsCaution(route.client, at: now)
        let transfer = Transfer(
            of: content, options: options, limits: isCautious ? .cautious : limits.transfer, at: now)
        let session = Session(transfer: transfer, route: route, name: name, size: content.count, began: now)
        sessions[route.client] = session
        let isAskedAgain = previous.map { !$0.transfer.isAnswered && $0.name == name } ?? false
        if !isAskedAgain {
            counters.begun += 1
            effects.reports.append(.began(download(session, at: now)))
        }
        advance(route.client, at: now, &effects) { $0.begin(at: now) }
        return effects
    }

    mutating func received(_ packet: TFTPPacket, on route: Route, at now: Instant) -> Effects {
        var effects = Effects()
        if sessions[route.client] != nil {
            advance(route.client, at: now, &effects) { $0.received(packet, at: now) }
        } else if case .acknowledgement = packet, ended[route.client] == nil, admits(route.client, at: now) {
            effects.packets.append((.error(.unknownTransfer), route))
        }
        return effects
    }

    /// Sends again what was not answered in time, and ends what was never answered.
    mutating func timePassed(at now: Instant) -> Effects {
        var effects = Effects()
        guard let due = nextDeadline, due <= now else { return effects }
        for (client, session) in sessions where session.transfer.deadline <= now {
            advance(client, at: now, &effects) { $0.timePassed(at: now) }
        }
        nextDeadline = sessions.values.map(\.transfer.deadline).min()
        return effects
    }

    /// A client that had trouble, or waits in vain on another port while it asks anew.
    private func needsCaution(_ client: Endpoint, at now: Instant) -> Bool {
        troubled.contains(client, at: now)
            || sessions.contains { $0.key.address == client.address && $0.value.transfer.isStalled }
    }

    /// Lets a download take a step, and takes leave of it if that was its last.
    private mutating func advance(
        _ client: Endpoint, at now: Instant, _ effects: inout Effects, _ take: (inout Transfer) -> Transfer.Step
    ) {
        guard let index = sessions.index(forKey: client) else { return }
        let step = take(&sessions.values[index].transfer)
        let route = sessions.values[index].route
        for packet in step.packets { effects.packets.append((packet, route)) }
        if let outcome = step.outcome {
            end(sessions.remove(at: index).value, outcome, at: now, &effects)
        } else {
            let deadline = sessions.values[index].transfer.deadline
            nextDeadline = min(nextDeadline ?? deadline, deadline)
        }
    }

    private mutating func end(
        _ session: Session, _ outcome: Transfer.Outcome, at now: Instant, _ effects: inout Effects
    ) {
        ended[session.route.client] = now
        counters.retransmissions += session.transfer.retransmissions
        counters.bytes += session.transfer.acknowledgedBytes
        let download = download(session, at: now)
        switch outcome {
        case .finished(let isConfirmed):
            counters.finished += 1
            effects.reports.append(.finished(download, isConfirmed: isConfirmed))
        case .probed:
            counters.probed += 1
            effects.reports.append(.probed(download))
        case .failed(let reason):
            counters.failed += 1
            // A probe whose end got lost looks like a client that never answered.
            if session.transfer.isAnswered { troubled.note(session.route.client, at: now) }
            effects.reports.append(.failed(download, reason: reason))
        }
    }

    private func download(_ session: Session, at now: Instant) -> Download {
        let transfer = session.transfer
        return Download(
            client: session.route.client, name: session.name, size: session.size, blockSize: transfer.terms.blockSize,
            windowSize: transfer.terms.windowSize, isCautious: transfer.isCautious, blocks: transfer.lastBlock,
            acknowledgedBlock: transfer.acknowledged, acknowledgedBytes: transfer.acknowledgedBytes,
            roundTrip: transfer.roundTrip, retransmissions: transfer.retransmissions,
            duration: session.began.duration(to: now))
    }
}
