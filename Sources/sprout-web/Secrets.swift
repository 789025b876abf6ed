import Control
import HTTP
import Store

/// What may be known of secrets, and how they come here.
extension Site {
    func secrets(_ request: Request) async throws -> Response {
        try .json(["secrets": try await store.secrets()])
    }

    /// A secret crosses no network in plain text.
    func changeSecret(_ request: Request) async throws -> Response {
        try Caller.current.refusePlainText(
            where: "a secret can be read along", "Secrets are set", orBy: "sprout secrets set NAME")
        return try await passOnJSON(request)
    }
}
