import Control
import HTTP
import Model

extension Verb {
    static let notificationsList: Verb = Verb(
        words: ["notifications", "list"], summary: "show who is told what becomes of hosts", operands: [],
        options: [outputOption] + connectionOptions, example: "sprout notifications list"
    ) { invocation in
        let (answer, json) = try await API(invocation).get("/api/notifications", as: [String: [ShownTarget]].self)
        if invocation.isJSON { return Terminal.say(json) }
        let targets = answer["targets"] ?? []
        if targets.isEmpty { return Terminal.say(nobody) }
        let rows = targets.map {
            ["\($0.number)", $0.kind, $0.server, $0.on.joined(separator: ", "), $0.secret ?? "none"]
        }
        Terminal.say(Terminal.table([["TARGET", "KIND", "SERVER", "TOLD OF", "SECRET"]] + rows))
    }

    static let notificationsTest: Verb = Verb(
        words: ["notifications", "test"], summary: "send everybody a message, and show who has taken it", operands: [],
        options: [outputOption] + connectionOptions, example: "sprout notifications test"
    ) { invocation in
        let answer = try await API(invocation).send("POST", "/api/notifications/test")
        let targets = try JSON.decode([String: [ShownTarget]].self, from: answer.body)["targets"] ?? []
        if invocation.isJSON {
            Terminal.say(String(decoding: answer.body, as: UTF8.self))
        } else if targets.isEmpty {
            return Terminal.say(nobody)
        } else {
            let rows = targets.map {
                ["\($0.number)", $0.kind, $0.server, $0.problem.map(Terminal.harmless) ?? "has taken it"]
            }
            Terminal.say(Terminal.table(rows))
        }
        let failures = targets.filter { $0.problem != nil }.count
        guard failures == 0 else { throw Failure(description: "\(failures) of \(targets.count) did not take it") }
    }

    private static let nobody = "Nobody is told anything: there is no target under notifications in provisioning.yaml."
}

private struct ShownTarget: Decodable {
    let number: Int
    let kind: String
    let server: String
    let on: [String]
    let secret: String?
    let problem: String?
}
