extension Decoder {
    /// A key that is not known is refused rather than ignored: it is a typing error, and its value would be lost.
    public func refuseUnknownKeys<Key: CodingKey & CaseIterable>(_ keys: Key.Type) throws {
        for key in try container(keyedBy: AnyKey.self).allKeys where Key(stringValue: key.stringValue) == nil {
            let names = Key.allCases.map(\.stringValue).sorted()
            let allowed = names.isEmpty ? "none" : names.joined(separator: ", ")
            let guess = key.stringValue.nearest(of: names).map { ". Did you mean \($0)?" } ?? ""
            throw DecodingError.dataCorrupted(
                .init(codingPath: [key], debugDescription: "there is no such field; there are \(allowed)\(guess)"))
        }
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
