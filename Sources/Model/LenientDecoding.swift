/// A value that is nil where it is not what was expected: what a machine says is taken as far as it means something.
struct Lenient<Value: Decodable>: Decodable {
    let value: Value?

    init(from decoder: any Decoder) throws {
        value = try? Value(from: decoder)
    }
}

extension KeyedDecodingContainer {
    /// One line of text; nil where there is none, or nothing in it.
    func line(_ key: Key) -> String? {
        guard let text = try? decodeIfPresent(String.self, forKey: key)?.asShortLine, !text.isEmpty else { return nil }
        return text
    }

    /// A part that is as good as missing when it is malformed.
    func part<Part: Decodable>(_ key: Key) -> Part? {
        (try? decodeIfPresent(Part.self, forKey: key)) ?? nil
    }

    func flag(_ key: Key) -> Bool { part(key) ?? false }

    /// The elements that mean something, of the first `limit`.
    func list<Element: Decodable>(_ key: Key, upTo limit: Int) -> [Element] {
        guard var elements = try? nestedUnkeyedContainer(forKey: key) else { return [] }
        var list: [Element] = []
        while !elements.isAtEnd, elements.currentIndex < limit,
            let element = try? elements.decode(Lenient<Element>.self)
        {
            if let value = element.value { list.append(value) }
        }
        return list
    }
}

extension String {
    /// The text as one that a line can show: 200 characters at most, and none that controls a terminal.
    public var asShortLine: String {
        let harmless = unicodeScalars.prefix(200).filter { $0.properties.generalCategory != .control }
        return String(String.UnicodeScalarView(harmless)).trimmedOfSpaces
    }
}
