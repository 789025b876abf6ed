import Control
import HTTP
import Model

extension Verb {
    static let hostsPower: Verb = Verb(
        words: ["hosts", "power"], summary: "switch a host on or off, restart it, or ask whether it is on",
        operands: [
            hostOperand, Operand(name: "ACTION", completion: .words(["on", "off", "restart", "state"])),
        ],
        options: [
            Option(name: "--hard", value: nil, summary: "off: cut the power rather than ask its system"),
            Option(name: "--yes", value: nil, summary: "off, restart: do not ask"),
        ] + connectionOptions,
        example: "sprout hosts power pve-ms-01 on"
    ) { invocation in
        let api = try API(invocation)
        let host = try await api.get("/api/hosts/\(Percent.encoded(invocation.operands[0]))", as: Host.self).value
        let path = "/api/hosts/\(host.id)/power"
        let action = invocation.operands[1]
        switch action {
        case "state":
            let answer = try await api.get(path, as: [String: String].self).value
            return Terminal.say("\(host.hostname): \(answer["power"] ?? "unknown")")
        case "on": break
        case "off", "restart":
            try confirm(invocation, host, action)
        default:
            throw UsageError(
                description: "\"\(action)\" is no action; there are on, off, restart and state", verb: hostsPower)
        }
        let wish = Wish(action: action, isGraceful: !invocation.has("--hard"))
        let answer = try await api.send("POST", path, body: try JSON.encode(wish))
        Terminal.say(try JSON.decode([String: String].self, from: answer.body)["sentence"] ?? "")
    }

    private static func confirm(_ invocation: Invocation, _ host: Host, _ action: String) throws {
        if invocation.has("--yes") { return }
        guard Terminal.isInteractive else {
            throw UsageError(description: "nobody is there to confirm: add --yes", verb: hostsPower)
        }
        let question = action == "off" ? "switch it off" : "restart it without asking its system"
        let typed = Terminal.ask("Type \(host.hostname) to \(question): ")
        guard typed == host.hostname.description else { throw Failure(description: "nothing was done") }
    }

    private struct Wish: Encodable {
        let action: String
        let isGraceful: Bool

        enum CodingKeys: String, CodingKey {
            case action
            case isGraceful = "graceful"
        }
    }
}
