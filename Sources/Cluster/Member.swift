public import Model

/// A member of a Proxmox VE cluster that is asked about it, and told what to do.
public protocol Member: Sendable {
    /// What its API answers for a path: JSON, with the data in `data`.
    func get(_ path: String, _ query: [String: String]) async throws -> [UInt8]
    /// How the guests of a machine are configured, even of one that is off; nil where the member cannot be asked that.
    func guestFiles(of node: String) async throws -> [GuestFile]?
    /// Takes a machine that is gone for good out of the cluster.
    func remove(node: String) async throws
    func clock(of node: String) async throws -> RemoteClock
}

extension Member {
    func get<Value: Decodable>(_ type: Value.Type, _ path: String, _ query: [String: String] = [:]) async throws
        -> Value
    {
        let bytes = try await get(path, query)
        guard let value = try? JSON.decode(Body<Value>.self, bytes).data else {
            throw MemberFailed(
                .cluster,
                "What the member says at \(path) is not what Proxmox VE says there. Is it a Proxmox VE of today?")
        }
        return value
    }
}

/// What every answer of the API is.
struct Body<Value: Decodable>: Decodable { let data: Value? }
