import Control
import Crypto
import FoundationEssentials
import HTTP
import Model
import Recipes
import Store

/// What installers and newly installed systems ask and tell.
///
/// They are read here, where nothing is worth stealing; whether they may, the orchestrator says. Whoever has no token of
/// an operation learns nothing, not even whether there is such a host.
struct Installers: Sendable {
    let store: Store
    let orchestrator: Orchestrator

    var routes: [Routes.Route] {
        [
            .post("/api/boot/answer", answer),
            .post("/api/boot/telemetry", telemetry),
            .post("/api/boot/telemetry/logs", logs),
            .post("/api/hosts/:id/installed", installed),
            .get("/api/hosts/:id/first-boot-script", firstBootScript),
            .post("/api/hosts/:id/phone-home", phoneHome),
        ]
    }

    /// The installer asks once and waits a minute: what it is told is TOML, which every release reads.
    private func answer(_ request: Request) async throws -> Response {
        let machine = try JSON.decode(SystemInformation.self, from: request.body)
        return try await ask("/answers", request, token: nil, machine)
    }

    /// The agent beside the installer is a shell script: it sends lines, and reads lines.
    private func telemetry(_ request: Request) async throws -> Response {
        let query = request.query
        let batch: InstallerBatch
        do {
            batch = try InstallerBatch(
                run: query["run"], first: query["first"], uptime: query["up"], body: request.body)
        } catch {
            throw Problem(422, "What was sent is not what an installer's agent sends: \(error)")
        }
        let answer = try await ask("/telemetry", request, token: nil, batch)
        guard answer.status == 200, case .bytes(let bytes) = answer.body else { return answer }
        let heard = try JSON.decode(Installer.Heard.self, from: bytes)
        return .text("next \(heard.next)\n" + heard.orders.map { "order \($0.id) \($0.verb.rawValue)\n" }.joined())
    }

    /// All logs as one file, of which nobody looks further than this: it goes to people as it came.
    private func logs(_ request: Request) async throws -> Response {
        guard let number = request.query["order"].flatMap({ Int64($0) }), let token = Token(request.bearer),
            let order = try await store.logsOrder(number, tokenHash: token.hash)
        else { throw Problem(404, "There is nothing here.") }
        guard request.body.starts(with: [0x1f, 0x8b]) else {
            throw Problem(422, "What was sent is no tar.gz, and is not kept.")
        }
        // An agent to which the answer was lost sends them again.
        guard !order.hasArrived else { return Response(status: 204) }
        return try await ask(
            "/telemetry/logs", request, token: nil, Installer.Logs(order: number, archive: Data(request.body)))
    }

    private func installed(_ request: Request) async throws -> Response {
        let report = try JSON.decode(InstalledReport.self, from: request.body)
        return try await ask("/hosts/\(try hostID(request))/installed", request, token: report.token, report)
    }

    private func phoneHome(_ request: Request) async throws -> Response {
        let report = try JSON.decode(StartReport.self, from: request.body)
        return try await ask("/hosts/\(try hostID(request))/phone-home", request, token: report.token, report)
    }

    /// The installer fetches it before it writes anything, and the system that it installs runs it.
    private func firstBootScript(_ request: Request) async throws -> Response {
        let id = try hostID(request)
        guard let token = Token(request.query["token"]),
            let (_, host) = try await store.operation(withToken: token.hash), host.id == id,
            [.installing, .installed].contains(host.state)
        else { throw Problem(404, "There is nothing here.") }
        let server = try await store.publicURL() ?? request.reachedServer
        let url = "\(server)/api/hosts/\(id)/phone-home"
        var response = Response.text(FirstBootScript(phoneHome: url, token: token.text, hostname: host.hostname).text)
        response.headers["cache-control"] = "no-store"
        return response
    }

    // MARK: Pieces

    /// The token is in a field of the request, in the body or in the URL, as the release can.
    private func ask<Content: Codable & Sendable>(
        _ path: String, _ request: Request, token: String?, _ content: Content
    ) async throws -> Response {
        guard let id = request.id else { throw Problem(400, "The request has no X-Request-Id.") }
        let message = Installer.Message(
            token: token ?? request.bearer ?? request.query["token"],
            address: request.headers["x-real-ip"] ?? "an unknown address", server: try request.reachedServer,
            content: content)
        return try await orchestrator.send(
            "POST", path, body: try JSON.encode(message), actor: "sprout-metadata", request: id)
    }

    private func hostID(_ request: Request) throws -> String {
        let id = request.parameters["id"] ?? ""
        guard id.utf8.count <= 64,
            id.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || Character(Unicode.Scalar($0)).isHexDigit })
        else { throw Problem(404, "There is nothing here.") }
        return id
    }
}

extension Request {
    fileprivate var bearer: String? {
        guard let field = headers["authorization"], field.lowercased().hasPrefix("bearer ") else { return nil }
        return String(field.dropFirst(7))
    }
}
