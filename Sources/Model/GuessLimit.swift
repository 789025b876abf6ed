/// How often somebody may guess: a few times at once, and then after waits that double.
///
/// Each guess is charged before it is looked at, so that many at once are no way around, and a right one is given back.
public struct GuessLimit: Sendable {
    private struct Count {
        var guesses = 0
        var notBefore: Int64 = 0
        var latest: Int64 = 0
    }

    private let free: Int
    private let longestWait: Int64
    private let memory: Int64
    private let room: Int
    private var counts: [String: Count] = [:]

    /// `free` guesses are not slowed; waits grow up to `longestWait` seconds, and all is forgotten after `memory`
    /// seconds without a guess.
    public init(free: Int, longestWait: Int64, memory: Int64 = 3600, room: Int = 10_000) {
        self.free = free
        self.longestWait = longestWait
        self.memory = memory
        self.room = room
    }

    /// The milliseconds until this one may guess again; 0 if it may now.
    public func wait(_ guesser: String, at now: Int64) -> Int64 {
        guard let count = counts[guesser], now - count.latest < memory * 1000 else { return 0 }
        return max(0, count.notBefore - now)
    }

    public mutating func charge(_ guesser: String, at now: Int64) {
        var count = counts[guesser] ?? Count()
        if now - count.latest >= memory * 1000 { count = Count() }
        count.guesses += 1
        count.latest = now
        let excess = count.guesses - free
        if excess >= 0 { count.notBefore = now + min(longestWait, 1 << min(excess, 30)) * 1000 }
        if counts[guesser] == nil, counts.count >= room { makeRoom(at: now) }
        counts[guesser] = count
    }

    /// Takes back one charge, which was no guess; what was guessed before still counts.
    public mutating func giveBack(_ guesser: String) {
        counts[guesser]?.guesses -= 1
        counts[guesser]?.notBefore = 0
    }

    public mutating func forgive(_ guesser: String) { counts[guesser] = nil }

    /// Anybody can pretend to be many: what is remembered of them is bounded, and the oldest goes first.
    private mutating func makeRoom(at now: Int64) {
        counts = counts.filter { now - $0.value.latest < memory * 1000 }
        guard counts.count >= room else { return }
        for (guesser, _) in counts.sorted(by: { $0.value.latest < $1.value.latest }).prefix(room / 10 + 1) {
            counts[guesser] = nil
        }
    }
}
