import Control
import HTTP
import Model

extension Verb {
    static let secretsSet: Verb = Verb(
        words: ["secrets", "set"],
        summary: "store a secret that settings name; it is typed, or read from standard input",
        operands: [secretOperand], options: connectionOptions,
        example: "sprout secrets set dell-idrac < password-file"
    ) { invocation in
        let name = invocation.operands[0]
        guard let value = Terminal.secret("The secret \(name): ") else {
            throw Failure(description: "nothing was typed, so nothing was stored")
        }
        try await API(invocation).send(
            "PUT", "/api/secrets/\(Percent.encoded(name))", body: try JSON.encode(["value": value]))
        Terminal.say("\(name) is stored, sealed.")
    }

    static let secretsList: Verb = Verb(
        words: ["secrets", "list"], summary: "show the names of the secrets that are stored", operands: [],
        options: [outputOption] + connectionOptions, example: "sprout secrets list"
    ) { invocation in
        let (answer, json) = try await API(invocation).get("/api/secrets", as: [String: [SecretEntry]].self)
        if invocation.isJSON { return Terminal.say(json) }
        let secrets = answer["secrets"] ?? []
        if secrets.isEmpty { return Terminal.say("No secret is stored. Store one: sprout secrets set NAME") }
        Terminal.say(Terminal.table([["SECRET", "SINCE"]] + secrets.map { [$0.name, "\($0.updatedAt)"] }))
    }

    static let secretsRemove: Verb = Verb(
        words: ["secrets", "remove"], summary: "forget a secret", operands: [secretOperand],
        options: connectionOptions, example: "sprout secrets remove dell-idrac"
    ) { invocation in
        let name = invocation.operands[0]
        try await API(invocation).send("DELETE", "/api/secrets/\(Percent.encoded(name))")
        Terminal.say("\(name) is forgotten.")
    }

    private static let secretOperand = Operand(name: "NAME")
}
