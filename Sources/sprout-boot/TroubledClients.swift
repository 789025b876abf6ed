import Linux

/// The clients whose last download stalled or failed, by their addresses, for as long as one boot attempt follows another.
///
/// A path that loses large packets, or a ROM that takes no windows, gets the smallest terms there are the next time.
struct TroubledClients: Sendable {
    typealias Instant = Reactor.Deadline

    static let memory = Duration.seconds(300)
    private static let most = 4096

    private var since: [UInt32: Instant] = [:]

    var count: Int { since.count }

    func contains(_ client: Endpoint, at now: Instant) -> Bool {
        since[client.address].map { now < $0 + Self.memory } ?? false
    }

    /// A flood of invented addresses costs the others their caution, not us our memory.
    mutating func note(_ client: Endpoint, at now: Instant) {
        if since.count >= Self.most { since = since.filter { now < $0.value + Self.memory } }
        if since.count >= Self.most { since = [:] }
        since[client.address] = now
    }
}
