// sprout-boot gives machines that netboot their first program and their script.

import Control
import HTTP
import Linux
import Store
import Systemd

daemon { reactor, termination in
    let surroundings = Surroundings()
    var sockets = ListenSockets()
    let store = try Store(path: surroundings.database)
    let health = Health("sprout-boot") { "\(try await store.stateCounts().values.reduce(0, +)) hosts known" }
    let observations = Observations(socket: surroundings.observeSocket, reactor)
    observations.report(.started("sprout-boot"))

    let scripts = BootScripts(store: store, report: observations.report)
    let routes = Routes(
        .get("/health", health.respond),
        .get("/ipxe/:mac", scripts.script),
        .get("/ipxe/:mac/report", scripts.takeReport)
    )

    try await run(
        Server(on: sockets.claim("http"), reactor, routes, onFailure: report),
        observations, Watchdog(reactor, check: health.check), termination)
}
