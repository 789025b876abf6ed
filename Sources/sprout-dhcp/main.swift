// sprout-dhcp tells machines that netboot where to find sprout-boot: beside the router that gives them their address,
// or with an address of its own.

import Control
import HTTP
import Linux
import Store
import Systemd

daemon { reactor, termination in
    let surroundings = Surroundings()
    var sockets = ListenSockets()
    let observations = Observations(socket: surroundings.observeSocket, reactor)
    let store = try Store(path: surroundings.database)
    let desk = ProxyDesk(ProxyPolicy(httpPort: surroundings.httpPort), store, report: observations.report)
    let proxy = try ProxyDHCP(
        claiming: &sockets, desk, store, LeaseRegister(socket: surroundings.leaseSocket, reactor), reactor,
        report: observations.report)
    let health = Health("sprout-dhcp", proxy.check)
    let metrics = DaemonMetrics("sprout-dhcp") { await proxy.measurements }
    let routes = Routes(.get("/health", health.respond), .get("/metrics", metrics.respond))
    observations.report(.started("sprout-dhcp"))

    try await run(
        Server(on: sockets.claim("http"), reactor, routes, counting: metrics.traffic, onFailure: report),
        proxy, observations, Watchdog(reactor, check: health.check), termination)
}
