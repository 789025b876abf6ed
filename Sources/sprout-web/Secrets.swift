import Control
import HTTP
import Store

/// What may be known of secrets, and how they come here.
extension Site {
    func secrets(_ request: Request) async throws -> Response {
        try .json(["secrets": try await store.secrets()])
    }

    /// There is no TLS and no login yet: a secret crosses no network, and nobody on it replaces one.
    func changeSecret(_ request: Request) async throws -> Response {
        guard request.headers["x-real-ip"] == nil else {
            throw Problem(
                403, "Secrets are set on the box itself: sprout secrets set NAME, through its socket or with --state.")
        }
        if request.method == "PUT" { try requireJSON(request) }
        return try await orchestrator.send(
            request.method, "/secrets/\(Percent.encoded(request.parameters["name"] ?? ""))", body: request.body,
            actor: actor(request), request: try id(of: request))
    }
}
