/// An IPv4 address, as the number that it is on the wire.
public struct IPv4Address: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Reads four decimal numbers with dots between.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4, !parts.contains(nil) else { return nil }
        rawValue = parts.compactMap(\.self).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// No address: what a machine that has none yet puts in the fields of its messages.
    public static let unspecified = IPv4Address(rawValue: 0)

    public var description: String { bytes.map { String($0) }.joined(separator: ".") }

    public var bytes: [UInt8] { rawValue.bigEndianBytes }
}
