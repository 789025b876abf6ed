import Control
import HTTP
import Linux
import Model
import Settings

extension Verb {
    static let watch: Verb = Verb(
        words: ["watch"], summary: "show what happens, as it happens",
        operands: [Operand(name: "HOST", isRequired: false, completion: .host)],
        options: [
            Option(name: "--after", value: "ID", summary: "begin after this event; default: with what comes next"),
            outputOption,
        ] + connectionOptions,
        example: "sprout watch pve-ms-01"
    ) { invocation in
        let api = try API(invocation)
        let after = try invocation.value("--after").map { text in
            guard let id = Int64(text), id >= 0 else {
                throw UsageError(description: "--after is \"\(text)\"; it must be the number of an event", verb: watch)
            }
            return id
        }
        let host = try await watchedHost(invocation, api)
        try await EventWatch(api, after: after, host, isJSON: invocation.isJSON).run(invocation.reactor)
    }

    private static func watchedHost(_ invocation: Invocation, _ api: API) async throws -> Host? {
        guard let reference = invocation.operands.first else { return nil }
        return try await api.get("/api/hosts/\(Percent.encoded(reference))", as: Host.self).value
    }

    static let configCheck: Verb = Verb(
        words: ["config", "check"], summary: "read the configuration and tell every mistake in it",
        operands: [Operand(name: "FILE", isRequired: false, completion: .file)], options: [],
        example: "sprout config check deploy/provisioning.example.yaml"
    ) { invocation in
        let path = invocation.operands.first ?? Surroundings().configuration
        let folder = path.contains("/") ? String(path.reversed().drop { $0 != "/" }.reversed()) : ""
        var mistakes: [String] = []
        func check(_ file: String, _ read: (String, String) throws -> Void) {
            do {
                try read(try Files.text(file), file)
                Terminal.say("\(file): good")
            } catch let error as Errno {
                mistakes.append("\(file): \(error)")
            } catch {
                mistakes.append("\(error)")
            }
        }
        if path.hasSuffix("server-types.yaml") || path.hasSuffix("server-types.example.yaml") {
            check(path) { _ = try ServerTypes(parsing: $0, file: $1) }
        } else {
            check(path) { _ = try Provisioning(parsing: $0, file: $1) }
            let example = "\(folder)server-types.example.yaml"
            let types =
                path.hasSuffix(".example.yaml") && Files.exists(example) ? example : "\(folder)server-types.yaml"
            check(types) { _ = try ServerTypes(parsing: $0, file: $1) }
        }
        guard mistakes.isEmpty else { throw Failure(description: mistakes.joined(separator: "\n")) }
    }

    static let completion: Verb = Verb(
        words: ["completion"], summary: "print the completion for a shell",
        operands: [Operand(name: "SHELL", completion: .words(["bash", "zsh"]))], options: [],
        example: "sprout completion bash > /etc/bash_completion.d/sprout"
    ) { invocation in
        switch invocation.operands[0] {
        case "bash": Terminal.say(Completions.bash)
        case "zsh": Terminal.say(Completions.zsh)
        case let shell:
            throw UsageError(description: "there is no completion for \(shell); there is one for bash and zsh")
        }
    }
}
