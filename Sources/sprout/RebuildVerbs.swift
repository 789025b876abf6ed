import Control
import HTTP
import Model

extension Verb {
    static let hostsRebuild: Verb = Verb(
        words: ["hosts", "rebuild"], summary: "install a host anew: its disk is wiped when it netboots",
        operands: [hostOperand],
        options: [
            Option(name: "--image", value: "IMAGE", summary: "what is installed; default: the newest release"),
            Option(
                name: "--remove-member", value: nil,
                summary: "a dead member of its name may be taken out of the cluster before it joins"),
            Option(
                name: "--erase", value: "SERIALS",
                summary: "disks whose contents may be lost, though Sprout has not put them there; with commas between"),
            Option(name: "--dry-run", value: nil, summary: "only show what would happen"),
            Option(name: "--yes", value: nil, summary: "do not ask"),
            outputOption,
        ] + connectionOptions,
        example: "sprout hosts rebuild pve-ms-01 --image proxmox-ve-9.2-1"
    ) { invocation in
        let api = try API(invocation)
        let host = try await api.get("/api/hosts/\(Percent.encoded(invocation.operands[0]))", as: Host.self).value
        let path = "/api/hosts/\(host.id)/rebuild"
        let isRemoving = invocation.has("--remove-member")
        let erase = (invocation.value("--erase") ?? "").split(separator: ",").map { String($0).trimmedOfSpaces }
        var wish = Wish(
            image: invocation.value("--image"), confirm: nil, isDryRun: true, removesMember: isRemoving, erase: erase)
        let answer = try await api.send("POST", path, body: try JSON.encode(wish))
        let plan = try JSON.decode(RebuildPlan.self, from: answer.body)
        let isShown = !invocation.isJSON || invocation.has("--dry-run")
        if isShown { Terminal.say(invocation.isJSON ? String(decoding: answer.body, as: UTF8.self) : text(plan)) }
        let isAsked = Terminal.isInteractive && !invocation.has("--yes") && !invocation.has("--dry-run")
        let problems = plan.problems.filter { !isAsked || $0.field != AnswerProblem.erase }
        guard problems.isEmpty else { throw Failure(description: problems.map(\.sentence).joined(separator: "\n")) }
        if invocation.has("--dry-run") { return }
        for contents in plan.strangeContents {
            let serial = contents.disk.identity
            guard Terminal.ask("Type \(Terminal.harmless(serial)), to lose what lies on that disk: ") == serial else {
                throw Failure(description: "nothing was armed")
            }
            wish.erase.append(serial)
        }
        if !invocation.has("--yes") {
            guard Terminal.isInteractive else {
                throw UsageError(description: "nobody is there to confirm: add --yes", verb: hostsRebuild)
            }
            let typed = Terminal.ask("Type \(host.hostname) to wipe \(plan.disk) and install: ")
            guard typed == host.hostname.description else { throw Failure(description: "nothing was armed") }
        }
        wish = Wish(
            image: plan.image, confirm: "\(host.hostname)", isDryRun: nil, removesMember: isRemoving,
            erase: wish.erase)
        let armed = try await api.send("POST", path, body: try JSON.encode(wish))
        Terminal.say(
            invocation.isJSON
                ? String(decoding: armed.body, as: UTF8.self)
                : "\(host.hostname) is installed when it netboots next: switch it on, or restart it, within 10 minutes.\n"
                    + "Watch it: sprout watch \(host.hostname)   Stop it: sprout hosts cancel \(host.hostname)")
    }

    static let hostsCancel: Verb = Verb(
        words: ["hosts", "cancel"], summary: "stop what is being done with a host", operands: [hostOperand],
        options: connectionOptions, example: "sprout hosts cancel pve-ms-01"
    ) { invocation in
        let path = "/api/hosts/\(Percent.encoded(invocation.operands[0]))/cancel"
        let cancelled = try JSON.decode(
            Cancelled.self, from: try await API(invocation).send("POST", path, body: Array("{}".utf8)).body)
        let host = cancelled.host
        let end = host.state == .registered ? "left alone" : "stopped, as \(host.state.rawValue)"
        Terminal.say("\(host.hostname) is \(end); \(cancelled.disk).")
    }

    static let hostsInventory: Verb = Verb(
        words: ["hosts", "inventory"], summary: "show what a host is made of, as its installer told it",
        operands: [hostOperand], options: [outputOption] + connectionOptions,
        example: "sprout hosts inventory pve-ms-01"
    ) { invocation in
        let path = "/api/hosts/\(Percent.encoded(invocation.operands[0]))/inventory"
        let (inventory, json) = try await API(invocation).get(path, as: Inventory.self)
        if invocation.isJSON { return Terminal.say(json) }
        let report = inventory.report
        var rows = [
            ["name", report.fqdn], ["system", "Proxmox VE \(report.version ?? "")"], ["kernel", report.kernel ?? ""],
            ["installed", "\(inventory.installedAt)"], ["started", inventory.startedAt.map { "\($0)" } ?? "not yet"],
            ["file system", report.filesystem ?? ""], ["product", report.dmi.system.name ?? ""],
            ["serial", report.dmi.system.serial ?? ""], ["uuid", report.dmi.system.uuid ?? ""],
        ]
        rows += report.disks.map { ["disk", "\($0.disk)\($0.isBootDisk ? " (installed on)" : "")"] }
        rows += report.ports.map { ["port", "\($0.name ?? "") \($0.mac) \($0.address ?? "")"] }
        rows += (inventory.start?.addresses ?? []).map { ["address", $0] }
        let keys = [report.hostKeys.ed25519, report.hostKeys.ecdsa, report.hostKeys.rsa].compactMap(\.self)
        rows += keys.map { ["host key", $0] }
        Terminal.say(Terminal.table(rows.map { $0.map(Terminal.harmless) }))
    }

    private static func text(_ plan: RebuildPlan) -> String {
        var rows = [
            ["host", "\(plan.host.hostname), \(plan.host.mac), now \(plan.host.state.rawValue)"],
            ["installs", "\(plan.image) as \(plan.fqdn)"], ["wipes", "\(plan.disk), for \(plan.filesystem)"],
            ["address", plan.address],
        ]
        if let cluster = plan.cluster {
            rows.append([
                "joins", cluster.name.map { "the cluster \($0), through \(cluster.member)" } ?? cluster.member,
            ])
        }
        for contents in plan.strangeContents {
            rows += [["loses", "\(contents.disk), which holds what Sprout has not put there"]]
            rows += contents.parts.map { ["", $0] }
        }
        rows += plan.knownDisks.map { ["has", $0] } + plan.cautions.map { ["note", $0] }
        return Terminal.table(rows.map { $0.map(Terminal.harmless) }) + guests(plan)
    }

    /// How the guests of a dead member are configured: this is the last time that anybody sees it.
    private static func guests(_ plan: RebuildPlan) -> String {
        (plan.namesake?.guestFiles ?? []).map { file in
            let lines = file.text.split(separator: "\n").map { "\n  \(Terminal.harmless(String($0)))" }
            return "\n\n\(Terminal.harmless(file.path)) of the dead member \(plan.host.hostname):\(lines.joined())"
        }.joined()
    }

    private struct Wish: Encodable {
        var image: String?
        var confirm: String?
        var isDryRun: Bool?
        var removesMember: Bool
        var erase: [String]

        enum CodingKeys: String, CodingKey {
            case image, confirm, erase
            case isDryRun = "dry_run"
            case removesMember = "remove_member"
        }
    }
}
