import Control
import Linux
import Store

@testable import sprout_web

extension Site {
    /// The site as it is without an orchestrator: nobody answers its commands.
    static func alone(_ store: Store) throws -> Site {
        let (feed, reactor) = (Feed(), try Reactor())
        let metrics = MetricsPage(store, OperationTally(store, feed), Surroundings(), reactor)
        return Site(
            store: store, orchestrator: Orchestrator(socket: "none", reactor), reel: EventReel(store, feed),
            wallReel: EventReel(store, feed), metrics: metrics, usual: UsualTimesKeeper(store))
    }
}
