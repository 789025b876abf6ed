import Control
import HTTP
import Model
import Store

/// How people get in: the page of the first start, and the one to sign in.
extension Site {
    func signInPage(_ request: Request) async throws -> Response {
        if try await store.isUnclaimed() { return .redirect(to: "/setup") }
        let next = Self.ownPath(request.query["next"])
        if Caller.current.user != nil { return .redirect(to: next) }
        return SignInForm(name: "", next: next, problem: nil).page(status: 200)
    }

    func signIn(_ request: Request) async throws -> Response {
        let fields = try form(request)
        let (name, next) = (fields["name"] ?? "", Self.ownPath(fields["next"]))
        let wish = ["name": name, "password": fields["password"] ?? "", "address": request.source]
        let answer = try await ask("/access/sign-in", wish, request)
        if answer.status == 201 { return try beginSession(answer, request, at: next) }
        let page = SignInForm(name: name, next: next, problem: try problem(of: answer)).page(status: answer.status)
        return page.adding("retry-after", answer.headers["retry-after"])
    }

    func setupPage(_ request: Request) async throws -> Response {
        guard try await store.isUnclaimed() else { return .redirect(to: "/sign-in") }
        return SetupForm(code: request.query["code"] ?? "", name: "", problem: nil).page(status: 200)
    }

    func setUp(_ request: Request) async throws -> Response {
        let fields = try form(request)
        let (code, name) = (fields["code"] ?? "", fields["name"] ?? "")
        let wish = ["code": code, "name": name, "password": fields["password"] ?? "", "address": request.source]
        let answer = try await ask("/access/setup", wish, request)
        if answer.status == 201 { return try beginSession(answer, request, at: "/welcome") }
        let page = SetupForm(code: code, name: name, problem: try problem(of: answer)).page(status: answer.status)
        return page.adding("retry-after", answer.headers["retry-after"])
    }

    /// `GET /api/setup`: the code that makes the first user, for who is on the box.
    func setupCode(_ request: Request) async throws -> Response {
        guard case .onBox = Caller.current.identity else {
            throw Problem(403, "The code of the first start is shown on the box itself: sprout setup.")
        }
        return try await orchestrator.send(
            "GET", "/access/setup", actor: actor(request), request: request.id ?? "")
    }

    func beginSession(_ answer: Response, _ request: Request, at path: String) throws -> Response {
        guard case .bytes(let bytes) = answer.body,
            let session = try JSON.decode([String: String].self, from: bytes)["session"]
        else { throw Problem(502, "sprout-orchestrator gave no session.") }
        let cookie = GuardedCookie.session.set(
            session, until: .now() + .seconds(WebSession.days * 86_400), for: request)
        return .redirect(to: path).adding("set-cookie", cookie)
    }

    func ask(_ path: String, _ body: some Encodable, _ request: Request) async throws -> Response {
        let bytes = try JSON.encode(body)
        return try await answer {
            try await orchestrator.send("POST", path, body: bytes, actor: actor(request), request: try id(of: request))
        }
    }

    /// Where to go on after signing in: to a page of this Sprout, whatever a link says.
    static func ownPath(_ wish: String?) -> String {
        guard let wish, wish.hasPrefix("/"), (try? Request("GET", wish)) != nil, !wish.hasPrefix("/sign-in") else {
            return "/"
        }
        return wish
    }
}

extension Response {
    func adding(_ name: String, _ value: String?) -> Response {
        var response = self
        response.headers[name] = value
        return response
    }
}

/// The page to sign in.
struct SignInForm {
    let name: String
    let next: String
    let problem: ReceivedProblem?

    func page(status: Int) -> Response {
        let main: HTML = """
            <section class="card door" aria-labelledby="sign-in-title">
            <h1 id="sign-in-title">Sign in</h1>
            <form method="post" action="/sign-in">
            \(problem?.html(besides: [], isFocused: false))
            <input type="hidden" name="next" value="\(next)">
            <p class="field"><label for="name">Name</label>
            <input id="name" name="name" value="\(name)" autocomplete="username" autocapitalize="none" \
            spellcheck="false" required \(name.isEmpty ? "autofocus" : "" as HTML)></p>
            <p class="field"><label for="password">Password</label>
            <input id="password" name="password" type="password" autocomplete="current-password" required \
            \(name.isEmpty ? "" : "autofocus" as HTML)></p>
            <p><button>Sign in</button></p>
            </form>
            <p class="hint">Forgotten? On the box: <code>sprout users set NAME --password</code></p>
            </section>
            """
        return Frame("Sign in", newestEvent: nil, tally: nil).page(main, status: status)
    }
}

/// The page of the first start.
struct SetupForm {
    let code: String
    let name: String
    let problem: ReceivedProblem?

    func page(status: Int) -> Response {
        let main: HTML = """
            <section class="card door" aria-labelledby="setup-title">
            <h1 id="setup-title">Welcome to Sprout</h1>
            <p>Nobody can sign in yet. The code shows that this box is yours: it is on its screen, in what
            <code>sprout up</code> says, and <code>sprout setup</code> shows it again.</p>
            <form method="post" action="/setup">
            \(problem?.html(besides: ["code", "name", "password"]))
            \(field("code", "Code", code, "autocomplete=\"one-time-code\" placeholder=\"ABCD-EFGH\""))
            \(field("name", "Your name, as you will sign in", name, "autocomplete=\"username\" autocapitalize=\"none\""))
            \(field("password", "A password, of at least 10 characters", "", "type=\"password\" autocomplete=\"new-password\""))
            <p><button>Begin</button></p>
            </form>
            </section>
            """
        return Frame("Welcome", newestEvent: nil, tally: nil).page(main, status: status)
    }

    private func field(_ name: String, _ label: HTML, _ value: String, _ more: HTML) -> HTML {
        FormField(name: name, label: label, value: value, attributes: "required \(more)", problem: problem).html
    }
}
