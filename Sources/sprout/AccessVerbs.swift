import Control
import HTTP
import Model

/// Who is let in: the first user, the others, and programs.
extension Verb {
    static let setup: Verb = Verb(
        words: ["setup"], summary: "show the code that makes the first user", operands: [],
        options: connectionOptions, example: "sprout setup"
    ) { invocation in
        let code = try await API(invocation).get("/api/setup", as: [String: String].self).value["code"] ?? ""
        Terminal.say("Nobody can sign in yet. Open the page of this Sprout, and type this code:\n\(code)")
    }

    static let usersList: Verb = Verb(
        words: ["users", "list"], summary: "show who may sign in", operands: [],
        options: [outputOption] + connectionOptions, example: "sprout users list"
    ) { invocation in
        let (answer, json) = try await API(invocation).get("/api/users", as: [String: [User]].self)
        if invocation.isJSON { return Terminal.say(json) }
        let users = answer["users"] ?? []
        if users.isEmpty {
            return Terminal.say("There is no user yet. The first one: sprout setup, or sprout users add")
        }
        Terminal.say(
            Terminal.table(
                [["USER", "ROLE", "SIGNED IN"]]
                    + users.map { ["\($0.name)", $0.role.rawValue, $0.lastSignIn.map { "\($0)" } ?? "never"] }))
    }

    static let usersAdd: Verb = Verb(
        words: ["users", "add"],
        summary: "let somebody sign in; the password is typed, or read from standard input",
        operands: [userOperand],
        options: [
            roleOption,
            Option(
                name: "--hash", value: nil,
                summary: "the password's hash is typed or read (mkpasswd -m yescrypt makes one)"),
        ] + connectionOptions,
        example: "sprout users add anna --role operator"
    ) { invocation in
        guard let role = invocation.value("--role") else {
            throw UsageError(description: "--role is missing: viewer, operator or admin", verb: invocation.verb)
        }
        let name = invocation.operands[0]
        let body = [
            "name": name, "role": role,
            invocation.has("--hash") ? "password_hash" : "password": try newPassword(of: name),
        ]
        try await API(invocation).send("POST", "/api/users", body: try JSON.encode(body))
        Terminal.say("\(name) may sign in, as \(role).")
    }

    static let usersSet: Verb = Verb(
        words: ["users", "set"],
        summary: "give a user another role or another password, typed or from standard input",
        operands: [userOperand],
        options: [
            roleOption,
            Option(name: "--password", value: nil, summary: "a new password; it ends all sessions of the user"),
        ] + connectionOptions, example: "sprout users set anna --role admin"
    ) { invocation in
        let name = invocation.operands[0]
        var body: [String: String] = [:]
        body["role"] = invocation.value("--role")
        if invocation.has("--password") { body["password"] = try newPassword(of: name) }
        guard !body.isEmpty else {
            throw UsageError(description: "nothing is to be changed: give --role or --password", verb: invocation.verb)
        }
        try await API(invocation).send("PATCH", "/api/users/\(Percent.encoded(name))", body: try JSON.encode(body))
        Terminal.say("\(name) is changed.")
    }

    static let usersRemove: Verb = Verb(
        words: ["users", "remove"], summary: "let somebody sign in no more", operands: [userOperand],
        options: connectionOptions, example: "sprout users remove anna"
    ) { invocation in
        let name = invocation.operands[0]
        try await API(invocation).send("DELETE", "/api/users/\(Percent.encoded(name))")
        Terminal.say("\(name) may sign in no more.")
    }

    static let tokensList: Verb = Verb(
        words: ["tokens", "list"], summary: "show the tokens that programs are let in with", operands: [],
        options: [outputOption] + connectionOptions, example: "sprout tokens list"
    ) { invocation in
        let (answer, json) = try await API(invocation).get("/api/tokens", as: [String: [APIToken]].self)
        if invocation.isJSON { return Terminal.say(json) }
        let tokens = answer["tokens"] ?? []
        if tokens.isEmpty { return Terminal.say("There is no token. Make one: sprout tokens create") }
        Terminal.say(
            Terminal.table(
                [["TOKEN", "ROLE", "GOOD UNTIL", "USED"]]
                    + tokens.map {
                        ["\($0.name)", $0.role.rawValue, "\($0.expiresAt)", $0.lastUsed.map { "\($0)" } ?? "never"]
                    }))
    }

    static let tokensCreate: Verb = Verb(
        words: ["tokens", "create"],
        summary: "make a token for a program: it is shown once, alone on the last line", operands: [],
        options: [
            Option(name: "--name", value: "NAME", summary: "what it is for"),
            Option(
                name: "--role", value: "ROLE",
                summary: "wall, for a screen that shows the hosts; viewer, operator or admin",
                completion: .words(Role.allCases.map(\.rawValue))),
            Option(
                name: "--days", value: "DAYS", summary: "how long it is good for; default: \(APIToken.usualDays)"),
            outputOption,
        ] + connectionOptions, example: "sprout tokens create --role operator --name ci --days 365"
    ) { invocation in
        guard let name = invocation.value("--name"), let role = invocation.value("--role") else {
            throw UsageError(description: "--name and --role are needed", verb: invocation.verb)
        }
        let days = try invocation.value("--days").map { text in
            guard let days = Int(text) else {
                throw UsageError(description: "--days is \"\(text)\"; it must be a number", verb: invocation.verb)
            }
            return days
        }
        let wish = TokenWish(name: name, role: role, days: days)
        let answer = try await API(invocation).send("POST", "/api/tokens", body: try JSON.encode(wish))
        if invocation.isJSON { return Terminal.say(String(decoding: answer.body, as: UTF8.self)) }
        let made = try JSON.decode(MadeToken.self, from: answer.body)
        if made.role == Role.wall.rawValue {
            let place = invocation.value("--url") ?? "https://BOX"
            Terminal.say("Open this once on the screen that is to show the hosts: \(place)/wall?token=\(made.token)")
        }
        Terminal.say("The token \(made.name), as \(made.role), is good until \(made.expires). It is shown this once:")
        Terminal.say(made.token)
    }

    static let tokensRemove: Verb = Verb(
        words: ["tokens", "remove"], summary: "make a token worth nothing", operands: [Operand(name: "NAME")],
        options: connectionOptions, example: "sprout tokens remove ci"
    ) { invocation in
        let name = invocation.operands[0]
        try await API(invocation).send("DELETE", "/api/tokens/\(Percent.encoded(name))")
        Terminal.say("\(name) is worth nothing any more.")
    }

    private static let userOperand = Operand(name: "USER")

    private static let roleOption = Option(
        name: "--role", value: "ROLE", summary: "viewer, operator or admin",
        completion: .words(Role.ofUsers.map(\.rawValue)))

    private static func newPassword(of name: String) throws -> String {
        guard let value = Terminal.secret("A password for \(name): ") else {
            throw Failure(description: "no password was typed, so nothing was changed")
        }
        return value
    }
}

private struct TokenWish: Encodable {
    let name, role: String
    let days: Int?
}

private struct MadeToken: Decodable {
    let name, role, token, expires: String

    enum CodingKeys: String, CodingKey {
        case name, role, token
        case expires = "expires_at"
    }
}
