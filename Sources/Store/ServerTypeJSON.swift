import FoundationEssentials
public import Model

extension Deadlines {
    /// Those of a server type as the database keeps it.
    public init(serverType body: String) {
        struct Part: Decodable { let deadlines: Deadlines? }
        self = (try? JSONDecoder().decode(Part.self, from: Data(body.utf8)))?.deadlines ?? Deadlines()
    }
}
