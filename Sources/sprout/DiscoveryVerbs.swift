import Control
import HTTP
import Model

extension Verb {
    static let discoveriesList: Verb = Verb(
        words: ["discoveries", "list"], summary: "show the machines that netboot and are no hosts", operands: [],
        options: [
            Option(name: "--ignored", value: nil, summary: "those that are ignored"), outputOption,
        ] + connectionOptions,
        example: "sprout discoveries list"
    ) { invocation in
        let path = "/api/discoveries\(invocation.has("--ignored") ? "?ignored=true" : "")"
        let (page, json) = try await API(invocation).get(path, as: [String: [Discovery]].self)
        if invocation.isJSON { return Terminal.say(json) }
        let discoveries = page["discoveries"] ?? []
        if discoveries.isEmpty { return Terminal.say("No machine that is not a host was seen to netboot.") }
        let rows = discoveries.map {
            [$0.mac.description, Terminal.harmless($0.summary), $0.traits.address ?? "", $0.lastSeen.description]
        }
        Terminal.say(Terminal.table([["MAC", "WHAT", "ADDRESS", "LAST SEEN"]] + rows))
    }

    static let discoveriesAccept: Verb = Verb(
        words: ["discoveries", "accept"],
        summary: "make a host of a machine that was seen; nothing is installed by that",
        operands: [macOperand],
        options: [
            Option(name: "--type", value: "TYPE", summary: "one of the keys in server-types.yaml"),
            Option(name: "--name", value: "HOSTNAME", summary: "default: the next free one of its type"),
        ] + connectionOptions,
        example: "sprout discoveries accept 58:47:ca:70:12:34 --type ms01"
    ) { invocation in
        var body = ["server_type": invocation.value("--type") ?? ""]
        body["hostname"] = invocation.value("--name")
        let path = "/api/discoveries/\(Percent.encoded(invocation.operands[0]))/accept"
        let answer = try await API(invocation).send("POST", path, body: try JSON.encode(body))
        let host = try JSON.decode(Host.self, from: answer.body)
        Terminal.say("\(host.hostname) is registered as \(host.serverType), to boot from \(host.mac).")
    }

    static let discoveriesIgnore: Verb = Verb(
        words: ["discoveries", "ignore"], summary: "show a machine no more", operands: [macOperand],
        options: [Option(name: "--undo", value: nil, summary: "show it again")] + connectionOptions,
        example: "sprout discoveries ignore 58:47:ca:70:12:34"
    ) { invocation in
        let path = "/api/discoveries/\(Percent.encoded(invocation.operands[0]))/ignore"
        let isIgnored = !invocation.has("--undo")
        try await API(invocation).send("POST", path, body: try JSON.encode(["ignored": isIgnored]))
        Terminal.say("\(invocation.operands[0]) is \(isIgnored ? "ignored" : "shown again").")
    }

    private static let macOperand = Operand(name: "MAC")
}
