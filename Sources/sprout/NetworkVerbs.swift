import Control
import HTTP
import Model

extension Verb {
    static let networkShow: Verb = Verb(
        words: ["network", "show"], summary: "show where this box is reached, and what changed about that",
        operands: [],
        options: [outputOption] + connectionOptions, example: "sprout network show"
    ) { invocation in
        let (network, json) = try await API(invocation).get("/api/network", as: NetworkReport.self)
        if invocation.isJSON { return Terminal.say(json) }
        let rows = network.networks.map { [$0.interface, $0.address, $0.network] }
        Terminal.say(
            rows.isEmpty ? "This box is in no network." : Terminal.table(rows.map { $0.map(Terminal.harmless) }))
        guard let change = network.change else { return }
        Terminal.say("\n\(change.at)  \(NetworkMove(from: change.from, to: change.to).sentence)")
        for host in network.held {
            Terminal.say("\(host.hostname) waits until you say that it goes on: sprout hosts go-on \(host.hostname)")
        }
        if network.held.isEmpty { Terminal.say("So that it is told no more: sprout network seen") }
    }

    static let networkSeen: Verb = Verb(
        words: ["network", "seen"], summary: "say that you have seen that the network changed", operands: [],
        options: connectionOptions, example: "sprout network seen"
    ) { invocation in
        try await API(invocation).send("POST", "/api/network/seen", body: Array("{}".utf8))
        Terminal.say("It is told no more.")
    }

    static let hostsGoOn: Verb = Verb(
        words: ["hosts", "go-on"], summary: "go on with a host that waits because the network of the box has changed",
        operands: [hostOperand], options: connectionOptions, example: "sprout hosts go-on pve-ms-01"
    ) { invocation in
        let path = "/api/hosts/\(Percent.encoded(invocation.operands[0]))/go-on"
        let answer = try await API(invocation).send("POST", path, body: Array("{}".utf8))
        let host = try JSON.decode(Host.self, from: answer.body)
        Terminal.say("\(host.hostname) goes on: it is installed when it netboots within its time.")
    }
}

private struct NetworkReport: Decodable {
    struct Change: Decodable { let from, to: [OwnNetwork]; let at: Timestamp }

    let networks: [OwnNetwork]
    let change: Change?
    let held: [Host]
}
