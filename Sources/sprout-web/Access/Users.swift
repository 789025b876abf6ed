import Control
import HTTP
import Model
import Store

/// Who may sign in, for who decides that.
extension Site {
    func users(_ request: Request) async throws -> Response { try .json(["users": try await store.users()]) }

    func usersPage(_ request: Request) async throws -> Response { try await usersPage(refusal: nil, status: 200) }

    func changeUsersByForm(_ request: Request) async throws -> Response {
        let fields = try form(request)
        let path = "/users/\(Percent.encoded(fields["name"] ?? ""))"
        let (method, target, body): (String, String, [String: String]) =
            switch fields["action"] {
            case "add":
                (
                    "POST", "/users",
                    ["name", "role", "password"].reduce(into: [:]) { $0[$1] = fields[$1] ?? "" }
                )
            case "role": ("PATCH", path, ["role": fields["role"] ?? ""])
            case "password": ("PATCH", path, ["password": fields["password"] ?? ""])
            case "remove": ("DELETE", path, [:])
            default: throw Problem(400, "The field action is missing: add, role, password or remove.")
            }
        let bytes = try JSON.encode(body)
        let answer = try await answer {
            try await orchestrator.send(
                method, target, body: bytes, actor: actor(request), request: try id(of: request))
        }
        if answer.status < 300 { return .redirect(to: "/users") }
        let refusal = UsersPage.Refusal(
            action: fields["action"] ?? "", name: fields["name"] ?? "", problem: try problem(of: answer))
        return try await usersPage(refusal: refusal, status: answer.status)
    }

    private func usersPage(refusal: UsersPage.Refusal?, status: Int) async throws -> Response {
        let page = UsersPage(users: try await store.users(), own: Caller.current.user?.user, refusal: refusal)
        let tally = try await Tally(store)
        return Frame("Users", in: .settings, newestEvent: nil, tally: tally).page(page.html, status: status)
    }
}

private struct UsersPage {
    struct Refusal {
        let action, name: String
        let problem: ReceivedProblem
    }

    let users: [User]
    let own: User?
    let refusal: Refusal?

    var html: HTML {
        """
        <nav aria-label="Way back"><a class="back" href="/account">Your account</a></nav>
        <section aria-labelledby="users-title">
        <h1 id="users-title">Users</h1>
        <ul class="accounts" role="list">\(users.map(item))</ul>
        </section>
        <section class="card" aria-labelledby="add-title">
        <h2 id="add-title">Add a user</h2>
        <form method="post" action="/users">
        \(refusal?.action == "add" ? told : nil)
        <p class="field"><label for="name">Name</label>
        <input id="name" name="name" value="\(refusal?.action == "add" ? refusal?.name ?? "" : "")" autocomplete="off" \
        autocapitalize="none" spellcheck="false" required></p>
        <p class="field"><label for="role">Role</label><select id="role" name="role">\(RoleOptions.html(Role.ofUsers, .operator))</select>
        <span class="hint">A viewer looks, an operator works with hosts, an admin decides who is let in and trusted.</span></p>
        <p class="field"><label for="password">Password, of at least 10 characters</label>
        <input id="password" name="password" type="password" autocomplete="new-password" required></p>
        <p><button name="action" value="add">Add</button></p>
        </form>
        </section>
        """
    }

    private func item(_ user: User) -> HTML {
        let (isRefused, isOwn) = (refusal?.name == "\(user.name)" && refusal?.action != "add", user.id == own?.id)
        return """
            <li class="card">
            <div class="title"><h2>\(user.name)\(isOwn ? " <small>you</small>" : nil)</h2> \
            <span class="label">\(user.role.rawValue)</span></div>
            <p class="quiet">\(user.lastSignIn == nil ? "has never signed in" : "signed in") \
            \(user.lastSignIn.map { Moment.html($0) })</p>
            \(isRefused ? told : nil)
            <details class="more" \(isRefused ? "open" : "" as HTML)><summary>Change \(user.name)</summary>
            <form method="post" action="/users"><input type="hidden" name="name" value="\(user.name)">
            <p class="field"><label for="role-\(user.id)">Role</label>
            <select id="role-\(user.id)" name="role">\(RoleOptions.html(Role.ofUsers, user.role))</select></p>
            <p><button name="action" value="role">Change the role</button></p></form>
            <form method="post" action="/users"><input type="hidden" name="name" value="\(user.name)">
            <p class="field"><label for="password-\(user.id)">New password</label>
            <input id="password-\(user.id)" name="password" type="password" autocomplete="new-password" required></p>
            <p><button name="action" value="password">Give a new password</button></p></form>
            <form method="post" action="/users"><input type="hidden" name="name" value="\(user.name)">
            <p><button class="destructive" name="action" value="remove">Remove \(user.name)</button></p></form>
            </details>
            </li>
            """
    }

    private var told: HTML? {
        refusal?.problem.html(besides: [])
    }
}

/// The choices of a role.
enum RoleOptions {
    static func html(_ roles: [Role], _ chosen: Role) -> [HTML] {
        roles.map { role in
            "<option value=\"\(role.rawValue)\" \(role == chosen ? "selected" : "" as HTML)>\(role.rawValue)</option>"
        }
    }
}
