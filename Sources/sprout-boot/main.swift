// sprout-boot gives machines that netboot their first program and their script.

import Control
import HTTP
import Images
import Linux
import Recipes
import Store
import Systemd

daemon { reactor, termination in
    let surroundings = Surroundings()
    var sockets = ListenSockets()
    let store = try Store(path: surroundings.database)
    let observations = Observations(socket: surroundings.observeSocket, reactor)
    observations.report(.started("sprout-boot"))

    let orchestrator = Orchestrator(socket: surroundings.installSocket, reactor)
    let scripts = BootScripts(store: store, orchestrator: orchestrator, report: observations.report)
    let installer = InstallerFiles(
        store: store, folder: ImageFolder(surroundings.images), report: observations.report)
    let files = BootFiles(made: ["autoexec.ipxe": autoexec(httpPort: surroundings.httpPort)])
    let netboot = try Netboot(claiming: &sockets, files, store, reactor, report: observations.report)
    let health = Health("sprout-boot") { try await netboot.check() }
    let metrics = DaemonMetrics("sprout-boot") { await netboot.measurements }
    let routes = Routes(
        .get("/health", health.respond), .get("/metrics", metrics.respond),
        others: bootRoutes(scripts, installer, files))

    try await run(
        Server(on: sockets.claim("http"), reactor, routes, counting: metrics.traffic, onFailure: report),
        netboot, observations, Watchdog(reactor, check: health.check), termination)
}
