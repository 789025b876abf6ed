public import Model

/// What server-types.yaml says: the server types, in the order of the file.
public struct ServerTypes: Equatable, Sendable, Codable {
    public let all: [ServerType]

    private enum CodingKeys: String, CodingKey { case all = "server_types" }

    public subscript(key: String) -> ServerType? { all.first { $0.key == key } }
}
