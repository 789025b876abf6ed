/// Why a message is not answered as it wishes: a status and a sentence.
public struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
    public let status: Int
    public let reason: String

    public init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    public var description: String { reason }
}

/// How much of a client's bytes and time a server spends.
public struct Limits: Sendable {
    public var head = 16 << 10
    public var target = 8 << 10
    public var headerCount = 100
    public var body = 1 << 20
    public var connections = 2000
    public var headTime = Duration.seconds(10)
    public var bodyTime = Duration.seconds(30)
    public var idleTime = Duration.seconds(75)
    public var writeTime = Duration.seconds(30)

    public init() {}
}

/// The part of HTTP/1.1 (RFC 9112) that requests and responses share: lines ended by CRLF, and header fields.
///
/// Strict where two readers could understand a message differently: no folding, no bare CR or LF, no NUL.
enum HeadParser {
    /// The lines of a head without their ends, and the bytes it takes; nil when it is not complete yet.
    static func lines(
        of bytes: Span<UInt8>, limits: Limits
    ) throws(Refusal) -> (lines: [Range<Int>], length: Int)? {
        var lines: [Range<Int>] = []
        var start = 0
        for index in bytes.indices {
            guard index < limits.head else { throw Refusal(431, "The head is longer than \(limits.head) bytes.") }
            switch bytes[index] {
            case 0: throw Refusal(400, "The head contains a NUL byte.")
            case carriageReturn:
                guard index + 1 < bytes.count else { return nil }
                guard bytes[index + 1] == lineFeed else { throw Refusal(400, "The head contains a bare CR.") }
            case lineFeed:
                guard index > start, bytes[index - 1] == carriageReturn else {
                    throw Refusal(400, "The head contains a bare LF.")
                }
                if index - 1 == start { return (lines, index + 1) }
                lines.append(start..<index - 1)
                guard lines.count <= limits.headerCount + 1 else {
                    throw Refusal(431, "There are more than \(limits.headerCount) header fields.")
                }
                start = index + 1
            default: break
            }
        }
        return nil
    }

    static func headers(
        of bytes: Span<UInt8>, _ lines: ArraySlice<Range<Int>>
    ) throws(Refusal) -> Headers {
        var headers = Headers()
        for line in lines {
            var colon = line.lowerBound
            while colon < line.upperBound, isTokenCharacter(bytes[colon]) { colon += 1 }
            guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == UInt8(ascii: ":") else {
                throw Refusal(400, "A header field has no proper name.")
            }
            var value = colon + 1..<line.upperBound
            while let first = value.first, isBlank(bytes[first]) { value.removeFirst() }
            while let last = value.last, isBlank(bytes[last]) { value.removeLast() }
            for index in value where bytes[index] < 32 && bytes[index] != 9 || bytes[index] == 127 {
                throw Refusal(400, "A header field contains a control character.")
            }
            headers.addParsed(
                text(bytes, line.lowerBound..<colon).lowercased(), text(bytes, value))
        }
        return headers
    }

    /// The body's length; nil where the message does not say, which in a request means no body.
    static func contentLength(_ headers: Headers) throws(Refusal) -> Int? {
        let values = headers.all("content-length")
        guard let value = values.first else { return nil }
        guard values.count == 1 else { throw Refusal(400, "There are two Content-Length fields.") }
        guard (1...15).contains(value.utf8.count), value.utf8.allSatisfy(isDigit), let length = Int(value) else {
            throw Refusal(400, "Content-Length is not a number of 1 to 15 digits.")
        }
        return length
    }

    static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        String(unsafeUninitializedCapacity: range.count) { buffer in
            for (offset, index) in range.enumerated() { buffer[offset] = bytes[index] }
            return range.count
        }
    }

    static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: tokenMarks.contains(byte)
        }
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

    private static let tokenMarks = Array("!#$%&'*+-.^_`|~".utf8)
    private static let carriageReturn: UInt8 = 13
    private static let lineFeed: UInt8 = 10
}
