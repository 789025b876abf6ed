import Control
import Linux

/// Tells whoever follows the events that there is news of installers: at most twice in a second, however many there are.
///
/// Nothing has happened by it that the keepers have to look for.
struct ProgressBell: Service {
    private let heard = Feed()
    private let reel: EventReel
    private let reactor: Reactor

    init(_ desk: Desk, _ reactor: Reactor) { (reel, self.reactor) = (desk.reel, reactor) }

    func ring() async { await heard.ring() }

    func run() async throws {
        for await _ in await heard.rings() {
            await reel.feed.ring()
            try await reactor.sleep(for: .milliseconds(500))
        }
        try Task.checkCancellation()
    }
}
