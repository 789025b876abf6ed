public import HTTP
public import Linux

/// The orchestrator's command socket, as the daemons that may change something see it.
public struct Orchestrator: Sendable {
    private let client: Client
    private let reactor: Reactor
    private let patience: Duration

    /// How long a command waits for an orchestrator that is being restarted, before it is given up.
    public init(socket: String, _ reactor: Reactor, patience: Duration = .seconds(20)) {
        client = Client(.unix(path: socket), reactor)
        self.reactor = reactor
        self.patience = patience
    }

    /// Passes a command on and gives the orchestrator's answer.
    ///
    /// A connection that breaks is tried again: the request id makes the orchestrator carry it out once, whether it
    /// had committed before it went away or not.
    public func send(
        _ method: String, _ path: String, body: [UInt8] = [], ifMatch: String? = nil, actor: String, request: String
    ) async throws -> Response {
        var headers: Headers = ["x-sprout-actor": actor, "x-request-id": request, "content-type": "application/json"]
        headers["if-match"] = ifMatch
        let deadline = Reactor.Deadline.now + patience
        while true {
            do {
                let answer = try await client.send(method, path, headers: headers, body: body, timeout: patience)
                var response = Response(
                    status: answer.status,
                    headers: ["content-type": answer.headers["content-type"] ?? "application/json"],
                    body: .bytes(answer.body))
                response.headers["retry-after"] = answer.headers["retry-after"]
                return response
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                guard Reactor.Deadline.now < deadline else {
                    throw Problem(
                        503,
                        "sprout-orchestrator does not answer (\(error)), so nothing can be changed now. See:"
                            + " journalctl -u sprout-orchestrator")
                }
                try await reactor.sleep(for: .milliseconds(100))
            }
        }
    }

    public func events() -> Client { client }
}
