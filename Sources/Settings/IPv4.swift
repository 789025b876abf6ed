internal import Model

/// An IPv4 address, as the number that it is on the wire.
struct IPv4Address: Equatable, CustomStringConvertible {
    let number: UInt32

    init(_ number: UInt32) {
        self.number = number
    }

    init?(_ text: Substring) {
        guard let number = DottedQuad.number(text) else { return nil }
        self.number = number
    }

    var description: String { DottedQuad.text(number) }
}

/// An IPv4 network, such as 192.168.1.0/24.
public struct IPv4Network: Equatable, Sendable, CustomStringConvertible {
    /// The network's first address, as the number that it is on the wire.
    public let address: UInt32
    public let prefixLength: Int

    public init?(_ text: String) {
        guard let network = Self(around: text), network.description == text else { return nil }
        self = network
    }

    /// The network that an address such as 192.168.1.10/24 lies in.
    init?(around text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv4Address(parts[0]) else { return nil }
        guard let length = Decimal.read(parts[1], upTo: 30), length >= 8 else { return nil }
        self.address = address.number & Self.mask(length)
        prefixLength = length
    }

    public var description: String { "\(IPv4Address(address))/\(prefixLength)" }

    /// Whether a host could have this address: it lies within, and is neither the first nor the last.
    func hasHost(_ host: IPv4Address) -> Bool {
        let mask = Self.mask(prefixLength)
        return host.number & mask == address && host.number != address && host.number != address | ~mask
    }

    private static func mask(_ length: Int) -> UInt32 { ~0 << (32 - UInt32(length)) }
}

extension IPv4Network {
    func contains(_ range: IPv4Range) -> Bool {
        hasHost(IPv4Address(range.addresses.lowerBound)) && hasHost(IPv4Address(range.addresses.upperBound))
    }

    func contains(_ address: String) -> Bool { IPv4Address(address[...]).map(hasHost) ?? false }
}

/// IPv4 addresses in a row, such as 192.168.1.100-192.168.1.199.
public struct IPv4Range: Equatable, Sendable, CustomStringConvertible {
    /// The addresses, as the numbers that they are on the wire.
    public let addresses: ClosedRange<UInt32>

    /// A server keeps something in memory for each address.
    public static let mostAddresses = 65536

    public init?(_ text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = IPv4Address(ends[0]), let last = IPv4Address(ends[1]),
            first.number <= last.number, last.number - first.number < Self.mostAddresses
        else { return nil }
        addresses = first.number...last.number
    }

    public var description: String { "\(IPv4Address(addresses.lowerBound))-\(IPv4Address(addresses.upperBound))" }

    func contains(_ address: String) -> Bool {
        IPv4Address(address[...]).map { addresses.contains($0.number) } ?? false
    }
}
