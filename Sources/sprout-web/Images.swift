import Control
import HTTP
import Model
import Store

/// What can be installed.
extension Site {
    func image(_ request: Request) async throws -> Response {
        let id = request.parameters["id"] ?? ""
        guard let image = try await store.image(id) else { throw Problem(404, "There is no image \(id.prefix(60)).") }
        return try tagged(image, request)
    }

    /// What a host is made of, as its installer told it.
    func inventory(_ request: Request) async throws -> Response {
        let host = try await host(request)
        guard let inventory = try await store.inventory(ofHost: host.id) else {
            throw Problem(404, "Sprout has not installed \(host.hostname), and does not know what it is made of.")
        }
        return try .json(inventory)
    }

    /// The orchestrator keeps the files: what is done with them is asked of it under the same path.
    ///
    /// A page of another site can make a browser send what is plain text, but neither JSON nor bytes.
    func passOn(_ request: Request) async throws -> Response {
        if request.method == "POST" || request.method == "PUT" {
            let type = request.headers["content-type"] ?? ""
            guard type.hasPrefix("application/json") || type == "application/octet-stream" else {
                throw Problem(415, "Send JSON, or a piece of a file as application/octet-stream.")
            }
        }
        return try await forward(request, request.query["offset"].map { "?offset=\(Percent.encoded($0))" } ?? "")
    }

    /// What is asked of sprout-orchestrator as it stands, at the same path, as JSON.
    func passOnJSON(_ request: Request) async throws -> Response {
        if request.method != "DELETE" { try requireJSON(request) }
        return try await forward(request, "")
    }

    private func forward(_ request: Request, _ query: String) async throws -> Response {
        let path = "/" + request.segments.dropFirst().map { Percent.encoded($0) }.joined(separator: "/")
        return try await orchestrator.send(
            request.method, path + query, body: request.body, actor: actor(request), request: try id(of: request))
    }
}
