import Linux

/// Bytes that a command wrote, as they arrived.
public struct Output: Equatable, Sendable {
    public enum Stream: CInt, CaseIterable, Sendable {
        case output = 0
        case errors = 1
    }

    public let stream: Stream
    public let bytes: [UInt8]
}

/// How a command ended on the other machine.
public enum End: Equatable, Sendable, CustomStringConvertible {
    case exited(Int)
    /// `signal` is its name without SIG.
    case killed(signal: String)

    public var description: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .killed(let signal): "was ended by the signal \(signal)"
        }
    }
}

/// A command that ended: how, and the last mebibyte of what it wrote to each of its two streams.
public struct Outcome: Equatable, Sendable {
    public let end: End
    public let output: [UInt8]
    public let errors: [UInt8]
    /// Whether it wrote more than is kept.
    public let isCut: Bool

    public var hasSucceeded: Bool { end == .exited(0) }
    public var text: String { String(decoding: output, as: UTF8.self) }
}

/// What was heard of a command so far, and how long it is waited for.
struct Transcript {
    private var output = Tail()
    private var errors = Tail()
    private var latest = Output.Stream.output
    private var heard = Reactor.Deadline.now
    private let begin = Reactor.Deadline.now
    let limit: Duration
    let silence: Duration

    init(limit: Duration, silence: Duration) {
        (self.limit, self.silence) = (limit, silence)
    }

    var deadline: Reactor.Deadline { min(begin + limit, heard + silence) }
    var isTooLong: Bool { .now >= begin + limit }

    mutating func add(_ chunk: Output) {
        (heard, latest) = (.now, chunk.stream)
        if chunk.stream == .output { output.add(chunk.bytes) } else { errors.add(chunk.bytes) }
    }

    func outcome(_ end: End) -> Outcome {
        Outcome(end: end, output: output.kept, errors: errors.kept, isCut: output.isCut || errors.isCut)
    }

    /// The last line that says something, for a sentence.
    var lastLine: String? {
        let bytes = (latest == .output ? output : errors).kept.suffix(1000)
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(\.printable)
        return lines.last { !$0.allSatisfy(\.isWhitespace) }.map { String($0.suffix(200)) }
    }
}

/// The last mebibyte of what is added.
private struct Tail {
    private static let most = 1 << 20
    private var bytes: [UInt8] = []
    private(set) var isCut = false

    mutating func add(_ more: [UInt8]) {
        bytes += more
        guard bytes.count > Self.most else { return }
        isCut = true
        // Not each time, since all that is kept moves.
        if bytes.count > Self.most + Self.most / 4 { bytes.removeFirst(bytes.count - Self.most) }
    }

    var kept: [UInt8] { Array(bytes.suffix(Self.most)) }
}

extension Substring {
    fileprivate var printable: String { String(self).printable }
}
