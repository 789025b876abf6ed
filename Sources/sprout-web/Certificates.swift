import Control
import HTTP
import Linux
import Model
import Store

/// The certificate that browsers are shown, and the way to where it is shown.
extension Site {
    var certificateRoutes: [GuardedRoute] {
        [
            .viewer(.get("/api/tls", certificate)),
            .admin(.put("/api/tls", replaceCertificate)),
            .admin(.post("/api/tls/renew", passOnJSON)),
        ]
    }

    private func certificate(_ request: Request) async throws -> Response {
        guard let certificate = try await store.certificate() else {
            throw Problem(404, "There is no certificate yet: sprout-orchestrator makes one when it starts.")
        }
        return try .json(certificate)
    }

    /// A private key crosses no network in plain text.
    private func replaceCertificate(_ request: Request) async throws -> Response {
        try Caller.current.refusePlainText(
            where: "a key can be read along", "A certificate is brought", orBy: "sprout tls replace FILE")
        return try await passOnJSON(request)
    }
}

/// What becomes of requests that came in plain text where `server.require_https` is set.
enum EncryptionRule {
    /// A browser is shown the way, and a program told; nil where nothing is in the way.
    static func answer(to request: Request, isRequired: Bool, httpsPort: UInt16?) throws(Problem) -> Response? {
        guard isRequired, request.path != "/health" else { return nil }
        guard let httpsPort else {
            throw Problem(
                403,
                "server.require_https refuses plain HTTP, and this Sprout answers nowhere over HTTPS: start it with"
                    + " --listen-tls, or ask it on the box.")
        }
        guard request.method == "GET", request.isForPage, let host = name(request) else {
            throw Problem(403, "server.require_https refuses plain HTTP: ask at https://, port \(httpsPort).")
        }
        let port = httpsPort == 443 ? "" : ":\(httpsPort)"
        return .redirect(to: "https://\(host)\(port)\(request.target)")
    }

    /// What the browser called this box.
    private static func name(_ request: Request) -> String? {
        guard let text = request.headers["host"],
            case .tcp(let host, _) = Address(authority: text[...], defaultPort: 80)
        else { return nil }
        return host.contains(":") ? "[\(host)]" : host
    }
}
