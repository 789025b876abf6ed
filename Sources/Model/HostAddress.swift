/// A host's own IPv4 address together with the size of its network, such as 10.20.0.13/24.
public struct HostAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address, as the number that it is on the wire.
    public let number: UInt32
    public let prefixLength: Int

    /// The size is never left out: the installer takes an address without it for a network of its own.
    public init(_ text: String) throws(AnswerProblem) {
        func refuse(_ why: String) -> AnswerProblem { AnswerProblem("address", text, why) }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap(DottedQuad.number), parts.count <= 2 else {
            throw refuse("is no IPv4 address with the size of its network: write it as 10.20.0.13/24.")
        }
        guard parts.count == 2, let length = Int(parts[1]), String(length) == parts[1], (8...30).contains(length) else {
            throw refuse("has no size of a network after it, from /8 to /30: write it as \(parts[0])/24.")
        }
        let hosts = ~UInt32(0) >> UInt32(length)
        guard address & hosts != 0, address & hosts != hosts else {
            throw refuse("is the first or the last address of its network, which no host can have: take one between.")
        }
        number = address
        prefixLength = length
    }

    public var address: String { DottedQuad.text(number) }
    public var description: String { "\(address)/\(prefixLength)" }

    /// Whether a host at this other address is reached without a router.
    public func isNeighbour(of other: UInt32) -> Bool { (number ^ other) >> UInt32(32 - prefixLength) == 0 }
}

/// IPv4 addresses as four decimal numbers.
public enum DottedQuad {
    /// Reads four decimal numbers; `010` is refused, because some programs take it for octal.
    public static func number(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part), String(byte) == part else { return nil }
            number = number << 8 | UInt32(byte)
        }
        return number
    }

    public static func text(_ number: UInt32) -> String {
        [24, 16, 8, 0].map { String(number >> $0 & 0xFF) }.joined(separator: ".")
    }
}
