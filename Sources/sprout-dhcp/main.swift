// sprout-dhcp tells machines that netboot where to find sprout-boot, beside the router that gives them their address.

import Control
import HTTP
import Linux
import Store
import Systemd

daemon { reactor, termination in
    let surroundings = Surroundings()
    var sockets = ListenSockets()
    let observations = Observations(socket: surroundings.observeSocket, reactor)
    let desk = ProxyDesk(
        ProxyPolicy(httpPort: surroundings.httpPort), try Store(path: surroundings.database),
        report: observations.report)
    let proxy = try ProxyDHCP(claiming: &sockets, desk, reactor)
    let health = Health("sprout-dhcp", proxy.check)
    observations.report(.started("sprout-dhcp"))

    try await run(
        Server(on: sockets.claim("http"), reactor, Routes(.get("/health", health.respond)), onFailure: report),
        proxy, observations, Watchdog(reactor, check: health.check), termination)
}
