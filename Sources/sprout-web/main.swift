// sprout-web serves the dashboard and the API: it reads the database, and passes what changes it to the orchestrator.

import Control
import HTTP
import Linux
import Store
import Systemd

daemon { reactor, termination in
    let surroundings = Surroundings()
    var sockets = ListenSockets()
    let store = try Store(path: surroundings.database)
    let orchestrator = Orchestrator(socket: surroundings.commandSocket, reactor)
    let feed = Feed()
    let usual = UsualTimesKeeper(store)
    let reel = EventReel(store, feed) { try JSON.encode(try await LiveEvent($0, store, try await usual.times())) }
    let wallReel = EventReel(store, feed) {
        try JSON.encode(WallEvent(try await LiveEvent($0, store, try await usual.times())))
    }
    let tally = OperationTally(store, feed)
    let metrics = MetricsPage(store, tally, surroundings, reactor)
    let site = Site(
        store: store, orchestrator: orchestrator, reel: reel, wallReel: wallReel, metrics: metrics, usual: usual)
    let health = Health("sprout-web") { "\(try await store.hostCount()) hosts shown" }
    let observations = Observations(socket: surroundings.observeSocket, reactor)
    observations.report(.started("sprout-web"))
    let box = Doorkeeper(.box, store, feed, reactor, report: observations.report)
    let front = Doorkeeper(.front, store, feed, reactor, report: observations.report)

    try await run(
        Server(
            on: sockets.claim("http"), reactor, site.routes(health, box), counting: metrics.own.traffic,
            onFailure: report),
        Server(
            on: sockets.claim("front"), reactor, site.routes(health, front), counting: metrics.own.traffic,
            onFailure: report),
        Follower(orchestrator.events(), feed, reactor), Heartbeat(feed, reactor), reel, wallReel, tally, observations,
        Watchdog(reactor, check: health.check), termination)
}
