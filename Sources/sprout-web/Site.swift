import Control
import HTTP
import Model
import Store

/// Everything sprout-web serves.
struct Site: Sendable {
    let store: Store
    let orchestrator: Orchestrator
    let listing: HostListing
    let reel: EventReel
    let wallReel: EventReel
    let metrics: MetricsPage
    let usual: UsualTimesKeeper

    init(
        store: Store, orchestrator: Orchestrator, reel: EventReel, wallReel: EventReel, metrics: MetricsPage,
        usual: UsualTimesKeeper
    ) {
        self.store = store
        self.orchestrator = orchestrator
        self.reel = reel
        self.wallReel = wallReel
        self.metrics = metrics
        listing = HostListing(store)
        self.usual = usual
    }

    /// The same site behind one of its doors.
    func routes(_ health: Health, _ doorkeeper: Doorkeeper) -> Routes {
        Routes(others: guardedRoutes(health).map { $0.behind(doorkeeper) }, presenting: Self.present)
    }

    func guardedRoutes(_ health: Health) -> [GuardedRoute] {
        hostPages(health) + pages + access + api + timelineRoutes + certificateRoutes
    }

    private func hostPages(_ health: Health) -> [GuardedRoute] {
        let progress: EventStream.ProgressRendering = {
            try JSON.encode(try await store.progress($0, try await usual.times()))
        }
        let events = EventStream(store, reel, metrics.own.delays, progress: progress)
        let wallEvents = EventStream(store, wallReel, metrics.own.delays, progress: progress)
        return [
            .wall(.get("/wall", wallPage)),
            .wall(.get("/wall/events", wallEvents.respond)),
            .viewer(.get("/", dashboard)),
            .viewer(.get("/hosts") { _ in .redirect(to: "/") }),
            .operator(.post("/hosts", registerByForm)),
            .viewer(.get("/hosts/:id", hostPage)),
            .viewer(.get("/hosts/:id/remove") { .redirect(to: "/hosts/\(try await host($0).id)") }),
            .operator(.post("/hosts/:id/remove", removeByForm)),
            .operator(.get("/hosts/:id/rebuild", planPage)),
            .operator(.post("/hosts/:id/rebuild", rebuildByForm)),
            .viewer(.get("/hosts/:id/cancel") { .redirect(to: "/hosts/\(try await host($0).id)") }),
            .operator(.post("/hosts/:id/cancel", cancelByForm)),
            .viewer(.get("/hosts/:id/go-on") { .redirect(to: "/hosts/\(try await host($0).id)") }),
            .operator(.post("/hosts/:id/go-on", goOnByForm)),
            .viewer(.get("/hosts/:id/power") { .redirect(to: "/hosts/\(try await host($0).id)") }),
            .operator(.post("/hosts/:id/power", powerByForm)),
            .viewer(.get("/hosts/:id/netboot") { .redirect(to: "/hosts/\(try await host($0).id)") }),
            .operator(.post("/hosts/:id/netboot", chooseNetbootByForm)),
            .viewer(.get("/hosts/:id/boot-mac") { .redirect(to: "/hosts/\(try await host($0).id)") }),
            .operator(.post("/hosts/:id/boot-mac", correctAddressByForm)),
            .viewer(.get("/hosts/:id/tasks/:task/retry") { .redirect(to: "/hosts/\(try await host($0).id)") }),
            .operator(.post("/hosts/:id/tasks/:task/retry", retryTaskByForm)),
            .viewer(.get("/network/seen") { _ in .redirect(to: "/") }),
            .operator(.post("/network/seen", networkSeenByForm)),
            .viewer(.get("/notifications", notificationsPage)),
            .admin(.post("/notifications", testNotificationsByForm)),
            .viewer(.get("/discoveries/:mac/accept") { _ in .redirect(to: "/discoveries") }),
            .operator(.post("/discoveries/:mac/accept", acceptByForm)),
            .operator(.post("/discoveries/:mac/ignore", ignoreByForm)),
            .viewer(.get("/events", events.respond)),
            .everyone(.get("/health", health.respond)),
            .viewer(.get("/metrics", metrics.respond)),
        ]
    }

    private var access: [GuardedRoute] {
        [
            .everyone(.get("/setup", setupPage)),
            .everyone(.post("/setup", setUp)),
            .everyone(.get("/sign-in", signInPage)),
            .everyone(.post("/sign-in", signIn)),
            .viewer(.get("/account", accountPage)),
            .viewer(.post("/account", changeAccountByForm)),
            .admin(.get("/users", usersPage)),
            .admin(.post("/users", changeUsersByForm)),
            .admin(.get("/tokens", tokensPage)),
            .admin(.post("/tokens", changeTokensByForm)),
            .admin(.get("/api/setup", setupCode)),
            .viewer(.get("/api/account", account)),
            .viewer(.put("/api/account/password", changeOwnPassword)),
            .viewer(.post("/api/account/sign-out", signOutByAPI)),
            .admin(.get("/api/users", users)),
            .admin(.post("/api/users", passOnJSON)),
            .admin(.patch("/api/users/:name", passOnJSON)),
            .admin(.delete("/api/users/:name", passOnJSON)),
            .admin(.get("/api/tokens", tokens)),
            .admin(.post("/api/tokens", passOnJSON)),
            .admin(.delete("/api/tokens/:name", passOnJSON)),
        ]
    }

    private var api: [GuardedRoute] {
        [
            .viewer(.get("/api/hosts", listing.respond)),
            .operator(.post("/api/hosts", register)),
            .viewer(.get("/api/hosts/:id", showHost)),
            .operator(.patch("/api/hosts/:id", change)),
            .operator(.delete("/api/hosts/:id", remove)),
            .viewer(.get("/api/hosts/:id/answer", answerPreview)),
            .operator(.post("/api/hosts/:id/rebuild", passOnForHost)),
            .operator(.post("/api/hosts/:id/cancel", passOnForHost)),
            .operator(.post("/api/hosts/:id/go-on", passOnForHost)),
            .viewer(.get("/api/hosts/:id/inventory", inventory)),
            .viewer(.get("/api/hosts/:id/power", passOnForHost)),
            .operator(.post("/api/hosts/:id/power", passOnForHost)),
            .viewer(
                .get("/api/hosts/:id/operations") { request in
                    try .json(["operations": try await store.history(ofHost: try await host(request).id, limit: 20)])
                }),
            .viewer(.get("/api/hosts/:id/tasks", tasks)),
            .operator(.post("/api/hosts/:id/tasks/:task/retry", retryTask)),
            .viewer(
                .get("/api/hosts/:id/events") { request in
                    try .json(try await store.events(ofHost: try await host(request).id, limit: 200))
                }),
            .operator(.post("/api/cluster/check", passOnJSON)),
            .admin(.put("/api/cluster/trust", changeCluster)),
            .admin(.post("/api/cluster/key", changeCluster)),
            .viewer(.get("/api/discoveries", discoveries)),
            .operator(.post("/api/discoveries/:mac/accept", acceptDiscovery)),
            .operator(.post("/api/discoveries/:mac/ignore", ignoreDiscovery)),
            .viewer(.get("/api/images") { _ in try .json(["images": try await store.images()]) }),
            .viewer(.get("/api/images/imports", passOn)),
            .operator(.post("/api/images/downloads", passOn)),
            .operator(.delete("/api/images/downloads/:id", passOn)),
            .viewer(.get("/api/images/:id", image)),
            .operator(.delete("/api/images/:id", passOn)),
            .operator(.post("/api/images/:id/verify", passOn)),
            .operator(.post("/api/images/uploads", passOn)),
            .operator(.put("/api/images/uploads/:id", passOn)),
            .operator(.post("/api/images/uploads/:id/import", passOn)),
            .viewer(.get("/api/network", network)),
            .operator(.post("/api/network/seen", passOnJSON)),
            .viewer(.get("/api/network/boot-options", bootOptions)),
            .viewer(.get("/api/network/servers", otherServers)),
            .viewer(.get("/api/notifications", passOn)),
            .admin(.post("/api/notifications/test", passOn)),
            .admin(.get("/api/secrets", secrets)),
            .admin(.put("/api/secrets/:name", changeSecret)),
            .admin(.delete("/api/secrets/:name", changeSecret)),
            .admin(.get("/api/backups", passOn)),
            .admin(.post("/api/backups", passOnInPrivate)),
            .admin(.get("/api/backups/:name", downloadBackup)),
            .admin(.delete("/api/backups/:name", passOnJSON)),
            .admin(.put("/api/restore", passOnInPrivate)),
            .admin(.post("/api/restore", passOnInPrivate)),
            .viewer(.get("/api/box", passOn)),
            .admin(.put("/api/box/update", passOn)),
            .admin(.post("/api/box/update/check", passOnJSON)),
            .admin(.post("/api/box/update", passOnJSON)),
            .admin(.post("/api/box/restart", passOnJSON)),
            .admin(.post("/api/box/power-off", passOnJSON)),
            .admin(.post("/api/box/clock", passOnJSON)),
            .admin(.post("/api/box/factory-reset", passOnJSON)),
            .admin(.post("/api/box/seen", passOnJSON)),
            .admin(.get("/api/box/support", passOn)),
            .admin(.post("/api/box/support", passOnJSON)),
            .admin(.get("/api/box/support/file", downloadSupport)),
            .viewer(.get("/api/network/ports", passOn)),
            .viewer(.get("/api/server-types", serverTypes)),
            .admin(.get("/api/settings", passOn)),
            .admin(.patch("/api/settings", changeSettings)),
            .admin(.get("/api/settings/files/:name", passOn)),
            .admin(.put("/api/settings/files/:name", passOnJSON)),
            .viewer(.get("/api/wire", wire)),
            .viewer(.get("/api/wire/live", followWire)),
            .viewer(.get("/api/wire/:machine", wireOfMachine)),
            .operator(.post("/api/wire/:machine/trust", trustMachine)),
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

    func actor(_ request: Request) -> String { Caller.current.actor }
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
