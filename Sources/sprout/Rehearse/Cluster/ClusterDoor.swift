import Control
import HTTP
import Linux
import Rehearsal

/// Carries requests to the cluster that does not exist, and its answers back, in the form of Proxmox VE's API.
struct ClusterDoor: Sendable {
    let model: ClusterModel
    let reactor: Reactor

    /// What is reached over TLS.
    var routes: Routes { Routes(others: routes { try asker(of: $0) }) }

    /// What is reached over the Unix socket of the member's own root; there the model itself can be seen and changed.
    var rootRoutes: Routes {
        Routes(
            .get("/standin") { _ in try .json(await model.look()) },
            .put("/standin") { request in
                try await model.become(try JSON.decode(StandInCluster.self, from: request.body))
                return try .json(await model.look())
            },
            others: routes { request in .root(on: try await root(of: request)) })
    }

    private typealias Asker = StandInCluster.Request.Asker

    private func routes(_ asker: @escaping @Sendable (Request) async throws -> Asker) -> [Routes.Route] {
        let paths = (1...5).map { count in "/api2/json" + (1...count).map { "/:part\($0)" }.joined() }
        let handler: Routes.Handler = { request in try await answer(request, asker(request)) }
        return paths.flatMap { path in
            [.get(path, handler), .post(path, handler), .put(path, handler), .delete(path, handler)]
        }
    }

    private func answer(_ request: Request, _ asker: Asker) async throws -> Response {
        let delay = await model.look().faults.delay
        if delay > 0 { try await reactor.sleep(for: .milliseconds(Int64(delay * 1000))) }
        let fields = request.method == "GET" || request.method == "DELETE" ? request.query : try form(request)
        let answer = try await model.answer(
            StandInCluster.Request(request.method, Array(request.segments.dropFirst(2)), fields: fields, asker: asker))
        let headers: Headers = ["content-type": "application/json;charset=UTF-8", "cache-control": "max-age=0"]
        return Response(
            status: answer.status, reason: answer.message, headers: headers, body: .bytes(try JSON.encode(answer.body)))
    }

    private func form(_ request: Request) throws -> [String: String] {
        let text = String(decoding: request.body, as: UTF8.self)
        guard request.headers["content-type"]?.hasPrefix("application/json") == true else {
            return try Percent.form(text[...])
        }
        return try JSON.decode([String: PlainValue].self, from: request.body).mapValues(\.text)
    }

    // MARK: Who asks

    private func asker(of request: Request) throws -> Asker {
        if let node = request.headers["x-node"], let key = request.headers["x-corosync-key"] {
            return .node(node, corosyncKey: key)
        }
        if let word = request.headers["authorization"], word.hasPrefix("PVEAPIToken=") {
            let parts = word.dropFirst("PVEAPIToken=".count).split(separator: "=", maxSplits: 1)
            return .token(id: String(parts.first ?? ""), secret: parts.count > 1 ? String(parts[1]) : "")
        }
        let cookies = (request.headers["cookie"] ?? "").split(separator: ";").map { $0.drop { $0 == " " } }
        guard let cookie = cookies.first(where: { $0.hasPrefix("PVEAuthCookie=") }),
            let ticket = try Percent.form(cookie)["PVEAuthCookie"]
        else { return .nobody }
        return .ticket(ticket, csrf: request.headers["csrfpreventiontoken"])
    }

    private func root(of request: Request) async throws -> String {
        if let node = request.headers["x-node"] { return node }
        return await model.look().local
    }
}

/// A value of a body in JSON, as the text that a form would have.
private struct PlainValue: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let flag = try? value.decode(Bool.self) {
            text = flag ? "1" : "0"
        } else if let number = try? value.decode(Int.self) {
            text = "\(number)"
        } else {
            text = try value.decode(String.self)
        }
    }
}
