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
        guard Caller.current.isPrivate else {
            throw Problem(
                403,
                "This came over plain HTTP, where a secret can be read along. Secrets are set over TLS, or on the box"
                    + " itself: sprout secrets set NAME, through its socket or with --state.")
        }
        return try await passOnJSON(request)
    }
}
