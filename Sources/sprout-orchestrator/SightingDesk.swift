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
            if try await desk.ledger.note(batch) { await desk.feed.ring() }
            if lost > 0 {
                Journal.log(.warning, "\(lost) observations came too fast and were not kept")
                lost = 0
            }
        }
        try Task.checkCancellation()
    }

    private static let mostWaiting = 1000
    private static let pause = Duration.milliseconds(20)
}
