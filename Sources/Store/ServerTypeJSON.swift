import FoundationEssentials
public import Model

extension Deadlines {
    /// Those of a server type as the database keeps it.
    public init(serverType body: String) {
        struct Part: Decodable { let deadlines: Deadlines? }
        self = (try? JSONDecoder().decode(Part.self, from: Data(body.utf8)))?.deadlines ?? Deadlines()
    }
}

extension Store {
    /// The server type of a host as it is in force; nil if there is none of that name any more.
    public func serverType(of host: Host) throws -> ServerType? {
        guard let entry = try serverTypes().types.first(where: { $0.key == host.serverType }) else { return nil }
        return try JSONDecoder().decode(ServerType.self, from: Data(entry.body.utf8))
    }
}
