import Control
import HTTP
import Model
import Store

/// Everything sprout-web serves.
struct Site: Sendable {
    let store: Store
    let orchestrator: Orchestrator
    let listing: HostListing
    let feed: Feed
    let metrics: MetricsPage
    let usual: UsualTimesKeeper

    init(store: Store, orchestrator: Orchestrator, feed: Feed, metrics: MetricsPage) {
        self.store = store
        self.orchestrator = orchestrator
        self.feed = feed
        self.metrics = metrics
        listing = HostListing(store)
        usual = UsualTimesKeeper(store)
    }

    func routes(_ health: Health) -> Routes {
        let events = EventStream(store, feed, metrics.own.delays, rendering: LiveEvents(store, usual).render)
        return Routes(
            .get("/", dashboard),
            .get("/hosts") { _ in .redirect(to: "/") },
            .post("/hosts", registerByForm),
            .get("/hosts/:id", hostPage),
            .get("/hosts/:id/remove") { .redirect(to: "/hosts/\(try await host($0).id)") },
            .post("/hosts/:id/remove", removeByForm),
            .get("/hosts/:id/rebuild", planPage),
            .post("/hosts/:id/rebuild", rebuildByForm),
            .get("/hosts/:id/cancel") { .redirect(to: "/hosts/\(try await host($0).id)") },
            .post("/hosts/:id/cancel", cancelByForm),
            .get("/hosts/:id/power") { .redirect(to: "/hosts/\(try await host($0).id)") },
            .post("/hosts/:id/power", powerByForm),
            .get("/hosts/:id/netboot") { .redirect(to: "/hosts/\(try await host($0).id)") },
            .post("/hosts/:id/netboot", chooseNetbootByForm),
            .get("/hosts/:id/boot-mac") { .redirect(to: "/hosts/\(try await host($0).id)") },
            .post("/hosts/:id/boot-mac", correctAddressByForm),
            .get("/hosts/:id/tasks/:task/retry") { .redirect(to: "/hosts/\(try await host($0).id)") },
            .post("/hosts/:id/tasks/:task/retry", retryTaskByForm),
            .get("/notifications", notificationsPage),
            .post("/notifications", testNotificationsByForm),
            .post("/discoveries/:mac/accept", acceptByForm),
            .post("/discoveries/:mac/ignore", ignoreByForm),
            .get("/events", events.respond),
            .get("/health", health.respond),
            .get("/metrics", metrics.respond),
            others: api + timelineRoutes + pages,
            presenting: Self.present
        )
    }

    private var api: [Routes.Route] {
        [
            .get("/api/hosts", listing.respond),
            .post("/api/hosts", register),
            .get("/api/hosts/:id", showHost),
            .patch("/api/hosts/:id", change),
            .delete("/api/hosts/:id", remove),
            .get("/api/hosts/:id/answer", answerPreview),
            .post("/api/hosts/:id/rebuild", passOnForHost),
            .post("/api/hosts/:id/cancel", passOnForHost),
            .get("/api/hosts/:id/inventory", inventory),
            .get("/api/hosts/:id/power", passOnForHost),
            .post("/api/hosts/:id/power", passOnForHost),
            .get("/api/hosts/:id/operations") { request in
                try .json(["operations": try await store.history(ofHost: try await host(request).id, limit: 20)])
            },
            .get("/api/hosts/:id/tasks", tasks),
            .post("/api/hosts/:id/tasks/:task/retry", retryTask),
            .get("/api/hosts/:id/events") { request in
                try .json(try await store.events(ofHost: try await host(request).id, limit: 200))
            },
            .post("/api/cluster/check", checkCluster),
            .put("/api/cluster/trust", changeCluster),
            .post("/api/cluster/key", changeCluster),
            .get("/api/discoveries", discoveries),
            .post("/api/discoveries/:mac/accept", acceptDiscovery),
            .post("/api/discoveries/:mac/ignore", ignoreDiscovery),
            .get("/api/images") { _ in try .json(["images": try await store.images()]) },
            .get("/api/images/imports", passOn),
            .get("/api/images/:id", image),
            .delete("/api/images/:id", passOn),
            .post("/api/images/:id/verify", passOn),
            .post("/api/images/uploads", passOn),
            .put("/api/images/uploads/:id", passOn),
            .post("/api/images/uploads/:id/import", passOn),
            .get("/api/network/boot-options", bootOptions),
            .get("/api/network/servers", otherServers),
            .get("/api/notifications", passOn),
            .post("/api/notifications/test", passOn),
            .get("/api/secrets", secrets),
            .put("/api/secrets/:name", changeSecret),
            .delete("/api/secrets/:name", changeSecret),
            .get("/api/server-types", serverTypes),
            .get("/api/wire", wire),
            .get("/api/wire/live", followWire),
            .get("/api/wire/:machine", wireOfMachine),
            .post("/api/wire/:machine/trust", trustMachine),
        ]
    }

    /// The host that a path names by its id, its name or a MAC address.
    func host(_ request: Request) async throws -> Host {
        let reference = request.parameters["id"] ?? ""
        guard let host = try await store.host(reference) else {
            throw Problem(404, "There is no host \"\(reference)\": neither its id, its name nor a MAC address.")
        }
        return host
    }

    // MARK: The API

    private func register(_ request: Request) async throws -> Response {
        try requireJSON(request)
        return try await sendOnce("POST", "/hosts", request.body, request)
    }

    private func change(_ request: Request) async throws -> Response {
        try requireJSON(request)
        return try await change(try await host(request), request.body, request)
    }

    func change(_ host: Host, _ body: [UInt8], _ request: Request) async throws -> Response {
        try await orchestrator.send(
            "PATCH", "/hosts/\(host.id)", body: body, ifMatch: request.headers["if-match"], actor: actor(request),
            request: try id(of: request))
    }

    private func remove(_ request: Request) async throws -> Response {
        try await remove(try await host(request), request)
    }

    func remove(_ host: Host, _ request: Request) async throws -> Response {
        try await orchestrator.send(
            "DELETE", "/hosts/\(host.id)", actor: actor(request), request: try id(of: request))
    }

    private func serverTypes(_ request: Request) async throws -> Response {
        let inForce = try await store.serverTypes()
        let types = inForce.types.map(\.body).joined(separator: ",")
        let problem = inForce.problem.map(JSONText.quoted) ?? "null"
        let json = "{\"problem\":\(problem),\"server_types\":[\(types)],\"version\":\(inForce.version)}"
        return .json(Array(json.utf8))
    }

    /// A page of another site can make a browser send a form here, but not JSON.
    func requireJSON(_ request: Request) throws {
        let type = request.headers["content-type"]?.split(separator: ";").first.map { $0.lowercased() }
        guard type == "application/json" else {
            throw Problem(415, "Send JSON, with Content-Type: application/json.")
        }
    }

    // MARK: Who asks

    /// Nginx names each request; the command line names its own.
    func id(of request: Request) throws -> String {
        guard let id = request.id else {
            throw Problem(400, "The request has no X-Request-Id: it must come through nginx or the sprout command.")
        }
        return id
    }

    func actor(_ request: Request) -> String {
        guard let address = request.headers["x-real-ip"] else { return "the command line" }
        return "\(address) through sprout-web"
    }
}

/// `GET /api/hosts`, rendered once per change: the newest event's id tells whether there was one.
actor HostListing {
    private let store: Store
    private var rendered: [String: [UInt8]] = [:]
    private var version: Int64 = -1

    init(_ store: Store) {
        self.store = store
    }

    func respond(to request: Request) async throws -> Response {
        let limit = try Paging.limit(request)
        let after = request.query["after"]
        let filter = try HostFilter(request)
        // What is filtered is asked for by one person at a time: it is not kept.
        guard filter.isEmpty else { return try .json(try await store.hosts(limit: limit, after: after, filter)) }
        let key = "\(limit) \(after ?? "")"
        let newest = try await store.newestEventID()
        if newest != version { (rendered, version) = ([:], newest) }
        if let body = rendered[key] { return .json(body) }
        let body = try JSON.encode(try await store.hosts(limit: limit, after: after))
        if version == newest, rendered.count < 8 { rendered[key] = body }
        return .json(body)
    }
}
