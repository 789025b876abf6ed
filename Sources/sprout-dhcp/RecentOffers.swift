import Linux
import Model

/// What one machine was offered in the last minute.
struct RecentOffers: Sendable {
    /// How many other times it asked for its first program; repeated questions of one attempt count once.
    var otherAttempts = 0
    /// Whether it had time to load the program that it was offered.
    var wasGivenProgram = false

    /// More than any firmware makes by itself: it loads something that leads it back here.
    var isLooping: Bool { otherAttempts >= 5 }
}

/// What all machines were offered in the last minute.
struct OfferLog: Sendable {
    typealias Instant = Reactor.Deadline

    private var machines: [MACAddress: Offers] = [:]

    func recent(_ mac: MACAddress, transaction: UInt32, now: Instant) -> RecentOffers {
        guard let offers = machines[mac] else { return RecentOffers() }
        let others = offers.attempts.filter { $0.transaction != transaction && now - $0.began < Self.memory }
        let age = offers.program.map { now - $0 } ?? Self.memory
        return RecentOffers(otherAttempts: others.count, wasGivenProgram: (Self.repetition..<Self.memory).contains(age))
    }

    /// The transaction is that of an attempt's first question; nil if this answers a later one of the attempt.
    mutating func note(_ gift: Reply.Gift, for mac: MACAddress, transaction: UInt32?, now: Instant) {
        if case .script = gift { return }
        if machines.count >= Self.mostMachines { forgetOld(now) }
        machines[mac, default: Offers()].note(gift, transaction, now)
    }

    /// A flood of invented addresses costs the others their history, not us our memory.
    private mutating func forgetOld(_ now: Instant) {
        machines = machines.filter { $0.value.isFresh(now) }
        if machines.count >= Self.mostMachines { machines = [:] }
    }

    private struct Offers: Sendable {
        var attempts: [(transaction: UInt32, began: Instant)] = []
        /// When it was first offered the program that it may be loading now.
        var program: Instant?

        mutating func note(_ gift: Reply.Gift, _ transaction: UInt32?, _ now: Instant) {
            attempts.removeAll { now - $0.began >= memory }
            if let transaction, !attempts.contains(where: { $0.transaction == transaction }) {
                attempts.append((transaction, now))
            }
            guard gift.isProgram else { return }
            if let program, now - program < memory { return }
            program = now
        }

        func isFresh(_ now: Instant) -> Bool {
            (attempts.map(\.began) + [program].compactMap(\.self)).contains { now - $0 < memory }
        }
    }

    private static let memory = Duration.seconds(60)
    /// A program is not loaded and started sooner: until then the machine only repeats its question.
    private static let repetition = Duration.seconds(5)
    private static let mostMachines = 1000
}
