/// The address of a network interface, as six bytes in the low bits of a number.
public struct MACAddress: Hashable, Sendable, Codable, CustomStringConvertible {
    public let bits: UInt64

    /// Why a text is not the address of one machine's interface.
    public struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
        public let text: String
        public let reason: String
        public var description: String { "\"\(text)\" is not a MAC address: \(reason)" }
    }

    /// Reads the spellings in use: `52:54:00:ab:cd:ef`, with `-`, as `5254.00ab.cdef`, or bare, in any case.
    ///
    /// Multicast addresses belong to no machine. Locally administered ones are fine: virtual machines have them.
    public init(_ text: String) throws(Malformed) {
        let trimmed = text.trimmedOfSpaces
        let separators = trimmed.filter { !$0.isHexDigit }
        let groups = trimmed.split(whereSeparator: { !$0.isHexDigit }).map(\.count)
        let isShaped =
            switch separators.first {
            case ":", "-": groups == [2, 2, 2, 2, 2, 2] && separators.count == 5
            case ".": groups == [4, 4, 4] && separators.count == 2
            case nil: groups == [12]
            default: false
            }
        let digits = trimmed.filter(\.isHexDigit)
        guard isShaped, Set(separators).count <= 1, digits.utf8.count == 12, let bits = UInt64(digits, radix: 16) else {
            throw Malformed(text: text, reason: "write six pairs of hexadecimal digits, such as 52:54:00:12:34:56.")
        }
        guard bits != 0 else { throw Malformed(text: text, reason: "all its digits are zero.") }
        guard bits >> 40 & 1 == 0 else {
            throw Malformed(text: text, reason: "it is a multicast address, which no machine has as its own.")
        }
        self.bits = bits
    }

    /// The address that six bytes are, unless it is no machine's.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 6 else { return nil }
        let bits = bytes.reduce(0) { $0 << 8 | UInt64($1) }
        guard bits != 0, bits >> 40 & 1 == 0 else { return nil }
        self.bits = bits
    }

    public var description: String {
        let digits = String(bits, radix: 16)
        let padded = String(repeating: "0", count: 12 - digits.count) + digits
        let pairs = stride(from: 0, to: 12, by: 2).map { padded.dropFirst($0).prefix(2) }
        return pairs.joined(separator: ":")
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            self = try MACAddress(try container.decode(String.self))
        } catch let error as Malformed {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension String {
    public var trimmedOfSpaces: String {
        // Most text has none: what is read by the thousand is not copied twice.
        guard first?.isWhitespace == true || last?.isWhitespace == true else { return self }
        let start = drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}
