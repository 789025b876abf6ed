import Control
import HTTP
import Model
import Store

/// What people do with their own account.
extension Site {
    func account(_ request: Request) async throws -> Response {
        let caller = Caller.current
        return try .json(
            Account(
                name: caller.name, role: caller.role?.rawValue ?? "", by: caller.way,
                sessionEnds: caller.user?.session.expiresAt))
    }

    func accountPage(_ request: Request) async throws -> Response {
        try await accountPage(problem: nil, status: 200)
    }

    func changeAccountByForm(_ request: Request) async throws -> Response {
        let fields = try form(request)
        switch fields["action"] {
        case "password":
            let answer = try await changePassword(fields["current"] ?? "", fields["new"] ?? "", request)
            if answer.status == 201 { return try beginSession(answer, request, at: "/account") }
            return try await accountPage(problem: try problem(of: answer), status: answer.status)
        case "sign-out", "sign-out-everywhere":
            let answer = try await signOut(everywhere: fields["action"] != "sign-out", request)
            guard answer.status == 204 else { throw Problem(answer.status, try problem(of: answer).detail) }
            return .redirect(to: "/sign-in").adding("set-cookie", GuardedCookie.session.clear(for: request))
        default: throw Problem(400, "The field action is missing: password, sign-out or sign-out-everywhere.")
        }
    }

    /// `PUT /api/account/password`: one's own, for who knows the current one.
    func changeOwnPassword(_ request: Request) async throws -> Response {
        try requireJSON(request)
        let wish = try JSON.decode(strictly: OwnPassword.self, from: request.body)
        let answer = try await changePassword(wish.current, wish.new, request)
        guard answer.status == 201 else { return answer }
        let session = try beginSession(answer, request, at: "/account").headers["set-cookie"]
        return Response(status: 204).adding("set-cookie", session)
    }

    /// `POST /api/account/sign-out`.
    func signOutByAPI(_ request: Request) async throws -> Response {
        try requireJSON(request)
        let wish = try JSON.decode(strictly: SignOutWish.self, from: request.body)
        return try await signOut(everywhere: wish.everywhere ?? false, request)
            .adding("set-cookie", GuardedCookie.session.clear(for: request))
    }

    private func changePassword(_ current: String, _ new: String, _ request: Request) async throws -> Response {
        let user = try signedIn().user
        let wish = ["name": "\(user.name)", "current": current, "new": new, "address": request.source]
        return try await ask("/access/password", wish, request)
    }

    private func signOut(everywhere: Bool, _ request: Request) async throws -> Response {
        let wish = SignOut(session: try signedIn().session.text, everywhere: everywhere)
        return try await ask("/access/sign-out", wish, request)
    }

    private func signedIn() throws -> (user: User, session: WebSession, cookie: String) {
        guard let found = Caller.current.user else {
            throw Problem(403, "\(Caller.current.name) has not signed in: it has neither a session nor a password.")
        }
        return found
    }

    private func accountPage(problem: ReceivedProblem?, status: Int) async throws -> Response {
        let page = AccountPage(caller: Caller.current, problem: problem)
        let tally = try await Tally(store)
        return Frame("Your account", newestEvent: nil, tally: tally).page(page.html, status: status)
    }
}

/// The body of `PUT /api/account/password`.
private struct OwnPassword: StrictBody {
    let current, new: String

    enum CodingKeys: CodingKey, CaseIterable { case current, new }
}

/// The body of `POST /api/account/sign-out`.
private struct SignOutWish: StrictBody {
    let everywhere: Bool?

    enum CodingKeys: CodingKey, CaseIterable { case everywhere }
}

/// What sprout-orchestrator is asked.
private struct SignOut: Encodable {
    let session: String
    let everywhere: Bool
}

private struct Account: Encodable {
    let name, role, by: String
    let sessionEnds: Timestamp?

    enum CodingKeys: String, CodingKey {
        case name, role, by
        case sessionEnds = "session_ends"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(role, forKey: .role)
        try container.encode(by, forKey: .by)
        try container.encode(sessionEnds, forKey: .sessionEnds)
    }
}

extension Caller {
    /// What has let them in.
    fileprivate var way: String {
        switch identity {
        case .nobody: "nothing"
        case .onBox: "socket"
        case .user: "session"
        case .token: "token"
        }
    }
}

private struct AccountPage {
    let caller: Caller
    let problem: ReceivedProblem?

    var html: HTML {
        """
        <nav aria-label="Way back"><a class="back" href="/">All hosts</a></nav>
        <article class="host">
        <div class="title"><h1>\(caller.name)</h1></div>
        <p class="sentence">\(caller.role?.rawValue ?? "")\(caller.user.map(end))</p>
        \(allowed(.admin, Self.administration))
        \(caller.user.map { _ in forms })
        </article>
        """
    }

    private func end(_ found: (user: User, session: WebSession, cookie: String)) -> HTML {
        " · this session ends \(Moment.html(found.session.expiresAt))"
    }

    private static let administration: HTML = """
        <p class="ways"><a href="/users">Users</a> · <a href="/tokens">Tokens of programs</a></p>
        """

    private var forms: HTML {
        """
        <section class="card" aria-labelledby="password-title">
        <h2 id="password-title">Another password</h2>
        <form method="post" action="/account">
        \(field("current", "Current password", "current-password"))
        \(field("new", "New password, of at least 10 characters", "new-password"))
        <p><button name="action" value="password">Change it</button></p>
        <p class="hint">All other sessions of yours end with it.</p>
        </form>
        </section>
        <form method="post" action="/account">
        <p><button name="action" value="sign-out">Sign out</button>
        <button class="plain" name="action" value="sign-out-everywhere">Sign out everywhere</button></p>
        </form>
        """
    }

    /// What names no field is about the password that lets one change it.
    private func field(_ name: String, _ label: HTML, _ kind: HTML) -> HTML {
        let told = problem.map { ReceivedProblem(detail: $0.detail, field: $0.field ?? "current") }
        return FormField(
            name: name, label: label, attributes: "type=\"password\" autocomplete=\"\(kind)\" required", problem: told
        ).html
    }
}
