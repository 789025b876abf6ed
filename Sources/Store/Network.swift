internal import FoundationEssentials
public import Model

/// Where the box is reached, and what changed about that.
extension Store {
    /// The networks that the box is in, or was in last.
    public func ownNetworks() throws -> [OwnNetwork] {
        guard let text = try setting(NetworkSetting.own) else { return [] }
        return try JSONDecoder().decode([OwnNetwork].self, from: Data(text.utf8))
    }

    /// Nil where nothing changed that nobody has seen.
    public func networkChange() throws -> NetworkChange? {
        guard let text = try setting(NetworkSetting.change) else { return nil }
        return try JSONDecoder().decode(NetworkChange.self, from: Data(text.utf8))
    }

    /// The hosts whose installation waits for a person, because the network changed.
    public func heldHosts() throws -> [Host] {
        let held = try networkChange()?.held ?? []
        return try held.compactMap { id in
            guard let operation = try operation(id: id)?.operation, operation.endedAt == nil else { return nil }
            return try host(operation.host)
        }
    }

    public func isHeld(_ host: Host) throws -> Bool {
        try host.state == .pxeReady && heldHosts().contains { $0.id == host.id }
    }
}

public enum NetworkSetting {
    public static let own = "network.own"
    public static let change = "network.change"
}

/// The row of `setting` that says why the last update did not work, until somebody has seen it.
public enum UpdateSetting {
    public static let problem = "update.problem"
}

extension Store {
    public func updateProblem() throws -> String? { try setting(UpdateSetting.problem) }
}
