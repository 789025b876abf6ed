import Control
import HTTP
import Model

extension Verb {
    static let wire: Verb = Verb(
        words: ["wire"],
        summary: "show what machines that netboot do, and why one does not get on",
        operands: [Operand(name: "MACHINE", isRequired: false, completion: .host)],
        options: [
            Option(name: "--once", value: nil, summary: "show what was seen so far, and end"), outputOption,
        ] + connectionOptions,
        example: "sprout wire pve-ms-01"
    ) { invocation in
        let api = try API(invocation)
        let scope = try await WireScope(invocation, api)
        if !invocation.isJSON {
            scope.sightings.forEach { say($0) }
            for verdict in scope.verdicts { say(verdict) }
        } else if invocation.has("--once") {
            return Terminal.say(scope.json)
        }
        guard !invocation.has("--once") else {
            if scope.sightings.isEmpty { Terminal.say("Nothing was seen.") }
            return
        }
        try await api.follow("/api/wire/live", after: scope.newest) { received in
            guard received.event == nil else { return }
            let seen = try JSON.decode(SeenOnWire.self, from: Array(received.data.utf8))
            guard scope.mac == nil || seen.mac == scope.mac else { return }
            if invocation.isJSON { Terminal.say(received.data) } else { say(seen) }
        }
    }

    static let wireTrust: Verb = Verb(
        words: ["wire", "trust"], summary: "say which machine it is, where two claim one MAC address",
        operands: [Operand(name: "MACHINE", completion: .host)],
        options: [
            Option(name: "--serial", value: "SERIAL", summary: "the one with this serial number"),
            Option(name: "--uuid", value: "UUID", summary: "the one with this UUID"),
        ] + connectionOptions,
        example: "sprout wire trust pve-ms-01 --serial MS01-4711"
    ) { invocation in
        guard invocation.has("--serial") != invocation.has("--uuid") else {
            throw UsageError(description: "give either --serial or --uuid", verb: wireTrust)
        }
        var wish: [String: String] = [:]
        wish["serial"] = invocation.value("--serial")
        wish["uuid"] = invocation.value("--uuid")
        let path = "/api/wire/\(Percent.encoded(invocation.operands[0]))/trust"
        try await API(invocation).send("POST", path, body: try JSON.encode(wish))
        Terminal.say("\(invocation.operands[0]) is that machine from now on.")
    }

    static let networkOptions: Verb = Verb(
        words: ["network", "options"],
        summary: "print what to put into a router, for machines that ignore Sprout beside it",
        operands: [Operand(name: "ROUTER", isRequired: false, completion: .words(RouterText.known))],
        options: [
            Option(name: "--server", value: "ADDRESS", summary: "this box's address, where it is not known yet"),
            outputOption,
        ] + connectionOptions,
        example: "sprout network options unifi"
    ) { invocation in
        let query = invocation.value("--server").map { "?server=\(Percent.encoded($0))" } ?? ""
        let (page, json) = try await API(invocation)
            .get("/api/network/boot-options\(query)", as: [String: [RouterText]].self)
        if invocation.isJSON { return Terminal.say(json) }
        let texts = page["routers"] ?? []
        let wanted = invocation.operands.first.map { name in texts.filter { $0.router == name.lowercased() } } ?? texts
        guard !wanted.isEmpty else {
            throw UsageError(
                description: "there is no text for \"\(invocation.operands[0])\"; there are:"
                    + " \(texts.map(\.router).joined(separator: ", "))", verb: networkOptions)
        }
        Terminal.say(wanted.map { "\($0.name)\n\($0.text)" }.joined(separator: "\n\n"))
    }

    private static func say(_ seen: SeenOnWire) {
        let who = seen.hostname ?? seen.mac.description
        Terminal.say("\(seen.at)  \(who)  \(Terminal.harmless(seen.sentence))")
    }

    private static func say(_ verdict: VerdictOnWire) {
        Terminal.say("\n\(Terminal.harmless(verdict.sentence))\n\(Terminal.harmless(verdict.remedy))")
        if verdict.isHelpedByRouter { Terminal.say("Lines for your router: sprout network options") }
    }
}

/// What was seen so far: of one machine, or of all.
private struct WireScope {
    let mac: MACAddress?
    let sightings: [SeenOnWire]
    let verdicts: [VerdictOnWire]
    let newest: Int64
    let json: String

    init(_ invocation: Invocation, _ api: API) async throws {
        if let machine = invocation.operands.first {
            let (one, json) = try await api.get("/api/wire/\(Percent.encoded(machine))", as: OneOnWire.self)
            (mac, sightings, self.json) = (one.mac, one.sightings, json)
            verdicts = [one.verdict].compactMap(\.self)
            newest = one.sightings.last?.id ?? 0
        } else {
            let (all, json) = try await api.get("/api/wire", as: AllOnWire.self)
            (mac, sightings, verdicts, newest, self.json) = (nil, all.sightings, all.verdicts, all.newest, json)
        }
    }
}

private struct SeenOnWire: Decodable {
    let id: Int64
    let at: Timestamp
    let mac: MACAddress
    let hostname: String?
    let sentence: String
}

private struct VerdictOnWire: Decodable {
    let kind: String
    let sentence: String
    let remedy: String

    var isHelpedByRouter: Bool { Verdict.Kind(rawValue: kind)?.isHelpedByRouter ?? false }
}

private struct OneOnWire: Decodable {
    let mac: MACAddress
    let verdict: VerdictOnWire?
    let sightings: [SeenOnWire]
}

private struct AllOnWire: Decodable {
    let sightings: [SeenOnWire]
    let newest: Int64
    let verdicts: [VerdictOnWire]
}

/// What one kind of router takes.
struct RouterText: Decodable, Sendable {
    let router: String
    let name: String
    let text: String

    static let known = ["unifi", "opnsense", "pfsense", "mikrotik", "fritzbox", "dnsmasq"]
}
