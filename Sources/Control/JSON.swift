import FoundationEssentials
public import HTTP
import Model

/// Values to JSON and back; what a client got wrong is told with the name of the field.
public enum JSON {
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(Problem) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw problem(error)
        } catch {
            throw Problem(400, "The body is not JSON.")
        }
    }

    /// The same, and a field that is not known is refused rather than ignored.
    public static func decode<Value: StrictBody>(strictly type: Value.Type, from bytes: [UInt8]) throws(Problem)
        -> Value
    {
        _ = try decode(KnownKeys<Value.CodingKeys>.self, from: bytes)
        return try decode(type, from: bytes)
    }

    private static func problem(_ error: DecodingError) -> Problem {
        switch error {
        case .keyNotFound(let key, _):
            return Problem(422, "The field \(key.stringValue) is missing.", field: key.stringValue)
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return problem(context) { "The field \($0) has another type than expected." }
        case .dataCorrupted(let context):
            return problem(context) { "The field \($0) is wrong: \(context.debugDescription)." }
        @unknown default:
            return Problem(400, "The body is not the JSON that is expected here.")
        }
    }

    private static func problem(_ context: DecodingError.Context, _ sentence: (String) -> String) -> Problem {
        guard let field = context.codingPath.first?.stringValue else {
            return Problem(400, "The body is not the JSON that is expected here.")
        }
        return Problem(422, sentence(field), field: field)
    }
}

extension Response {
    public static func json(_ value: some Encodable, status: Int = 200) throws -> Response {
        json(try JSON.encode(value), status: status)
    }
}
