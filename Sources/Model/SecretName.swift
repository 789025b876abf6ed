/// The name under which a person has stored a secret, such as `dell-idrac`: settings refer to it.
public struct SecretName: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ text: String) throws(Refused) {
        let bytes = Array(text.utf8)
        let isFirst = bytes.first.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) } ?? false
        guard isFirst, bytes.count <= 40, bytes.allSatisfy(Self.isAllowed) else {
            throw Refused(
                .invalid,
                "\"\(text.prefix(60))\" is no secret's name: a letter, then lower-case letters, digits, - and _, up to 40"
                    + " together.", field: "name")
        }
        description = text
    }

    /// As the database keeps it, beside those that operations have.
    public var stored: String { "person.\(description)" }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
    }
}

/// That there is a secret, and since when; what it is, nobody is told.
public struct SecretEntry: Equatable, Sendable, Codable {
    public var name: String
    public var updatedAt: Timestamp

    public init(name: String, updatedAt: Timestamp) { (self.name, self.updatedAt) = (name, updatedAt) }

    enum CodingKeys: String, CodingKey {
        case name
        case updatedAt = "updated_at"
    }
}
