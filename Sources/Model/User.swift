/// A person who may sign in.
public struct User: Equatable, Sendable, Codable {
    public var id: String
    public var name: AccessName
    public var role: Role
    /// Grows when all sessions are to end: a session holds the one that it began under.
    public var generation: Int64 = 0
    public var createdAt: Timestamp
    public var lastSignIn: Timestamp?

    public init(
        id: String, name: AccessName, role: Role, generation: Int64, createdAt: Timestamp, lastSignIn: Timestamp?
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.generation = generation
        self.createdAt = createdAt
        self.lastSignIn = lastSignIn
    }

    enum CodingKeys: String, CodingKey {
        case id, name, role
        case createdAt = "created_at"
        case lastSignIn = "last_sign_in"
    }
}

/// What a program shows to be let in; of the token itself only a hash is kept.
public struct APIToken: Equatable, Sendable, Codable {
    public var id: String
    public var name: AccessName
    public var role: Role
    public var createdAt: Timestamp
    public var createdBy: String
    public var expiresAt: Timestamp
    /// To the minute.
    public var lastUsed: Timestamp?

    public init(
        id: String, name: AccessName, role: Role, createdAt: Timestamp, createdBy: String, expiresAt: Timestamp,
        lastUsed: Timestamp?
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
        self.lastUsed = lastUsed
    }

    enum CodingKeys: String, CodingKey {
        case id, name, role
        case createdAt = "created_at"
        case createdBy = "created_by"
        case expiresAt = "expires_at"
        case lastUsed = "last_used"
    }

    /// How long one is good for, unless something else is said, and at most.
    public static let usualDays = 90
    public static let mostDays = 3650
}

/// What a user or a token is called: it stands in events and paths.
public struct AccessName: Hashable, Sendable, Codable, CustomStringConvertible {
    public let description: String

    public init(_ text: String) throws(Refused) {
        let name = text.trimmedOfSpaces.lowercased()
        guard let first = name.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            name.utf8.count <= 40, name.utf8.allSatisfy(Self.isAllowed)
        else {
            throw Refused(
                .invalid,
                "\"\(text.prefix(60))\" cannot be a name: a letter, then letters, digits, dots, hyphens and underscores,"
                    + " up to 40 together.", field: "name")
        }
        description = name
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")].contains(byte)
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            self = try AccessName(try container.decode(String.self))
        } catch let refused as Refused {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: refused.reason)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A password that somebody chose: long enough that guessing it takes longer than a life.
public struct NewPassword: Sendable {
    public let text: String

    public init(_ text: String, of name: AccessName, field: String = "password") throws(Refused) {
        guard text.count >= 10 else {
            throw Refused(.invalid, "A password has at least 10 characters: a few words do.", field: field)
        }
        guard text.utf8.count <= 200 else {
            throw Refused(.invalid, "A password has at most 200 bytes.", field: field)
        }
        guard !text.utf8.contains(where: { $0 < 32 || $0 == 127 }) else {
            throw Refused(.invalid, "A password contains no control characters.", field: field)
        }
        guard text.lowercased() != name.description, Set(text).count > 3 else {
            throw Refused(.invalid, "This password is guessed at once: choose another.", field: field)
        }
        self.text = text
    }
}
