/// The name of a host as its own first label: what Proxmox accepts as a node's name (RFC 1123, not all digits).
public struct Hostname: Hashable, Sendable, Codable, CustomStringConvertible {
    public let description: String

    /// Why a text cannot be a host's name.
    public struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
        public let text: String
        public let reason: String
        public var description: String { "\"\(text)\" cannot be a host name: \(reason)" }
    }

    public init(_ text: String) throws(Malformed) {
        let name = text.trimmedOfSpaces.lowercased()
        func refuse(_ reason: String) -> Malformed { Malformed(text: text, reason: reason) }
        guard !name.isEmpty else { throw refuse("it is empty.") }
        guard name.utf8.count <= 63 else { throw refuse("it is longer than 63 characters.") }
        guard name.utf8.allSatisfy(Self.isAllowed) else {
            throw refuse("only letters, digits and hyphens are allowed (no dots: the domain is a setting).")
        }
        guard !name.hasPrefix("-"), !name.hasSuffix("-") else { throw refuse("it begins or ends with a hyphen.") }
        guard !name.allSatisfy(\.isNumber) else { throw refuse("Proxmox refuses a name of digits alone.") }
        guard name != "localhost" else { throw refuse("every machine calls itself that.") }
        description = name
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            self = try Hostname(try container.decode(String.self))
        } catch let error as Malformed {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
