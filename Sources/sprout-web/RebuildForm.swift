import Control
import HTTP
import Model
import Store

/// The way to a host's plan; while an operation is at work on it, the form that stops that.
struct RebuildForm {
    let host: Host
    let operation: Operation?

    var html: HTML {
        guard host.state.isUnderWay else {
            return """
                <p class="actions"><a class="button" href="/hosts/\(host.id)/rebuild">Rebuild with Proxmox VE</a>\
                \(host.state == .failed ? why : nil)</p>
                """
        }
        return """
            <p class="actions">\(follow)</p>
            <details class="danger" id="stop">
            <summary>Stop what is being done</summary>
            <form method="post" action="/hosts/\(host.id)/cancel">
            <p>\(host.hostname) gets the installer no more. What the installer has begun to write stays on the disk.</p>
            <p><button class="destructive">Stop \(host.hostname)</button></p>
            </form>
            </details>
            """
    }

    private var follow: HTML? {
        operation.map { "<a class=\"button\" href=\"/ops/\($0.id)\">Follow its installation</a>" }
    }

    private var why: HTML? {
        operation.map { " <a class=\"button plain\" href=\"/ops/\($0.id)\">See why it failed</a>" }
    }
}

private struct FormWish: Encodable {
    let confirm, image: String
    let removesMember: Bool
    let erase: [String]

    enum CodingKeys: String, CodingKey {
        case confirm, erase, image
        case removesMember = "remove_member"
    }
}

extension Site {
    func rebuildByForm(_ request: Request) async throws -> Response {
        let host = try await host(request)
        let fields = try form(request)
        let wish = FormWish(
            confirm: fields["confirm"] ?? "", image: fields["image"] ?? "",
            removesMember: fields["remove_member"] == "yes",
            erase: (fields["erase"] ?? "").split(separator: ",").map { String($0).trimmedOfSpaces }
                .filter { !$0.isEmpty })
        let body = try JSON.encode(wish)
        let answer = try await answer { try await ask(host, "rebuild", body, request) }
        if answer.status == 202 { return .redirect(to: try await operationPath(host)) }
        let problem = try problem(of: answer)
        let refusal = RemovalRefusal(typed: wish.confirm, reason: problem.detail, field: problem.field)
        return try await planPage(host, image: wish.image, refusal: refusal, request, status: answer.status)
    }

    /// The page on which what was begun is followed.
    private func operationPath(_ host: Host) async throws -> String {
        let latest = try await store.operations(ofHost: host.id).first
        return latest.map { "/ops/\($0.id)" } ?? "/hosts/\(host.id)"
    }

    func cancelByForm(_ request: Request) async throws -> Response {
        let host = try await host(request)
        _ = try form(request)
        let answer = try await ask(host, "cancel", Array("{}".utf8), request)
        guard answer.status == 200 else { throw Problem(answer.status, try problem(of: answer).detail) }
        return .redirect(to: "/hosts/\(host.id)")
    }

    /// What is asked for a host, by whatever name it is called.
    func passOnForHost(_ request: Request) async throws -> Response {
        if request.method == "POST" { try requireJSON(request) }
        return try await ask(try await host(request), request.segments.last ?? "", request.body, request)
    }

    func ask(_ host: Host, _ action: String, _ body: [UInt8], _ request: Request) async throws -> Response {
        try await sendOnce(request.method, "/hosts/\(host.id)/\(action)", body, request)
    }
}
