import Control
import Ledger
import Linux
import Model
import Store
import Systemd

/// Ends what has run out of time.
///
/// Deadlines are rows: nothing is forgotten when this process is restarted.
struct DeadlineKeeper: Service {
    private let desk: Desk
    private let reactor: Reactor

    init(_ desk: Desk, _ reactor: Reactor) {
        self.desk = desk
        self.reactor = reactor
    }

    func run() async throws {
        for await _ in await desk.feed.rings() {
            let late = try await desk.ledger.passDeadlines(by: .init(actor: "sprout-orchestrator"))
            for host in late {
                Journal.log(
                    .warning, "\(host) ran out of time", ["SPROUT_HOST": host], id: .deadlinePassed)
            }
            if !late.isEmpty { await desk.feed.ring() }
            try await ringAtNextDeadline()
        }
    }

    /// The heartbeat rings often enough for deadlines of minutes; one that is nearer is waited for.
    private func ringAtNextDeadline() async throws {
        guard let next = try await desk.ledger.nextDeadline() else { return }
        let milliseconds = next.milliseconds - WallClock.milliseconds()
        guard (0..<15_000).contains(milliseconds) else { return }
        try await reactor.sleep(for: .milliseconds(milliseconds + 1))
        await desk.feed.ring()
    }
}

/// Keeps the database's log short while nobody writes, and forgets what installers told long ago.
struct Tidying: Service {
    private let ledger: Ledger
    private let reactor: Reactor

    init(_ ledger: Ledger, _ reactor: Reactor) {
        self.ledger = ledger
        self.reactor = reactor
    }

    func run() async throws {
        while true {
            try await reactor.sleep(for: .seconds(60))
            try await ledger.tidy()
            // They are readable for a week after the end: who comes back from a holiday still finds why.
            try await ledger.forgetInstallerLogs(endedBefore: .now() + .seconds(-7 * 86_400))
        }
    }
}

/// Reads every image once a day: a disk that goes bad is told of before a machine is installed from it.
///
/// It also clears away what was never sent to its end.
struct ImageChecks: Service {
    private let images: ImageKeeper
    private let store: Store
    private let reactor: Reactor

    init(_ images: ImageKeeper, _ store: Store, _ reactor: Reactor) {
        (self.images, self.store, self.reactor) = (images, store, reactor)
    }

    func run() async throws {
        while true {
            await images.forgetAbandoned(at: .now())
            for image in try await store.images() where image.isCheckDue(at: .now()) {
                do {
                    _ = try await images.check(image, inHaste: false, by: .init(actor: "sprout-orchestrator"))
                } catch let error where !(error is CancellationError) {
                    Journal.log(.warning, "\(image.id) cannot be checked: \(error)")
                }
            }
            try await reactor.sleep(for: .seconds(3600))
        }
    }
}
