import Control
import HTTP
import Model
import Store

/// What a browser posts.
extension Site {
    /// Shows the new host among the others; a refusal shows the form again, as it was filled in.
    func registerByForm(_ request: Request) async throws -> Response {
        let fields = try form(request)
        let draft = HostDraft(
            hostname: fields["hostname"], mac: fields["mac"] ?? "", serverType: fields["server_type"] ?? "")
        let body = try JSON.encode(draft)
        let answer = try await answer {
            try await orchestrator.send(
                "POST", "/hosts", body: body, actor: actor(request), request: try id(of: request))
        }
        if answer.status == 201, case .bytes(let bytes) = answer.body {
            return .redirect(to: "/#host-\(try JSON.decode(Host.self, from: bytes).id)")
        }
        return try await dashboard(refusal: FormRefusal(draft, try problem(of: answer)), status: answer.status)
    }

    func removeByForm(_ request: Request) async throws -> Response {
        let host = try await host(request)
        let typed = try form(request)["confirm"] ?? ""
        guard let name = try? Hostname(typed), name == host.hostname else {
            let reason = "This is not its name. Type \(host.hostname) to remove it."
            let refusal = RemovalRefusal(typed: typed, reason: reason)
            return try await hostPage(request, refusal: refusal, status: 422)
        }
        let answer = try await answer { try await remove(host, request) }
        if answer.status == 204 { return .redirect(to: "/") }
        let refusal = RemovalRefusal(typed: typed, reason: try problem(of: answer).detail)
        return try await hostPage(request, refusal: refusal, status: answer.status)
    }

    /// The form's fields, if it was sent by a page of our own: browsers say where a form comes from.
    func form(_ request: Request) throws -> [String: String] {
        if let site = request.headers["sec-fetch-site"], site != "same-origin", site != "none" {
            throw Problem(403, "This form was sent by a page of another site.")
        }
        if let origin = request.headers["origin"], let host = request.headers["host"],
            !origin.hasSuffix("://\(host)")
        {
            throw Problem(403, "This form was sent by a page of another site.")
        }
        return try Percent.form(String(decoding: request.body, as: UTF8.self)[...])
    }

    /// That nobody answers is shown beside the form too: what was typed is not lost.
    func answer(_ command: () async throws -> Response) async throws -> Response {
        do { return try await command() } catch let problem as Problem { return problem.response }
    }

    func problem(of answer: Response) throws -> ReceivedProblem {
        guard case .bytes(let bytes) = answer.body else { return ReceivedProblem(detail: "Refused.", field: nil) }
        return try JSON.decode(ReceivedProblem.self, from: bytes)
    }
}

/// What the orchestrator said against a command.
struct ReceivedProblem: Decodable {
    let detail: String
    let field: String?
}

/// A registration that was refused, to be shown again as it was filled in.
struct FormRefusal {
    let draft: HostDraft
    let problem: ReceivedProblem

    init(_ draft: HostDraft, _ problem: ReceivedProblem) {
        self.draft = draft
        self.problem = problem
    }
}

/// A removal that was refused, and what was typed.
struct RemovalRefusal {
    let typed: String
    let reason: String
    /// The field that could be filled in otherwise.
    var field: String?
}
