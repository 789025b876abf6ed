import Linux
import Wire

/// Whether another DHCP server is there: two in one network give machines the same addresses.
struct ServerWatch: Sendable {
    typealias Instant = Reactor.Deadline

    enum State: Equatable, Sendable {
        /// It is not known yet.
        case looking
        case clear
        case occupied
    }

    private(set) var state = State.looking
    private var lastHeard: Instant?
    private var server: IPv4Address?
    /// The one that is in the way, as it was named.
    private var name: String?

    mutating func heard(_ server: IPv4Address, at now: Instant) {
        if state != .occupied { (self.server, name) = (server, nil) }
        (state, lastHeard) = (.occupied, now)
    }

    /// Takes the name of the server that is in the way; true if it had none.
    mutating func name(_ server: IPv4Address, _ name: String) -> Bool {
        guard state == .occupied, server == self.server, self.name == nil else { return false }
        self.name = name
        return true
    }

    /// A search is over that began at a moment; true if nobody is in the way any more.
    mutating func looked(since began: Instant) -> Bool {
        guard state != .clear, lastHeard.map({ $0 < began }) ?? true else { return false }
        self = ServerWatch()
        state = .clear
        return true
    }

    /// Why nobody is answered, as a sentence, or nil.
    var silence: String? {
        switch state {
        case .looking: "it looks for other DHCP servers first"
        case .clear: nil
        case .occupied: "\(name ?? server.map { "\($0)" } ?? "another server") gives them out too"
        }
    }
}
