import Control
import HTTP
import Linux
import Model

extension Verb {
    static let configShow: Verb = Verb(
        words: ["config", "show"], summary: "show the settings in force", operands: [],
        options: [outputOption] + connectionOptions, example: "sprout config show"
    ) { invocation in
        let (report, json) = try await API(invocation).get("/api/settings", as: SettingsReport.self)
        if invocation.isJSON { return Terminal.say(json) }
        let rows = report.values.sorted { $0.key < $1.key }.map { [$0.key, Terminal.harmless($0.value)] }
        Terminal.say(Terminal.table([["SETTING", "VALUE"]] + rows))
        if !report.hasRootPassword {
            Terminal.complain("New hosts get no root password: sprout config set \(rootPassword)")
        }
        if let problem = report.problem { Terminal.complain("The file has a mistake: \(Terminal.harmless(problem))") }
    }

    static let configSet: Verb = Verb(
        words: ["config", "set"],
        summary: "change one setting; \"\" leaves it to its default, a password is typed",
        operands: [
            Operand(name: "KEY"), Operand(name: "VALUE", isRequired: false),
        ], options: connectionOptions, example: "sprout config set pxe.interface eno1"
    ) { invocation in
        let key = invocation.operands[0]
        let value: String
        if invocation.operands.count > 1 {
            value = invocation.operands[1]
        } else if key == rootPassword {
            guard let typed = Terminal.secret("The root password of new hosts: ") else {
                throw Failure(description: "nothing was typed, so nothing was changed")
            }
            value = typed
        } else {
            throw UsageError(description: "the VALUE is missing: \"\" leaves \(key) to its default", verb: configSet)
        }
        let wish: [String: SettingValue?] = [key: value.isEmpty ? nil : SettingValue(value)]
        let answer = try await API(invocation).send("PATCH", "/api/settings", body: try JSON.encode(wish))
        let report = try JSON.decode(SettingsReport.self, from: answer.body)
        if key == rootPassword {
            return Terminal.say("New hosts get this root password; its hash is in \(report.file).")
        }
        Terminal.say("\(key) is \(report.values[key].map(Terminal.harmless) ?? "not set").")
    }

    static let configFile: Verb = Verb(
        words: ["config", "file"], summary: "print a file of settings: provisioning or server-types",
        operands: [settingsFileOperand], options: [outputOption] + connectionOptions,
        example: "sprout config file server-types > server-types.yaml"
    ) { invocation in
        let (file, json) = try await API(invocation).get(path(of: invocation.operands[0]), as: SettingsFile.self)
        // As it stands: what is printed is put back.
        Terminal.say(invocation.isJSON ? json : file.text.hasSuffix("\n") ? String(file.text.dropLast()) : file.text)
    }

    static let configReplace: Verb = Verb(
        words: ["config", "replace"], summary: "replace a file of settings; what has a mistake changes nothing",
        operands: [settingsFileOperand, Operand(name: "FILE", completion: .file)], options: connectionOptions,
        example: "sprout config replace server-types server-types.yaml"
    ) { invocation in
        let (name, source) = (invocation.operands[0], invocation.operands[1])
        let text: String
        do throws(Errno) { text = try Files.text(source) } catch {
            throw Failure(description: "\(source): \(error)")
        }
        let api = try API(invocation)
        let (seen, _) = try await api.get(path(of: name), as: SettingsFile.self)
        let wish = ["text": text, "version": seen.version]
        try await api.send("PUT", path(of: name), body: try JSON.encode(wish))
        Terminal.say("\(seen.path) is \(text == seen.text ? "as it was" : "replaced, and in force").")
    }

    static let networkPorts: Verb = Verb(
        words: ["network", "ports"], summary: "show the network ports of the box, for pxe.interface",
        operands: [], options: [outputOption] + connectionOptions, example: "sprout network ports"
    ) { invocation in
        let (answer, json) = try await API(invocation).get("/api/network/ports", as: [String: [NetworkPort]].self)
        if invocation.isJSON { return Terminal.say(json) }
        let rows = (answer["ports"] ?? []).map { port in
            [port.name, port.hasLink ? "connected" : "nothing connected", port.addresses.joined(separator: ", ")]
        }
        Terminal.say(Terminal.table([["PORT", "LINK", "ADDRESSES"]] + rows))
    }

    private static let rootPassword = "credentials.root_password"

    private static let settingsFileOperand = Operand(
        name: "NAME", completion: .words(SettingsFile.Name.allCases.map(\.rawValue)))

    private static func path(of name: String) -> String { "/api/settings/files/\(Percent.encoded(name))" }
}
