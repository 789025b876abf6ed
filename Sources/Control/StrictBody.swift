import Model

/// The body of a request all of whose fields are known.
public protocol StrictBody: Decodable {
    associatedtype CodingKeys: CodingKey & CaseIterable
}

/// Reads nothing but the names of the fields.
struct KnownKeys<Keys: CodingKey & CaseIterable>: Decodable {
    init(from decoder: any Decoder) throws { try decoder.refuseUnknownKeys(Keys.self) }
}
