extension StandInCluster {
    private static let user = "root@pam"

    /// A ticket for a password; with a second factor one that is good for nothing but to show that.
    mutating func logIn(_ fields: [String: String]) throws(Died) -> JSONTree {
        for field in ["username", "password"] where fields[field] == nil {
            throw Died(
                "Parameter verification failed.", status: 400,
                errors: [field: "property is missing and it is not optional"])
        }
        guard fields["username"] == Self.user, fields["password"] == password else {
            throw Died("authentication failure", status: 401)
        }
        let proof = Self.secret()
        if faults.needsSecondFactor {
            return .object([
                "NeedTFA": .number(1), "ticket": .text("PVE:!tfa!\(Self.user):\(proof)"), "username": .text(Self.user),
                "CSRFPreventionToken": .text(Self.secret()),
            ])
        }
        let (ticket, csrf) = ("PVE:\(Self.user):\(proof)", Self.secret())
        sessions[ticket] = csrf
        return .members([
            "ticket": .text(ticket), "CSRFPreventionToken": .text(csrf), "username": .text(Self.user),
            "clustername": name.map { .text($0) },
        ])
    }

    /// The node from which is asked, if whoever asks may do that.
    func admit(_ request: Request) throws(Died) -> String {
        let isWrite = request.method != "GET"
        switch request.asker {
        case .nobody: throw Died("No ticket", status: 401)
        case .root(let node): return node
        case .ticket(let ticket, let csrf):
            guard let own = sessions[ticket] else {
                throw Died("permission denied - invalid PVE ticket", status: 401)
            }
            guard !isWrite || csrf == own else { throw Died("Permission denied - invalid csrf token", status: 401) }
        case .token(let id, let secret):
            guard let own = tokens[id] else {
                throw Died("no such token '\(id.tokenName)' for user '\(id.user)'", status: 401)
            }
            guard own == secret else { throw Died("invalid token value!", status: 401) }
            guard !isWrite else { throw Died("Permission check failed (user != root@pam)", status: 403) }
        case .node(let node, let key):
            guard key == corosyncKey, member(node) != nil else {
                throw Died("node '\(node)' is not known to corosync", status: 403)
            }
            return node
        }
        // Corosync is not reached over the API.
        guard request.path.first != "corosync" else { throw Died("Permission check failed", status: 403) }
        return local
    }

    private static func secret() -> String {
        (0..<4).map { _ in
            let digits = String(UInt64.random(in: 0 ... .max), radix: 16, uppercase: true)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

extension String {
    fileprivate var user: Substring { prefix { $0 != "!" } }
    fileprivate var tokenName: Substring { drop { $0 != "!" }.dropFirst() }
}
