// sprout-metadata gives installers their answers and takes their reports.

import Control
import HTTP
import Linux
import Store
import Systemd

daemon { reactor, termination in
    let surroundings = Surroundings()
    var sockets = ListenSockets()
    let store = try Store(path: surroundings.database)
    let health = Health("sprout-metadata") { "\(try await store.hostCount()) hosts known" }
    let observations = Observations(socket: surroundings.observeSocket, reactor)
    observations.report(.started("sprout-metadata"))
    let installers = Installers(
        store: store, orchestrator: Orchestrator(socket: surroundings.installSocket, reactor))
    let metrics = DaemonMetrics("sprout-metadata")
    let routes = Routes(
        .get("/health", health.respond), .get("/metrics", metrics.respond), others: installers.routes)

    try await run(
        Server(on: sockets.claim("http"), reactor, routes, counting: metrics.traffic, onFailure: report),
        observations, Watchdog(reactor, check: health.check), termination)
}
