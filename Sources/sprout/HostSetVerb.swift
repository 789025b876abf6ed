import Control
import HTTP
import Model

extension Verb {
    static let hostsSet: Verb = Verb(
        words: ["hosts", "set"], summary: "change a host: only what is given is changed", operands: [hostOperand],
        options: [
            Option(name: "--hostname", value: "HOSTNAME", summary: "its new name"),
            Option(
                name: "--mac", value: "MAC",
                summary: "the interface it netboots from; an unknown one takes the place of the one before"),
            Option(name: "--add-mac", value: "MAC", summary: "another interface of its own", isRepeated: true),
            Option(name: "--remove-mac", value: "MAC", summary: "an interface that is not its own", isRepeated: true),
            Option(name: "--type", value: "TYPE", summary: "one of the keys in server-types.yaml"),
            Option(
                name: "--address", value: "ADDRESS",
                summary: "its own address, where its type's network is static; '' is none"),
            Option(name: "--label", value: "KEY=VALUE", summary: "all labels it is to have", isRepeated: true),
            Option(
                name: "--local-boot", value: "WAY",
                summary: "how it goes on to its own disk: auto, exit, sanboot, or file:PATH on a UEFI disk",
                completion: .words(["auto", "exit", "sanboot", "file:"])),
            Option(
                name: "--netboot-program", value: "PROGRAM",
                summary: "what it loads first: auto, snponly (the firmware's driver) or ipxe (drivers of its own)",
                completion: .words(NetbootChoice.allCases.map(\.rawValue))),
            Option(
                name: "--live-progress", value: "YES_OR_NO",
                summary: "whether an agent beside its installer tells how far that is",
                completion: .words(["yes", "no"])),
            Option(
                name: "--disk-replaced", value: nil,
                summary: "it has another disk than it was installed with, which may be wiped"),
            outputOption,
        ] + connectionOptions,
        example: "sprout hosts set pve-ms-01 --local-boot 'file:\\EFI\\proxmox\\grubx64.efi'"
    ) { invocation in
        let change = HostChange(
            hostname: invocation.value("--hostname"), mac: invocation.value("--mac"),
            addedMACs: invocation.values["--add-mac"], removedMACs: invocation.values["--remove-mac"],
            serverType: invocation.value("--type"),
            labels: invocation.has("--label") ? try labels(invocation) : nil,
            netbootProgram: invocation.value("--netboot-program"), localBoot: invocation.value("--local-boot"),
            address: invocation.value("--address"), hasLiveProgress: try liveProgress(invocation),
            isDiskReplaced: invocation.has("--disk-replaced") ? true : nil)
        guard change != HostChange() else {
            throw UsageError(description: "nothing to change is given", verb: hostsSet)
        }
        let api = try API(invocation)
        let path = "/api/hosts/\(Percent.encoded(invocation.operands[0]))"
        let before = try await api.get(path, as: Host.self).value
        let answer = try await api.send("PATCH", "/api/hosts/\(before.id)", body: try JSON.encode(change))
        var differences = before.differences(to: try JSON.decode(Host.self, from: answer.body))
        if change.isDiskReplaced == true { differences.append("its disk may be another from now on") }
        Terminal.say(
            invocation.isJSON
                ? String(decoding: answer.body, as: UTF8.self)
                : "\(before.hostname): \(differences.isEmpty ? "it was so already" : differences.joined(separator: "; "))."
        )
    }

    private static func liveProgress(_ invocation: Invocation) throws -> Bool? {
        switch invocation.value("--live-progress") {
        case nil: return nil
        case "yes": return true
        case "no": return false
        case let other?:
            throw UsageError(description: "--live-progress is yes or no, not \"\(other)\"", verb: hostsSet)
        }
    }
}
