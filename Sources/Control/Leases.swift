import HTTP
public import Linux
public import Model

/// The orchestrator's lease socket, as sprout-dhcp sees it.
public struct LeaseRegister: Sendable {
    private let client: Client

    public init(socket: String, _ reactor: Reactor) {
        client = Client(.unix(path: socket), reactor)
    }

    /// Has leases written, and gives for each whether it holds.
    ///
    /// After an error they may have been written or not: to write them again does no harm.
    public func write(_ leases: [Lease], within patience: Duration) async throws -> [Bool] {
        let answer = try await client.send("POST", "/leases", body: JSON.encode(leases), timeout: patience)
        guard answer.status == 200 else {
            throw Unwritten(reason: "it answers \(answer.status)")
        }
        let held = try JSON.decode([Bool].self, from: answer.body)
        guard held.count == leases.count else { throw Unwritten(reason: "its answer does not fit the question") }
        return held
    }

    struct Unwritten: Error, CustomStringConvertible {
        let reason: String
        var description: String { "sprout-orchestrator did not write the leases: \(reason)" }
    }
}

extension Observation {
    /// Another DHCP or boot server was heard.
    public static func heard(_ server: ForeignServer) -> Observation {
        var observation = Observation(.serverHeard, daemon: "sprout-dhcp", message: "\(server.name) was heard.")
        observation.server = server
        return observation
    }
}
