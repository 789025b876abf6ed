import Control
import HTTP
import Model

extension Verb {
    static let eventsList: Verb = Verb(
        words: ["events", "list"], summary: "show what happened, the latest first",
        operands: [Operand(name: "HOST", isRequired: false, completion: .host)],
        options: [
            Option(
                name: "--kind", value: "KIND", summary: "only of this kind, such as host.advanced",
                completion: .words(Event.Kind.allCases.map(\.rawValue))),
            Option(name: "--since", value: "TIME", summary: "only from then on, such as 2026-11-24T21:00:00Z"),
            Option(name: "--actor", value: "TEXT", summary: "only what somebody with this in their name caused"),
            limitOption, outputOption,
        ] + connectionOptions,
        example: "sprout events list pve-ms-01 --kind host.advanced"
    ) { invocation in
        let query = try await Query(
            invocation, operand: "host", ["kind": "--kind", "since": "--since", "actor": "--actor", "limit": "--limit"])
        let (page, json) = try await API(invocation).get("/api/events\(query)", as: ListedEvents.self)
        if invocation.isJSON { return Terminal.say(json) }
        if page.events.isEmpty { return Terminal.say("Nothing of that kind happened.") }
        let rows = page.events.map { ["\($0.id)", "\($0.at)", $0.kind.rawValue, $0.message, $0.actor] }
        Terminal.say(Terminal.table([["ID", "AT", "KIND", "WHAT", "WHO"]] + rows.map { $0.map(Terminal.harmless) }))
    }

    static let eventsFollow: Verb = Verb(
        words: ["events", "follow"], summary: "show what happens, as it happens; the same as sprout watch",
        operands: watch.operands, options: watch.options, example: "sprout events follow -o json", run: watch.run)

    static let typesList: Verb = Verb(
        words: ["types", "list"], summary: "show the server types in force, and what is wrong with their file",
        operands: [], options: [outputOption] + connectionOptions, example: "sprout types list"
    ) { invocation in
        let (listed, json) = try await API(invocation).get("/api/server-types", as: ListedTypes.self)
        if invocation.isJSON { return Terminal.say(json) }
        if listed.types.isEmpty { Terminal.say("No server type is in force.") }
        let rows = listed.types.map { [$0.key, $0.displayName, disk(of: $0), $0.power.kind.rawValue] }
        if !rows.isEmpty { Terminal.say(Terminal.table([["TYPE", "NAME", "BOOT DISK", "POWER"]] + rows)) }
        if let problem = listed.problem { throw Failure(description: Terminal.harmless(problem)) }
    }

    static let typesShow: Verb = Verb(
        words: ["types", "show"], summary: "show one server type", operands: [Operand(name: "TYPE")],
        options: [outputOption] + connectionOptions, example: "sprout types show ms01"
    ) { invocation in
        let path = "/api/server-types/\(Percent.encoded(invocation.operands[0]))"
        let (type, json) = try await API(invocation).get(path, as: ServerType.self)
        if invocation.isJSON { return Terminal.say(json) }
        Terminal.say(
            Terminal.table([
                ["type", type.key], ["name", type.displayName], ["boot disk", disk(of: type)],
                ["port", type.managementNIC?.description ?? "the one it netboots from"],
                ["names", "\(type.hostnamePrefix)1, …"], ["power", type.power.kind.rawValue],
            ]))
    }
}

extension Verb {
    private static func disk(of type: ServerType) -> String {
        switch type.bootDisk {
        case .path(let path): path
        case .serial(let serial): "the one with the serial number \(serial)"
        case .model(let model): "the \(model)"
        case .paths(let paths): paths.joined(separator: " ")
        }
    }
}

/// The parameters of a list, from the options and the operand of a command.
struct Query: CustomStringConvertible {
    let description: String

    /// A host that is named must be there: a filter that fits nothing would look like silence.
    init(_ invocation: Invocation, operand: String, _ options: KeyValuePairs<String, String>) async throws {
        var pairs = options.compactMap { name, option in invocation.value(option).map { (name, $0) } }
        if let reference = invocation.operands.first {
            let path = "/api/hosts/\(Percent.encoded(reference))"
            pairs.append((operand, try await API(invocation).get(path, as: Host.self).value.id))
        }
        let text = pairs.map { "\($0)=\(Percent.encoded($1))" }.joined(separator: "&")
        description = text.isEmpty ? "" : "?\(text)"
    }
}

private struct ListedEvents: Decodable {
    let events: [Event]
}

private struct ListedTypes: Decodable {
    let types: [ServerType]
    let problem: String?

    enum CodingKeys: String, CodingKey {
        case problem
        case types = "server_types"
    }
}
