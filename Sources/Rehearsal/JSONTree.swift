/// A value of JSON whose members depend on what it tells: whoever sends it encodes it.
public enum JSONTree: Encodable, Equatable, Sendable {
    case nothing
    case text(String)
    case number(Int)
    case flag(Bool)
    case list([JSONTree])
    case object([String: JSONTree])

    /// An object without the members that have no value.
    static func members(_ members: [String: JSONTree?]) -> JSONTree { .object(members.compactMapValues(\.self)) }

    static func texts(_ texts: [String: String?]) -> JSONTree {
        .object(texts.compactMapValues { $0.map(JSONTree.text) })
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let members):
            var object = encoder.container(keyedBy: Name.self)
            for (name, value) in members { try object.encode(value, forKey: Name(stringValue: name)) }
        case .list(let values):
            var list = encoder.unkeyedContainer()
            for value in values { try list.encode(value) }
        case .nothing:
            var value = encoder.singleValueContainer()
            try value.encodeNil()
        case .text(let text):
            var value = encoder.singleValueContainer()
            try value.encode(text)
        case .number(let number):
            var value = encoder.singleValueContainer()
            try value.encode(number)
        case .flag(let flag):
            var value = encoder.singleValueContainer()
            try value.encode(flag)
        }
    }
}
