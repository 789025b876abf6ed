// sprout-fetch fetches what is at an address of the Internet: it has nothing else, and knows nothing.

import Control
import Fetch
import HTTP
import Linux
import Systemd

daemon { reactor, termination in
    var sockets = ListenSockets()
    // Addresses of this machine that may be fetched from all the same, with commas between them: for tests.
    let besides = (Environment["SPROUT_FETCH_BESIDES"] ?? "").split(separator: ",").map { String($0) }
    let contents = Contents(worker: try Worker(), reactor: reactor, reach: .otherMachines(besides: Set(besides)))
    // Only the orchestrator asks, a few things at a time.
    var limits = Limits()
    limits.connections = 32
    let health = Health("sprout-fetch") { "ready to fetch" }
    let metrics = DaemonMetrics("sprout-fetch")
    let routes = Routes(
        .get("/health", health.respond), .get("/metrics", metrics.respond), .get("/content", contents.respond))

    try await run(
        Server(
            on: sockets.claim("http"), reactor, routes, limits: limits, counting: metrics.traffic, onFailure: report),
        Watchdog(reactor, check: health.check), termination)
}
