import Control
import Linux

/// Finds the verb that a command line means, runs it, and tells what went wrong.
enum Command {
    static func run(_ words: [String], _ reactor: Reactor) async -> CInt {
        do {
            try await dispatch(words, reactor)
            return 0
        } catch let error as UsageError {
            Terminal.complain("sprout: \(error)")
            if let verb = error.verb { Terminal.complain("usage: \(verb.usage)\nhelp:  sprout help \(verb.name)") }
            return 2
        } catch let error as Unreachable {
            Terminal.complain("sprout: \(error)")
            return 3
        } catch {
            Terminal.complain("sprout: \(error)")
            return 1
        }
    }

    private static func dispatch(_ words: [String], _ reactor: Reactor) async throws {
        guard let first = words.first else { return Terminal.say(Help.overview) }
        if first == "--version" { return Terminal.say("sprout \(Release.version)") }
        if first == "help" || first == "--help" || first == "-h" { return try help(Array(words.dropFirst())) }
        let (verb, rest) = try verb(words)
        if rest.contains("--help") || rest.contains("-h") { return Terminal.say(Help.of(verb)) }
        try await verb.run(try parse(rest, verb, reactor))
    }

    private static func help(_ words: [String]) throws {
        if words.isEmpty { return Terminal.say(Help.overview) }
        let matches = Verb.all.filter { $0.words.starts(with: normalized(words)) }
        guard !matches.isEmpty else { throw unknown(words) }
        Terminal.say(matches.map(Help.of).joined(separator: "\n\n"))
    }

    private static func verb(_ words: [String]) throws -> (Verb, [String]) {
        let words = normalized(words)
        if let verb = Verb.all.first(where: { words.starts(with: $0.words) }) {
            return (verb, Array(words.dropFirst(verb.words.count)))
        }
        throw unknown(words)
    }

    /// The word people bring from elsewhere.
    private static func normalized(_ words: [String]) -> [String] {
        ["machines", "host", "machine"].contains(words.first) ? ["hosts"] + words.dropFirst() : words
    }

    private static func unknown(_ words: [String]) -> UsageError {
        let siblings = Verb.all.filter { $0.words.first == words.first }.map(\.name)
        let allowed = siblings.isEmpty ? Verb.all.map(\.name) : siblings
        let wish = words.prefix { !$0.hasPrefix("-") }.prefix(2).joined(separator: " ")
        return UsageError(description: "there is no \"\(wish)\"; there are: \(allowed.joined(separator: ", "))")
    }

    static func parse(_ words: [String], _ verb: Verb, _ reactor: Reactor) throws -> Invocation {
        func refuse(_ reason: String) -> UsageError { UsageError(description: reason, verb: verb) }
        var operands: [String] = []
        var values: [String: [String]] = [:]
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let option = verb.options.first(where: { $0.name == parts[0] }) else {
                let known = verb.options.map(\.name).joined(separator: ", ")
                throw refuse("there is no option \(parts[0]) here; there are: \(known.isEmpty ? "none" : known)")
            }
            guard option.isRepeated || values[option.name] == nil else { throw refuse("\(option.name) is given twice") }
            guard option.value != nil else {
                guard parts.count == 1 else { throw refuse("\(option.name) takes no value") }
                values[option.name] = [""]
                continue
            }
            guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
                throw refuse("\(option.name) needs a value: \(option.value ?? "")")
            }
            values[option.name, default: []].append(value)
        }
        let required = verb.operands.filter(\.isRequired).count
        guard operands.count >= required else { throw refuse("\(verb.operands[operands.count].name) is missing") }
        guard operands.count <= verb.operands.count else {
            throw refuse("\"\(operands[verb.operands.count])\" is one word too many")
        }
        if let format = values["-o"]?.last, format != "json", format != "text" {
            throw refuse("-o is \"\(format)\"; it can be json or text")
        }
        return Invocation(verb: verb, operands: operands, values: values, reactor: reactor)
    }
}
