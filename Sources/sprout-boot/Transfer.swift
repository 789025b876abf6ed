import Linux
import Wire

/// One download as a machine of states: packets and the clock go in, packets and a deadline come out.
///
/// Only time makes it send again, never an acknowledgement that came twice: two sides that answered each other's
/// duplicates would send everything twice until the end.
struct Transfer: Sendable {
    typealias Instant = Reactor.Deadline

    enum Outcome: Equatable, Sendable {
        /// Some clients never acknowledge the last block, which is no fault.
        case finished(isConfirmed: Bool)
        /// The client wanted to know the size, and ended with an error as soon as it did: EDK2 and Intel's ROMs.
        case probed
        case failed(String)
    }

    struct Step: Equatable, Sendable {
        var packets: [TFTPPacket] = []
        var outcome: Outcome?

        static func failed(_ reason: String) -> Step { Step(outcome: .failed(reason)) }
    }

    static let longestInterval = Duration.seconds(8)
    static let longestSilence = Duration.seconds(30)
    static let mostTries = 5
    /// A client that has all blocks may be gone: it is not called for as long.
    static let mostTriesAtTheEnd = 3

    let terms: Terms
    private(set) var retransmissions = 0
    private(set) var deadline: Instant

    let lastBlock: Int
    let isCautious: Bool
    /// Blocks are counted from 1 and go on counting where their number on the wire begins anew.
    private(set) var acknowledged = 0
    /// How long the client takes to acknowledge, over its last answers.
    private(set) var roundTrip: Duration?

    private let content: [UInt8]
    private var isAgreed: Bool
    private var sent = 0
    /// The end of the window under way and when it was sent, unless a part of it was sent before: then nobody can tell
    /// which time is acknowledged (Karn's rule).
    private var timed: (block: Int, sentAt: Instant)?
    private var tries = 0
    private var interval: Duration
    private var lastProgress: Instant

    init(of content: [UInt8], options: TFTPOptions, limits: Limits = Limits(), at now: Instant) {
        self.content = content
        isCautious = limits == .cautious
        terms = Terms(asked: options, size: content.count, limits: limits)
        lastBlock = content.count / terms.blockSize + 1
        isAgreed = terms.answer.isEmpty
        interval = terms.interval
        lastProgress = now
        deadline = now
    }

    /// Whether the client has said anything since it asked.
    var isAnswered: Bool { acknowledged > 0 || (isAgreed && !terms.answer.isEmpty) }

    /// Whether it was sent again twice since the client last acknowledged something new.
    var isStalled: Bool { tries >= 2 }

    var acknowledgedBytes: Int { min(acknowledged * terms.blockSize, content.count) }

    mutating func begin(at now: Instant) -> Step {
        send(at: now)
    }

    mutating func received(_ packet: TFTPPacket, at now: Instant) -> Step {
        switch packet {
        case .acknowledgement(let block): acknowledge(block, at: now)
        case .error where !isAgreed: Step(outcome: .probed)
        case .error(let error): Step(outcome: .failed("the client ended it: \(error.text.prefix(100)) (\(error.code))"))
        case .data, .optionAcknowledgement, .readRequest, .writeRequest: Step()
        }
    }

    mutating func timePassed(at now: Instant) -> Step {
        guard now >= deadline else { return Step() }
        let isAtTheEnd = isAnswered && sent == lastBlock
        guard tries < (isAtTheEnd ? Self.mostTriesAtTheEnd : Self.mostTries), now < lastProgress + Self.longestSilence
        else { return Step(outcome: isAtTheEnd ? .finished(isConfirmed: false) : .failed(silence)) }
        tries += 1
        interval = min(interval * 2, Self.longestInterval)
        return send(at: now)
    }

    private var silence: String {
        isAnswered ? "the client fell silent after block \(acknowledged) of \(lastBlock)" : "the client never answered"
    }

    private mutating func acknowledge(_ block: UInt16, at now: Instant) -> Step {
        // The number on the wire can stand for one block only: far fewer than 65536 are under way.
        let position = acknowledged + Int(block &- UInt16(truncatingIfNeeded: acknowledged))
        guard position <= sent, position > acknowledged || !isAgreed else { return Step() }
        isAgreed = true
        acknowledged = position
        if let timed, timed.block == position { measured(timed.sentAt.duration(to: now)) }
        guard acknowledged < lastBlock else { return Step(outcome: .finished(isConfirmed: true)) }
        tries = 0
        interval = terms.interval
        lastProgress = now
        return send(at: now)
    }

    /// Sends what the client is to answer: the accepted options, or the window behind the block it has.
    private mutating func send(at now: Instant) -> Step {
        deadline = min(now + interval, lastProgress + Self.longestSilence)
        guard isAgreed else {
            retransmissions += tries > 0 ? 1 : 0
            return Step(packets: [.optionAcknowledgement(terms.answer)])
        }
        let window = acknowledged + 1...min(acknowledged + terms.windowSize, lastBlock)
        retransmissions += max(0, min(sent, window.upperBound) - acknowledged)
        timed = sent == acknowledged ? (window.upperBound, now) : nil
        sent = max(sent, window.upperBound)
        return Step(packets: window.map(data))
    }

    /// Weighs a new time against the earlier ones as TCP does (RFC 6298).
    private mutating func measured(_ time: Duration) {
        roundTrip = roundTrip.map { ($0 * 7 + time) / 8 } ?? time
    }

    private func data(_ block: Int) -> TFTPPacket {
        let start = (block - 1) * terms.blockSize
        let bytes = content[start..<min(start + terms.blockSize, content.count)]
        return .data(block: UInt16(truncatingIfNeeded: block), bytes: bytes)
    }
}

extension Transfer {
    /// The most that a client is granted.
    struct Limits: Equatable, Sendable {
        /// With its headers this fills 1500 bytes: many ROMs cannot put fragments together.
        var block = 1468
        var window = 16

        /// For a client whose last download stalled or failed: what TFTP is without options.
        static let cautious = Limits(block: 512, window: 1)

        /// What the environment says of the largest block; a path through a VLAN or a tunnel has less room than a LAN.
        static func configured(_ text: String? = Environment[setting]) throws(Unusable) -> Limits {
            guard let text else { return Limits() }
            guard let block = Int(text), 512...65464 ~= block else { throw Unusable(text: text) }
            return Limits(block: block)
        }

        private static let setting = "SPROUT_TFTP_BLOCK"

        struct Unusable: Error, CustomStringConvertible {
            let text: String
            var description: String {
                "\(setting) is \"\(text)\", but a TFTP block has 512 to 65464 bytes: give such a number,"
                    + " or remove the setting for blocks of 1468"
            }
        }
    }

    /// What a client is granted of what it asked for.
    struct Terms: Equatable, Sendable {
        let blockSize: Int
        let windowSize: Int
        let interval: Duration
        /// Empty where no option was asked for, or none that we know: then the first block is the answer.
        let answer: TFTPOptions

        init(asked: TFTPOptions, size: Int, limits: Limits = Limits()) {
            blockSize = asked.blockSize.map { min($0, limits.block) } ?? 512
            windowSize = asked.windowSize.map { min($0, limits.window) } ?? 1
            // It must be granted as it is or not at all (RFC 2349), and we never wait for longer than this.
            let timeout = asked.timeout.flatMap { Transfer.longestInterval >= .seconds($0) ? $0 : nil }
            interval = .seconds(timeout ?? 1)
            answer = TFTPOptions(
                blockSize: asked.blockSize.map { [blockSize] _ in blockSize },
                transferSize: asked.transferSize.map { _ in size }, timeout: timeout,
                windowSize: asked.windowSize.map { [windowSize] _ in windowSize })
        }
    }
}
