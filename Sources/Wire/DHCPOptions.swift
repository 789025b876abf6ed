/// The options of a DHCP message (RFC 2132), in the order in which they stand, each code once.
public struct DHCPOptions: Equatable, Sendable {
    /// The number of an option; the registry is IANA's, and grows.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
    }

    public struct Option: Equatable, Sendable {
        public let code: Code
        public var bytes: [UInt8]
    }

    public private(set) var all: [Option] = []

    public init() {}

    /// Reads options that are a message's own, or that are encapsulated in one option.
    ///
    /// The end mark may be missing only in the latter: some firmware leaves it out there.
    public init(parsing bytes: Span<UInt8>, isEncapsulated: Bool) throws(DHCPMessage.Malformed) {
        try append(bytes, needsEnd: !isEncapsulated)
    }

    /// The content of an option, or nil where it is absent; a new one is put at the end.
    public subscript(code: Code) -> [UInt8]? {
        get { all.first { $0.code == code }?.bytes }
        set {
            precondition(!Self.marks.contains(code.rawValue), "\(code.rawValue) is no option but a mark between them")
            guard let index = all.firstIndex(where: { $0.code == code }) else {
                if let newValue { all.append(Option(code: code, bytes: newValue)) }
                return
            }
            if let newValue { all[index].bytes = newValue } else { all.remove(at: index) }
        }
    }

    /// Adds what stands in another part of the same message; what was there already is continued (RFC 3396).
    mutating func append(_ bytes: Span<UInt8>, needsEnd: Bool) throws(DHCPMessage.Malformed) {
        var cursor = 0
        while cursor < bytes.count {
            let code = bytes[cursor]
            cursor += 1
            if code == Self.pad { continue }
            if code == Self.end { return }
            guard cursor < bytes.count else { throw .truncatedOption(code) }
            let end = cursor + 1 + Int(bytes[cursor])
            guard end <= bytes.count else { throw .truncatedOption(code) }
            self[Code(rawValue: code), default: []] += bytes.bytes(cursor + 1..<end)
            cursor = end
        }
        if needsEnd { throw .missingEnd }
    }

    /// The options and the end mark; content of more than 255 bytes is split (RFC 3396).
    public func serialized() -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(512)
        for option in all {
            var rest = option.bytes[...]
            repeat {
                let part = rest.prefix(255)
                result.append(option.code.rawValue)
                result.append(UInt8(part.count))
                result += part
                rest = rest.dropFirst(255)
            } while !rest.isEmpty
        }
        result.append(Self.end)
        return result
    }

    private subscript(code: Code, default absent: [UInt8]) -> [UInt8] {
        get { self[code] ?? absent }
        set { self[code] = newValue }
    }

    private static let pad: UInt8 = 0
    private static let end: UInt8 = 255
    private static let marks = [pad, end]
}

extension DHCPOptions.Code {
    public static let subnetMask = Self(rawValue: 1)
    public static let router = Self(rawValue: 3)
    public static let nameServer = Self(rawValue: 6)
    public static let broadcastAddress = Self(rawValue: 28)
    public static let vendorOptions = Self(rawValue: 43)
    public static let requestedAddress = Self(rawValue: 50)
    public static let leaseTime = Self(rawValue: 51)
    static let overload = Self(rawValue: 52)
    public static let messageType = Self(rawValue: 53)
    public static let serverIdentifier = Self(rawValue: 54)
    public static let parameterList = Self(rawValue: 55)
    public static let message = Self(rawValue: 56)
    public static let maximumSize = Self(rawValue: 57)
    public static let renewalTime = Self(rawValue: 58)
    public static let rebindingTime = Self(rawValue: 59)
    public static let vendorClass = Self(rawValue: 60)
    public static let clientIdentifier = Self(rawValue: 61)
    public static let bootServer = Self(rawValue: 66)
    public static let bootFile = Self(rawValue: 67)
    public static let userClass = Self(rawValue: 77)
    public static let relayAgent = Self(rawValue: 82)
    public static let architectures = Self(rawValue: 93)
    public static let networkInterface = Self(rawValue: 94)
    public static let machineIdentifier = Self(rawValue: 97)
    public static let ipxe = Self(rawValue: 175)
}
