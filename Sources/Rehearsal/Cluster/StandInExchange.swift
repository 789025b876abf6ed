extension StandInCluster {
    /// A request as the model sees it: who carries it has read it.
    public struct Request: Equatable, Sendable {
        /// Who asks.
        public enum Asker: Equatable, Sendable {
            case nobody
            case ticket(String, csrf: String?)
            case token(id: String, secret: String)
            /// Root of a member asks its own node: nothing has to be proved there.
            case root(on: String)
            /// A node tells its name, and has the key of corosync.
            case node(String, corosyncKey: String)
        }

        public var method: String
        /// What follows /api2/json.
        public var path: [String]
        public var fields: [String: String]
        public var asker: Asker

        public init(_ method: String, _ path: [String], fields: [String: String] = [:], asker: Asker = .nobody) {
            (self.method, self.path, self.fields, self.asker) = (method, path, fields, asker)
        }
    }

    /// What is answered: data with 200, or a sentence that stands in the status line as well.
    public struct Answer: Equatable, Sendable {
        public var status: Int
        public var message: String?
        public var body: JSONTree

        static func data(_ data: JSONTree) -> Answer {
            Answer(status: 200, message: nil, body: .object(["data": data]))
        }

        static func refused(_ status: Int, _ message: String, errors: [String: String] = [:]) -> Answer {
            let told = errors.isEmpty ? nil : JSONTree.texts(errors.mapValues { $0 })
            let body = JSONTree.members(["data": .nothing, "message": .text("\(message)\n"), "errors": told])
            return Answer(status: status, message: message, body: body)
        }

        /// No answer: the connection ends.
        public static let cutOff = Answer(status: 502, message: nil, body: .nothing)
    }

    /// What Proxmox VE dies of, as its words; they are answered with 500.
    struct Died: Error {
        let message: String
        var status = 500
        var errors: [String: String] = [:]

        init(_ message: String, status: Int = 500, errors: [String: String] = [:]) {
            (self.message, self.status, self.errors) = (message, status, errors)
        }
    }

    /// Carries out a request at a moment in milliseconds since 1970.
    public mutating func answer(_ request: Request, at now: Int64) -> Answer {
        do throws(Died) {
            if request.path == ["access", "ticket"], request.method == "POST" {
                return .data(try logIn(request.fields))
            }
            let asker = try admit(request)
            return try carryOut(request, for: asker, at: now)
        } catch {
            return .refused(error.status, error.message, errors: error.errors)
        }
    }

    private mutating func carryOut(
        _ request: Request, for node: String, at now: Int64
    ) throws(Died) -> Answer {
        switch (request.method, request.path.count) {
        case ("GET", _): return .data(try look(request, from: node, at: now))
        case ("POST", 4) where request.path.starts(with: ["cluster", "config", "nodes"]):
            let data = try addNode(request.path[3], request.fields)
            return faults.cutsAnswersOff ? .cutOff : .data(data)
        case ("DELETE", 4) where request.path.starts(with: ["cluster", "config", "nodes"]):
            try removeNode(request.path[3], asking: node)
            return .data(.nothing)
        case ("POST", 3) where request.path.first == "corosync" && request.path[2] == "expected":
            guard let votes = request.fields["votes"].flatMap({ Int($0) }), votes > 0 else {
                throw Died("400 Parameter verification failed.", status: 400)
            }
            expected = votes
            return .data(.nothing)
        case ("POST", 2) where request.path.first == "corosync":
            return .data(try meet(request.path[1], request.fields))
        default:
            let path = request.path.joined(separator: "/")
            throw Died("Method '\(request.method) /\(path)' not implemented", status: 501)
        }
    }
}
