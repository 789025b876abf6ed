/// A machine's address on its link, as a DHCP message carries it: at most 16 bytes, and what kind of link they are for.
public struct HardwareAddress: Hashable, Sendable, CustomStringConvertible {
    /// The number of the link's kind (RFC 1700): 1 is Ethernet.
    public let type: UInt8
    public let bytes: [UInt8]

    public init(type: UInt8, bytes: [UInt8]) {
        precondition(bytes.count <= Self.longest, "a DHCP message has no room for a longer hardware address")
        self.type = type
        self.bytes = bytes
    }

    /// Pairs of hexadecimal digits with colons between.
    public var description: String { bytes.map(\.hexadecimal).joined(separator: ":") }

    static let longest = 16
}
