import Database
import FoundationEssentials
public import Model
import Store

/// The box is moved to another network, or its router gives it another address.
extension Ledger {
    /// Notes where the box is reached now; nil where that is as before.
    ///
    /// In another network nobody is installed because of what was true in the one before: who was armed and has not begun
    /// waits until a person has said that it goes on.
    public func reached(in networks: [OwnNetwork], by author: Author) throws -> NetworkChange? {
        try connection.write {
            let kept = try value([OwnNetwork].self, of: NetworkSetting.own) ?? []
            let remembered = NetworkMove.remembered(of: kept, networks)
            if remembered != kept { try put(NetworkSetting.own, remembered) }
            guard let move = NetworkMove(of: kept, to: networks) else { return nil }
            let change = NetworkChange(move, at: now(), held: try hold(move))
            try put(NetworkSetting.change, change)
            try append(.networkChanged, try sentence(change), by: author)
            if move.isToAnotherNetwork { try leaveServers(behind: remembered) }
            return change
        }
    }

    /// A person says that a host is installed in this network too.
    public func goOn(hostID: String, by author: Author) throws -> Host {
        try connection.write {
            if let done = try hostAlreadyChanged(.networkConfirmed, by: author) { return try existingHost(id: done) }
            var host = try existingHost(id: hostID)
            guard let operation = try heldOperation(of: host) else {
                throw Refused(.conflict, "\(host.hostname) does not wait for anybody to say that it goes on.")
            }
            try followClockWithin()
            let moment = now()
            try letGo(operation)
            host.stateSince = moment
            try connection.run(
                "UPDATE host SET state_since = ? WHERE id = ?", .int(moment.milliseconds), .text(host.id))
            try setDeadline(host, operation, moment)
            try append(
                .networkConfirmed, "\(host.hostname) goes on: it is to be installed in this network.", host: host,
                operation: operation, by: author)
            return host
        }
    }

    /// A person has seen that the network changed.
    public func confirmNetwork(by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(.networkConfirmed, by: author) { return }
            guard let change = try value(NetworkChange.self, of: NetworkSetting.change) else { return }
            guard change.held.isEmpty else {
                throw Refused(
                    .conflict,
                    "\(change.held.count) installations wait since then. Say for each that it goes on, or cancel it.")
            }
            try connection.run("DELETE FROM setting WHERE key = ?", .text(NetworkSetting.change))
            try append(.networkConfirmed, "Seen: \(change.move.sentence)", by: author)
        }
    }

    // MARK: Who waits

    /// The operation under way that a person is waited for with.
    func heldOperation(of host: Host) throws -> String? {
        let held = try heldOperations()
        guard !held.isEmpty else { return nil }
        return try connection.rows(
            "SELECT id FROM operation WHERE host = ? AND ended_at IS NULL", .text(host.id)
        ) { $0.text(0) }.first { held.contains($0) }
    }

    func heldOperations() throws -> [String] { try value(NetworkChange.self, of: NetworkSetting.change)?.held ?? [] }

    /// An operation that goes on, or has ended, waits no more.
    func letGo(_ operation: String) throws {
        guard var change = try value(NetworkChange.self, of: NetworkSetting.change), change.held.contains(operation)
        else { return }
        change.held.removeAll { $0 == operation }
        try put(NetworkSetting.change, change)
    }

    /// Those who wait already, and those who are armed now; time does not run out for them.
    private func hold(_ move: NetworkMove) throws -> [String] {
        let before = try heldOperations()
        guard move.isToAnotherNetwork else { return before }
        let armed = try connection.rows(
            """
            SELECT operation.id FROM operation JOIN host ON host.id = operation.host
            WHERE ended_at IS NULL AND host.state = 'pxe_ready' ORDER BY operation.rowid
            """
        ) { $0.text(0) }
        for operation in armed { try connection.run("DELETE FROM deadline WHERE operation = ?", .text(operation)) }
        return before.filter { !armed.contains($0) } + armed
    }

    private func sentence(_ change: NetworkChange) throws -> String {
        var sentences = [change.move.sentence]
        if !change.held.isEmpty {
            let count = change.held.count
            sentences.append("\(count) \(count == 1 ? "installation waits" : "installations wait") for a person.")
        }
        if let url = try setting("server.public_url"), change.move.leavesBehind(url) {
            sentences.append("server.public_url still is \(url): new hosts are told to call there.")
        }
        return sentences.joined(separator: " ")
    }

    /// Who answered in a network that the box has left is not heard here.
    private func leaveServers(behind networks: [OwnNetwork]) throws {
        let addresses = try connection.rows("SELECT address FROM foreign_server WHERE is_gone = 0") { $0.text(0) }
        for address in addresses where !networks.contains(where: { $0.contains(address) }) {
            try connection.run("UPDATE foreign_server SET is_gone = 1 WHERE address = ?", .text(address))
        }
    }

    // MARK: Rows

    private func value<Value: Decodable>(_ type: Value.Type, of key: String) throws -> Value? {
        try setting(key).map { try JSONDecoder().decode(type, from: Data($0.utf8)) }
    }

    private func put(_ key: String, _ value: some Encodable) throws {
        try put(key, String(decoding: try JSONEncoder().encode(value), as: UTF8.self))
    }
}
