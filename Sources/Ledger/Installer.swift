import Database
public import Model
import Store

/// What machines that are installed ask and tell: each proves by a token which operation it belongs to.
///
/// Whoever has no such token gets nothing, and is an event: somebody on the network asks for what is not theirs.
extension Ledger {
    /// What became of a question with a token.
    public enum Admission<Value: Sendable>: Sendable {
        case granted(Value)
        /// Why not, for the timeline; the asker is told nothing.
        case refused(String)
    }

    /// Who asks: the hash of the token, and from where.
    public struct Caller: Sendable {
        public let tokenHash: [UInt8]?
        public let address: String

        public init(tokenHash: [UInt8]?, address: String) {
            (self.tokenHash, self.address) = (tokenHash, address)
        }
    }

    /// Begins an operation that installs: from now on the machine gets the installer when it netboots.
    public func arm(hostID: String, with order: InstallationOrder, by author: Author) throws -> Host {
        try connection.write {
            if let done = try hostAlreadyChanged(.hostAdvanced, by: author) { return try existingHost(id: done) }
            let before = try existingHost(id: hostID)
            if before.state.isUnderWay { throw try refusalOfSecond(before) }
            let image = order.image
            let armed = try move(
                before, on: .rebuild,
                reason: "\(image.product) \(image.release)-\(image.build) is to be installed"
                    + "\(order.retries == nil ? "" : " once more")\(order.loss).", by: author)
            let operation = try openOperation(of: armed)
            let key = try order.makeKey(operation)
            try connection.run(
                """
                UPDATE operation SET image = ?, installation = ?, public_key = ?, removes_member = ?, erases = ?,
                    retries = ? WHERE id = ?
                """, .text(image.id), .text(order.installation.json), .text(key.line),
                .int(order.removesMember ? 1 : 0), .text(order.erases.joined(separator: "\n")), .text(order.retries),
                .text(operation))
            try connection.run(
                "INSERT INTO secret (name, sealed, updated_at) VALUES (?, ?, ?)", .text(Self.nameOfKey(operation)),
                .blob(key.sealed), .int(now().milliseconds))
            return armed
        }
    }

    /// Gives the machine of a host that is to be installed its token: the latest is the only one that counts.
    public func grantBoot(hostID: String, memory: MachineMemory?, tokenHash: [UInt8]) throws -> String {
        try connection.write {
            let host = try existingHost(id: hostID)
            guard host.state == .pxeReady else {
                throw Refused(.conflict, "\(host.hostname) is \(host.state.rawValue): it is not to be installed now.")
            }
            if try heldOperation(of: host) != nil {
                throw Refused(.conflict, "\(host.hostname) \(NetworkChange.reason).")
            }
            let operation = try openOperation(of: host)
            let images = try connection.rows("SELECT image FROM operation WHERE id = ?", .text(operation)) {
                $0.optionalText(0)
            }
            guard let image = images.first ?? nil else {
                throw Refused(.conflict, "\(host.hostname) has nothing to install.")
            }
            if let memory { try keep(memory, of: host) }
            try connection.run(
                "UPDATE operation SET token_hash = ? WHERE id = ?", .blob(tokenHash), .text(operation))
            return image
        }
    }

    // MARK: Pieces

    /// The name under which the private half of its key is sealed and kept.
    public static func nameOfKey(_ operation: String) -> String { "operation.\(operation).key" }

    /// The one whose token it is, or a refusal that is kept; `wish` says what was asked for.
    func admit<Value: Sendable>(
        _ caller: Caller, _ wish: String, by author: Author,
        _ grant: (Host, Operation) throws -> Admission<Value>
    ) throws -> Admission<Value> {
        try connection.write {
            guard let hash = caller.tokenHash, let (operation, host) = try connection.operation(withToken: hash) else {
                let token = caller.tokenHash == nil ? "without a token" : "with a token that is none, or is over"
                return try refuse("\(caller.address) asked \(wish) \(token): it got nothing.", nil, by: author)
            }
            return try grant(host, operation)
        }
    }

    /// Anybody on the network can cause these events: how many are kept in an hour is limited.
    func refuse<Value: Sendable>(
        _ sentence: String, _ host: Host?, operation: String? = nil, by author: Author
    ) throws -> Admission<Value> {
        let recent = try connection.rows(
            "SELECT count(*) FROM event WHERE kind = ? AND at BETWEEN ? AND ?",
            .text(Event.Kind.installerRefused.rawValue), .int(now().milliseconds - 3_600_000), .int(now().milliseconds)
        ) { $0.int(0) }.first
        let isKept = try author.request.map { request in
            try !connection.rows("SELECT 1 FROM event WHERE request = ?", .text(request)) { $0.int(0) }.isEmpty
        }
        if (recent ?? 0) < Self.mostRefusals, isKept != true {
            try append(.installerRefused, sentence, host: host, operation: operation, by: author)
        }
        return .refused(sentence)
    }

    private func openOperation(of host: Host) throws -> String {
        let operations = try connection.rows(
            "SELECT id FROM operation WHERE host = ? AND ended_at IS NULL", .text(host.id)
        ) { $0.text(0) }
        guard let operation = operations.first else {
            throw Refused(.conflict, "No operation is under way on \(host.hostname).")
        }
        return operation
    }

    private func refusalOfSecond(_ host: Host) throws -> Refused {
        let first = try connection.rows(
            """
            SELECT event.actor, operation.started_at FROM operation
            JOIN event ON event.operation = operation.id
            WHERE operation.host = ? AND operation.ended_at IS NULL ORDER BY event.id LIMIT 1
            """, .text(host.id)
        ) { "\($0.text(0)), \(Timestamp(milliseconds: $0.int(1)))" }.first
        return Refused(
            .conflict,
            "\(host.hostname) is already being rebuilt (\(first ?? "since \(host.stateSince)")), and is"
                + " \(host.state.rawValue). Cancel that first: sprout hosts cancel \(host.hostname)")
    }

    private static let mostRefusals: Int64 = 100
}
