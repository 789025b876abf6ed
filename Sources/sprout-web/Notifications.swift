import Control
import HTTP
import Model
import Store

/// Who is told what becomes of hosts, as the orchestrator says it.
private struct Targets: Decodable {
    let targets: [Target]

    struct Target: Decodable {
        let number: Int
        let kind: String
        let server: String
        let on: [String]
        /// Of a test: whether it took the message, and why not.
        let accepted: Bool?
        let problem: String?

        var html: HTML {
            """
            <li><strong>\(kind) at \(server)</strong> <span class="quiet">told of \(on.joined(separator: ", "))</span>
            \(result)</li>
            """
        }

        private var result: HTML? {
            if let problem { return "<p class=\"notice\" role=\"alert\">\(problem)</p>" }
            return accepted == true ? "<p role=\"status\">It has taken the message.</p>" : nil
        }
    }
}

extension Site {
    func notificationsPage(_ request: Request) async throws -> Response {
        try await show(try await ask("GET", "/notifications", request))
    }

    func testNotificationsByForm(_ request: Request) async throws -> Response {
        _ = try form(request)
        return try await show(try await ask("POST", "/notifications/test", request))
    }

    private func ask(_ method: String, _ path: String, _ request: Request) async throws -> Targets {
        // Reading changes nothing, and needs no name.
        let id = method == "GET" ? request.id ?? "" : try id(of: request)
        let answer = try await orchestrator.send(method, path, actor: actor(request), request: id)
        guard answer.status == 200, case .bytes(let bytes) = answer.body else {
            throw Problem(answer.status, try problem(of: answer).detail)
        }
        return try JSON.decode(Targets.self, from: bytes)
    }

    private static let test: HTML = """
        <form method="post" action="/notifications"><button>Send everybody a test</button></form>
        """

    private func show(_ told: Targets) async throws -> Response {
        let list: HTML =
            told.targets.isEmpty
            ? """
            <p class="empty">Nobody is told anything yet: write down who is, under <code>notifications</code> in
            <code>provisioning.yaml</code>.</p>
            """
            : """
            <ul class="rows" role="list">\(told.targets.map(\.html))</ul>
            \(allowed(.admin, Self.test))
            """
        let main: HTML = """
            <nav aria-label="Way back"><a class="back" href="/settings">Settings</a></nav>
            <section aria-labelledby="told-title">
            <h1 id="told-title">Who is told what becomes of hosts</h1>
            \(list)
            </section>
            """
        let tally = try await Tally(store)
        return Frame("Notifications", in: .settings, newestEvent: nil, tally: tally).page(main, status: 200)
    }
}
