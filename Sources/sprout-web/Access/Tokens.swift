import Control
import HTTP
import Model
import Store

/// What programs are let in with.
extension Site {
    func tokens(_ request: Request) async throws -> Response { try .json(["tokens": try await store.tokens()]) }

    func tokensPage(_ request: Request) async throws -> Response {
        try await tokensPage(made: nil, problem: nil, status: 200)
    }

    func changeTokensByForm(_ request: Request) async throws -> Response {
        let fields = try form(request)
        let name = fields["name"] ?? ""
        switch fields["action"] {
        case "create":
            guard let days = Int(fields["days"] ?? "") else {
                throw Problem(422, "The days that a token is good for are a number.", field: "days")
            }
            let wish = TokenWish(name: name, role: fields["role"] ?? "", days: days)
            let answer = try await ask("/tokens", wish, request)
            guard answer.status == 201, case .bytes(let bytes) = answer.body else {
                return try await tokensPage(made: nil, problem: try problem(of: answer), status: answer.status)
            }
            let made = try JSON.decode(MadeToken.self, from: bytes)
            let shown = made.role == .wall ? "\(Self.origin(of: request))\(WallPage.link(made.token))" : made.token
            return try await tokensPage(made: Made(token: made, shown: shown), problem: nil, status: 201)
        case "remove":
            let answer = try await answer {
                try await orchestrator.send(
                    "DELETE", "/tokens/\(Percent.encoded(name))", actor: actor(request), request: try id(of: request))
            }
            // One that somebody else has removed is gone as well.
            if answer.status == 204 || answer.status == 404 { return .redirect(to: "/tokens") }
            return try await tokensPage(made: nil, problem: try problem(of: answer), status: answer.status)
        default: throw Problem(400, "The field action is missing: create or remove.")
        }
    }

    /// Under which address this browser knows the box.
    private static func origin(of request: Request) -> String {
        "\(request.isOverTLS ? "https" : "http")://\(request.headers["host"] ?? "")"
    }

    private func tokensPage(made: Made?, problem: ReceivedProblem?, status: Int) async throws -> Response {
        let page = TokensPage(tokens: try await store.tokens(), made: made, problem: problem)
        let tally = try await Tally(store)
        return Frame("Tokens", in: .settings, newestEvent: nil, tally: tally).page(page.html, status: status)
    }
}

private struct TokenWish: Encodable {
    let name, role: String
    let days: Int
}

/// A token as sprout-orchestrator tells it, once.
private struct MadeToken: Decodable {
    let name, token: String
    let role: Role
}

/// What is shown of a new token: it itself, or the link that it is for.
private struct Made {
    let token: MadeToken
    let shown: String

    var what: String { token.role == .wall ? "The link of the wall" : "The token" }
}

private struct TokensPage {
    let tokens: [APIToken]
    let made: Made?
    let problem: ReceivedProblem?

    var html: HTML {
        """
        <nav aria-label="Way back"><a class="back" href="/account">Your account</a></nav>
        <section aria-labelledby="tokens-title">
        <h1 id="tokens-title">Tokens of programs</h1>
        \(made.map(shown))
        \(tokens.isEmpty ? "<p class=\"empty\">There is none yet.</p>" : nil)
        <ul class="accounts" role="list">\(tokens.map(item))</ul>
        </section>
        <section class="card" aria-labelledby="create-title">
        <h2 id="create-title">Make a token</h2>
        <form method="post" action="/tokens">
        \(problem?.html(besides: []))
        <p class="field"><label for="name">What it is for</label>
        <input id="name" name="name" autocomplete="off" autocapitalize="none" spellcheck="false" required></p>
        <p class="field"><label for="role">Role</label><select id="role" name="role">\(RoleOptions.html(Role.allCases, .operator))</select>
        <span class="hint">A wall is a screen that everybody passes: its token comes as a link, which shows how hosts are,
        big, and nothing else. Nobody signs in there.</span></p>
        <p class="field"><label for="days">Good for how many days</label>
        <input id="days" name="days" type="number" min="1" max="\(APIToken.mostDays)" value="\(APIToken.usualDays)" \
        required></p>
        <p><button name="action" value="create">Make it</button></p>
        <p class="hint">A token stays good when the user who made it is removed.</p>
        </form>
        </section>
        """
    }

    private func shown(_ made: Made) -> HTML {
        """
        <div class="card made" role="status"><p><strong>\(made.what) \(made.token.name), which is shown this once:</strong></p>
        <pre>\(made.shown)</pre></div>
        """
    }

    private func item(_ token: APIToken) -> HTML {
        """
        <li class="card">
        <div class="title"><h2>\(token.name)</h2> <span class="label">\(token.role.rawValue)</span></div>
        <p class="quiet">good until \(Moment.html(token.expiresAt)) · made \(Moment.html(token.createdAt)) \
        by \(token.createdBy) · \(token.lastUsed == nil ? "never used" : "used") \(token.lastUsed.map { Moment.html($0) })</p>
        <form method="post" action="/tokens"><input type="hidden" name="name" value="\(token.name)">
        <p><button class="destructive" name="action" value="remove">Revoke \(token.name)</button></p></form>
        </li>
        """
    }
}
