/// Header fields in their order on the wire; a name is found whatever its case.
public struct Headers: Equatable, Sendable, ExpressibleByDictionaryLiteral {
    public private(set) var fields: [Field] = []

    public struct Field: Equatable, Sendable {
        public let name: String
        public let value: String
    }

    public init() {}

    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { self[name] = value }
    }

    /// The first field with this name.
    ///
    /// Setting replaces all of them.
    public subscript(name: String) -> String? {
        get { fields.first { $0.name == name || $0.name == name.lowercased() }?.value }
        set {
            fields.removeAll { $0.name == name.lowercased() }
            if let newValue { add(name, newValue) }
        }
    }

    public func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// Control characters in a value become spaces, so that no value can begin a line of its own.
    public mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name.lowercased(), value: Self.harmless(value)))
    }

    static func harmless(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 < 32 || $0 == 127 }) else { return value }
        return String(decoding: value.utf8.map { $0 < 32 || $0 == 127 ? 32 : $0 }, as: UTF8.self)
    }

    mutating func addParsed(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }
}
