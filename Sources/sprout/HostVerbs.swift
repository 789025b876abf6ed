import Control
import HTTP
import Model

extension Verb {
    static let hostsAdd: Verb = Verb(
        words: ["hosts", "add"], summary: "register a machine by its MAC address and server type",
        operands: [Operand(name: "HOSTNAME", isRequired: false)],
        options: [
            Option(
                name: "--mac", value: "MAC", summary: "the interface it netboots from; again for its other interfaces",
                isRepeated: true),
            Option(name: "--type", value: "TYPE", summary: "one of the keys in server-types.yaml"),
            Option(
                name: "--label", value: "KEY=VALUE", summary: "a label; may be given several times", isRepeated: true),
            Option(
                name: "--address", value: "ADDRESS", summary: "its own address, where its type's network is static"),
            outputOption,
        ] + connectionOptions,
        example: "sprout hosts add pve-ms-01 --mac 58:47:ca:70:12:34 --type ms01 --label rack=a"
    ) { invocation in
        guard let macs = invocation.values["--mac"], let first = macs.first else {
            throw UsageError(
                description: "--mac is missing: the address that is printed on the machine", verb: hostsAdd)
        }
        let draft = HostDraft(
            hostname: invocation.operands.first, mac: first, macs: Array(macs.dropFirst()),
            serverType: invocation.value("--type") ?? "", labels: try labels(invocation),
            address: invocation.value("--address"))
        let answer = try await API(invocation).send("POST", "/api/hosts", body: try JSON.encode(draft))
        let host = try JSON.decode(Host.self, from: answer.body)
        Terminal.say(
            invocation.isJSON
                ? String(decoding: answer.body, as: UTF8.self)
                : "\(host.hostname) is registered as \(host.serverType), to boot from \(host.mac).")
    }

    static let hostsAnswer: Verb = Verb(
        words: ["hosts", "answer"], summary: "show what the installer would be told, with its secrets hidden",
        operands: [hostOperand],
        options: [
            Option(
                name: "--release", value: "RELEASE", summary: "of Proxmox VE, such as 9.2; default: the newest image"),
            outputOption,
        ] + connectionOptions,
        example: "sprout hosts answer pve-ms-01 --release 9.2"
    ) { invocation in
        let query = invocation.value("--release").map { "?release=\(Percent.encoded($0))" } ?? ""
        let path = "/api/hosts/\(Percent.encoded(invocation.operands[0]))/answer\(query)"
        let (answer, json) = try await API(invocation).get(path, as: ShownAnswer.self)
        if invocation.isJSON { return Terminal.say(json) }
        Terminal.say("# For the installer of Proxmox VE \(answer.release)\n\n\(answer.preview)")
        for caution in answer.cautions { Terminal.complain("Note: \(caution)") }
    }

    static let hostsList: Verb = Verb(
        words: ["hosts", "list"], summary: "show all hosts, or some", operands: [],
        options: [
            Option(
                name: "--in", value: "STATE", summary: "only those in this state",
                completion: .words(HostState.allCases.map(\.rawValue))),
            Option(name: "--type", value: "TYPE", summary: "only those of this server type"),
            Option(name: "--search", value: "TEXT", summary: "only with this in their name, an address or a label"),
            outputOption,
        ] + connectionOptions,
        example: "sprout hosts list --in failed"
    ) { invocation in
        let api = try API(invocation)
        let filters = ["state": "--in", "type": "--type", "q": "--search"] as KeyValuePairs
        let filter = filters.compactMap { name, option in
            invocation.value(option).map { "&\(name)=\(Percent.encoded($0))" }
        }.joined()
        let hosts = try await api.hosts(filter)
        if invocation.isJSON { return Terminal.say(String(decoding: try JSON.encode(hosts), as: UTF8.self)) }
        if hosts.isEmpty, !filter.isEmpty { return Terminal.say("No host is like that.") }
        if hosts.isEmpty { return Terminal.say("No host yet. Register one: \(hostsAdd.example)") }
        let rows = hosts.sorted { $0.hostname.description < $1.hostname.description }.map {
            [$0.hostname.description, $0.state.rawValue, $0.mac.description, $0.serverType, $0.stateSince.description]
        }
        Terminal.say(Terminal.table([["HOST", "STATE", "MAC", "TYPE", "SINCE"]] + rows))
    }

    static let hostsShow: Verb = Verb(
        words: ["hosts", "show"], summary: "show one host and what happened to it", operands: [hostOperand],
        options: [outputOption] + connectionOptions, example: "sprout hosts show pve-ms-01"
    ) { invocation in
        let api = try API(invocation)
        let path = "/api/hosts/\(Percent.encoded(invocation.operands[0]))"
        let (host, json) = try await api.get(path, as: Host.self)
        if invocation.isJSON { return Terminal.say(json) }
        let events = try await api.get("\(path)/events", as: [Event].self).value
        let tasks = try await api.get("\(path)/tasks", as: [String: [PendingTask]].self).value["tasks"] ?? []
        let labels = host.labels.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: " ")
        Terminal.say(
            Terminal.table([
                ["host", host.hostname.description], ["id", host.id],
                ["state", "\(host.state.rawValue): \(host.state.sentence)"],
                ["since", host.stateSince.description], ["mac", host.macs.map(\.description).joined(separator: " ")],
                ["type", host.serverType], ["address", host.address ?? "from DHCP"],
                ["labels", labels.isEmpty ? "none" : Terminal.harmless(labels)],
                ["memory", host.memory.map { "\($0.mebibytes) MiB" } ?? "not known yet"],
                ["netboots", host.netbootProgram.sentence], ["own disk", host.localBoot.sentence],
                ["followed", host.hasLiveProgress ? "live, where the settings have it so" : "no"],
            ]))
        if !tasks.isEmpty { Terminal.say("\nStill to be done:\n" + table(of: tasks)) }
        Terminal.say("\n" + Terminal.table(events.map { [$0.at.description, Terminal.harmless($0.message)] }))
    }

    static let hostsRemove: Verb = Verb(
        words: ["hosts", "remove"], summary: "forget a host; the machine itself is not touched",
        operands: [hostOperand],
        options: [Option(name: "--yes", value: nil, summary: "do not ask")] + connectionOptions,
        example: "sprout hosts remove pve-ms-01"
    ) { invocation in
        let api = try API(invocation)
        let reference = invocation.operands[0]
        let host = try await api.get("/api/hosts/\(Percent.encoded(reference))", as: Host.self).value
        if !invocation.has("--yes") {
            guard Terminal.isInteractive else {
                throw UsageError(description: "nobody is there to confirm: add --yes", verb: hostsRemove)
            }
            let typed = Terminal.ask("Type \(host.hostname) to remove it: ")
            guard typed == host.hostname.description else { throw Failure(description: "nothing was removed") }
        }
        try await api.send("DELETE", "/api/hosts/\(host.id)")
        Terminal.say("\(host.hostname) is removed.")
    }

    static let hostOperand = Operand(name: "HOST", completion: .host)

    static func labels(_ invocation: Invocation) throws -> [String: String] {
        let texts = invocation.values["--label"] ?? []
        let pairs = try texts.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else {
                throw UsageError(description: "--label is \"\(text)\"; it must be KEY=VALUE", verb: invocation.verb)
            }
            return (parts[0], parts[1])
        }
        return Dictionary(pairs) { $1 }
    }
}

private struct ShownAnswer: Decodable {
    let release: String
    let preview: String
    let cautions: [String]
}
