import Control
import HTTP
import Model

/// What a browser without JavaScript posts.
extension Site {
    func registerByForm(_ request: Request) async throws -> Response {
        let fields = try form(request)
        let draft = HostDraft(
            hostname: fields["hostname"], mac: fields["mac"] ?? "", serverType: fields["server_type"] ?? "")
        let answer = try await orchestrator.send(
            "POST", "/hosts", body: try JSON.encode(draft), actor: actor(request), request: try id(of: request))
        if answer.status == 201 { return .redirect(to: "/") }
        return try await dashboard(refusal: FormRefusal(draft, try problem(of: answer)), status: answer.status)
    }

    func removeByForm(_ request: Request) async throws -> Response {
        let host = try await host(request)
        guard try form(request)["confirm"] == host.hostname.description else {
            return try await page(of: host, notice: "Type \(host.hostname) to remove it.", status: 422)
        }
        let answer = try await remove(host, request)
        if answer.status == 204 { return .redirect(to: "/") }
        return try await page(of: host, notice: try problem(of: answer).detail, status: answer.status)
    }

    /// The form's fields, if it was sent by a page of our own: browsers say where a form comes from.
    private func form(_ request: Request) throws -> [String: String] {
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

    private func problem(of answer: Response) throws -> ReceivedProblem {
        guard case .bytes(let bytes) = answer.body else { return ReceivedProblem(detail: "Refused.", field: nil) }
        return try JSON.decode(ReceivedProblem.self, from: bytes)
    }
}

/// What the orchestrator said against a command.
struct ReceivedProblem: Decodable {
    let detail: String
    let field: String?
}

/// A form that was refused, to be shown again as it was filled in.
struct FormRefusal {
    let draft: HostDraft
    let problem: ReceivedProblem

    init(_ draft: HostDraft, _ problem: ReceivedProblem) {
        self.draft = draft
        self.problem = problem
    }
}
