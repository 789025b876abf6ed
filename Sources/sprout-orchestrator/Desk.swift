import Control
import HTTP
import Ledger
import Linux
import Model
import Store
import Systemd

/// Where commands and observations arrive, are carried out by the ledger, and are made known.
struct Desk: Sendable {
    let ledger: Ledger
    let store: Store
    let feed: Feed
    let reel: EventReel
    let metrics: DaemonMetrics

    init(ledger: Ledger, store: Store, metrics: DaemonMetrics) {
        (self.ledger, self.store, self.metrics) = (ledger, store, metrics)
        feed = Feed()
        reel = EventReel(store, feed)
    }

    /// For the daemons that may change something: the permission of the socket is theirs.
    func commandRoutes(_ health: Health, others: [Routes.Route]) -> Routes {
        Routes(
            .get("/health", health.respond),
            .get("/metrics", metrics.respond),
            .get("/events", EventStream(store, reel, metrics.delays).respond),
            .post("/hosts") { request in
                let draft = try JSON.decode(HostDraft.self, from: request.body)
                let author = author(request)
                let host = try await commit(request) { try await ledger.register(draft, by: author) }
                note(.hostRegistered, "\(host.hostname) was registered", host, request)
                return try .json(host, status: 201)
            },
            .patch("/hosts/:id", change),
            .post("/hosts/:id/advance") { request in
                let wish = try JSON.decode(strictly: Advance.self, from: request.body)
                let author = author(request)
                let host = try await commit(request) {
                    try await ledger.advance(
                        hostID: request.parameters["id"] ?? "", on: wish.event, reason: wish.reason, by: author)
                }
                note(
                    .hostAdvanced, "\(host.hostname) is now \(host.state.rawValue)", host, request,
                    operation: await latestOperation(of: host))
                return try .json(host)
            },
            others: discoveryRoutes + others
        )
    }

    /// For the daemons that only saw something.
    ///
    /// What they say is believed to have been seen, and no more.
    func observeRoutes(_ health: Health, _ sightings: SightingDesk) -> Routes {
        Routes(
            .get("/health", health.respond),
            .post("/observations") { request in
                let seen = try JSON.decode(Observation.self, from: request.body)
                switch seen.kind {
                case .daemonStarted:
                    try await commit(request) {
                        try await ledger.record(.daemonStarted, seen.message, by: .init(actor: seen.daemon))
                    }
                case .machineSeen:
                    guard seen.mac != nil || seen.sighting != nil else {
                        throw Problem(422, "The field mac is missing.", field: "mac")
                    }
                    await sightings.take(
                        Ledger.Seen(
                            daemon: seen.daemon, mac: seen.mac, traits: seen.traits ?? .init(), sighting: seen.sighting)
                    )
                case .scriptFetched: try await take(seen)
                case .serverHeard: try await heard(seen.server, by: seen.daemon)
                case .tokenUsed:
                    guard let token = seen.token else {
                        throw Problem(422, "The field token is missing.", field: "token")
                    }
                    try await ledger.usedToken(token)
                }
                return Response(status: 202)
            }
        )
    }

    /// True work for the watchdog: the writer's thread and the reader both answer.
    func check() async throws -> String {
        try await ledger.check()
        let counts = try await store.stateCounts()
        let underWay = counts.filter { $0.key.isUnderWay }.values.reduce(0, +)
        return "\(counts.values.reduce(0, +)) hosts, \(underWay) under way"
    }

    /// Carries out one command, turns a refusal into its answer, and rings the doorbell once it is on the disk.
    @discardableResult
    func commit<Value: Sendable>(_ request: Request? = nil, _ command: () async throws -> Value) async throws -> Value {
        do {
            let value = try await command()
            await feed.ring()
            return value
        } catch let refused as Refused {
            if let request {
                Journal.log(
                    .notice, "refused: \(refused)", ["SPROUT_REQUEST": request.id ?? ""], id: .commandRefused)
            }
            throw Problem(refused.kind.status, refused.reason, field: refused.field)
        }
    }

    func author(_ request: Request) -> Ledger.Author {
        Ledger.Author(actor: request.headers["x-sprout-actor"] ?? "a local process", request: request.id)
    }

    /// The host that a path names.
    func host(of request: Request) async throws -> Host {
        let reference = request.parameters["id"] ?? ""
        guard let host = try await store.host(reference) else {
            throw Problem(404, "There is no host \"\(reference.prefix(80))\".")
        }
        return host
    }

    /// The operation that a line of the journal about a host belongs to.
    func latestOperation(of host: Host) async -> String? {
        (try? await store.operations(ofHost: host.id))?.first?.id
    }

    func note(
        _ kind: Event.Kind, _ sentence: String, _ host: Host, _ request: Request, operation: String? = nil
    ) {
        Journal.log(
            .notice, sentence,
            [
                "SPROUT_HOST": "\(host.hostname)", "SPROUT_EVENT": kind.rawValue, "SPROUT_OPERATION": operation ?? "",
                "SPROUT_REQUEST": request.id ?? "",
            ], id: kind.messageID)
    }
}

extension Desk {
    /// A line of the journal about what happened to a host without anybody asking.
    func log(_ priority: Journal.Priority, _ sentence: String, _ kind: Event.Kind, _ host: Host, operation: String) {
        Journal.log(
            priority, sentence,
            ["SPROUT_HOST": "\(host.hostname)", "SPROUT_OPERATION": operation, "SPROUT_EVENT": kind.rawValue],
            id: kind.messageID)
    }
}

/// The body of `POST /hosts/{id}/advance`.
struct Advance: StrictBody {
    let event: LifecycleEvent
    let reason: String?

    enum CodingKeys: CodingKey, CaseIterable { case event, reason }
}

extension Refused.Kind {
    var status: Int {
        switch self {
        case .invalid: 422
        case .missing: 404
        case .conflict: 409
        case .stale: 412
        }
    }
}

extension Event.Kind {
    var messageID: MessageID? {
        switch self {
        case .hostRegistered: .hostRegistered
        case .hostRemoved: .hostRemoved
        case .hostChanged: .hostChanged
        case .hostAdvanced: .hostAdvanced
        default: nil
        }
    }
}
