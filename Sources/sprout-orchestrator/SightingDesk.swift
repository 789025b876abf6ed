import Control
import Ledger
import Linux
import Model
import Systemd

/// Takes what the daemons saw and keeps it, a batch at a time: a network that wakes up at once is one write.
actor SightingDesk: Service {
    private let desk: Desk
    private let reactor: Reactor
    private let (bell, ringer) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private var waiting: [Ledger.Seen] = []
    private var lost = 0

    init(_ desk: Desk, _ reactor: Reactor) {
        self.desk = desk
        self.reactor = reactor
    }

    /// Never refused, and never waited for; of a flood, what does not fit is lost.
    func take(_ seen: Ledger.Seen) {
        guard waiting.count < Self.mostWaiting else {
            lost += 1
            return
        }
        waiting.append(seen)
        ringer.yield()
    }

    func run() async throws {
        for await _ in bell {
            try await reactor.sleep(for: Self.pause)
            let batch = waiting
            waiting = []
            let noted = try await desk.ledger.note(batch)
            if noted.isNews { await desk.feed.ring() }
            keepForLater(noted.ofUnknownMachines)
            if lost > 0 {
                Journal.log(.warning, "\(lost) observations came too fast and were not kept")
                lost = 0
            }
        }
        try Task.checkCancellation()
    }

    /// Daemons tell by ways of their own: whose an address is may be heard after what was done from it.
    private func keepForLater(_ unknown: [Ledger.Seen]) {
        let now = Timestamp.now()
        let young = unknown.filter { seen in seen.sighting.map { now - $0.at < Self.patience } ?? false }
        guard !young.isEmpty else { return }
        waiting = young.suffix(Self.mostUnknown) + waiting
        ringer.yield()
    }

    private static let patience = Duration.seconds(1)
    private static let mostWaiting = 1000
    private static let mostUnknown = 50
    private static let pause = Duration.milliseconds(20)
}
