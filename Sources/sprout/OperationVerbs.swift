import Control
import HTTP
import Linux
import Model

extension Verb {
    static let operationsList: Verb = Verb(
        words: ["operations", "list"], summary: "show what was done with hosts, step by step, the latest first",
        operands: [Operand(name: "HOST", isRequired: false, completion: .host)],
        options: [
            Option(
                name: "--outcome", value: "OUTCOME", summary: "only those that ended so, or are under way",
                completion: .words(["ready", "failed", "registered", "under_way"])),
            limitOption, outputOption,
        ] + connectionOptions,
        example: "sprout operations list pve-ms-01"
    ) { invocation in
        let query = try await Query(invocation, operand: "host", ["outcome": "--outcome", "limit": "--limit"])
        let (page, json) = try await API(invocation).get("/api/operations\(query)", as: ListedOperations.self)
        if invocation.isJSON { return Terminal.say(json) }
        if page.operations.isEmpty { return Terminal.say("Nothing was done yet.") }
        page.operations.forEach(say)
    }

    static let operationsShow: Verb = Verb(
        words: ["operations", "show"], summary: "show one operation, step by step", operands: [Operand(name: "ID")],
        options: [outputOption] + connectionOptions,
        example: "sprout operations show 019ab8c1-2f3e-7a41-9c55-0123456789ab"
    ) { invocation in
        let path = "/api/operations/\(Percent.encoded(invocation.operands[0]))"
        let (record, json) = try await API(invocation).get(path, as: OperationRecord.self)
        if invocation.isJSON { return Terminal.say(json) }
        say(record)
    }

    static let operationsLog: Verb = Verb(
        words: ["operations", "log"], summary: "show what was told from inside the installer, line by line",
        operands: [Operand(name: "ID")],
        options: [
            Option(name: "--follow", value: nil, summary: "go on with each line as it comes"),
            Option(
                name: "--bundle", value: "FILE",
                summary: "have its agent send all logs there, as a tar.gz, and write them into FILE", completion: .file),
            Option(name: "--reason", value: "TEXT", summary: "--bundle: why, for who reads the events later"),
            outputOption,
        ] + connectionOptions,
        example: "sprout operations log 019ab8c1-2f3e-7a41-9c55-0123456789ab --follow"
    ) { invocation in
        let api = try API(invocation)
        let path = "/api/operations/\(Percent.encoded(invocation.operands[0]))/log"
        if let file = invocation.value("--bundle") { return try await fetchBundle(path, into: file, api, invocation) }
        guard !invocation.has("--reason") else {
            throw UsageError(
                description: "--reason says why a bundle is fetched: add --bundle FILE", verb: operationsLog)
        }
        var seen: Int64 = 0
        while true {
            let (page, _) = try await api.get("\(path)?after=\(seen)&limit=1000", as: LogPage.self)
            for line in page.lines { try say(line, invocation) }
            guard let last = page.lines.last else { break }
            seen = last.number
        }
        guard invocation.has("--follow") else {
            if seen == 0, !invocation.isJSON { Terminal.say("Nothing was told from inside its installer.") }
            return
        }
        try await api.follow("\(path)/live", after: seen) { received in
            guard received.event == nil else { return }
            try say(try JSON.decode(InstallerLine.self, from: Array(received.data.utf8)), invocation)
        }
    }

    private static func fetchBundle(
        _ path: String, into file: String, _ api: API, _ invocation: Invocation
    ) async throws {
        guard !invocation.has("--follow") else {
            throw UsageError(
                description: "--bundle and --follow are two things: do one after the other", verb: operationsLog)
        }
        let wish = invocation.value("--reason").map { ["reason": $0] } ?? [:]
        try await api.send("POST", "\(path)/bundle", body: try JSON.encode(wish))
        Terminal.complain("Its agent is asked for all logs: it collects them, and sends them.")
        let bundle = try await awaitBundle(path, api, invocation.reactor)
        if bundle.state == .failed {
            throw Failure(description: "the logs did not come: \(bundle.problem ?? "ask again")")
        }
        let answer = try await api.send("GET", "\(path)/bundle")
        do { try Files.write(answer.body, to: file, mode: 0o600) } catch {
            throw Failure(description: "\(file): \(error)")
        }
        if invocation.isJSON { return Terminal.say(String(decoding: try JSON.encode(bundle), as: UTF8.self)) }
        Terminal.say("\(file) is written: \(answer.body.count) bytes.")
    }

    private static func awaitBundle(_ path: String, _ api: API, _ reactor: Reactor) async throws -> InstallerBundle {
        let begin = Reactor.Deadline.now
        while true {
            let (page, _) = try await api.get("\(path)?after=\(Int64.max)&limit=1", as: LogPage.self)
            if let bundle = page.bundle, bundle.state != .asked {
                Terminal.status("")
                return bundle
            }
            let waited = begin.duration(to: .now)
            guard waited < patienceForBundle else {
                throw Failure(
                    description:
                        "the logs have not come within two minutes; `sprout events list` says whether they do later")
            }
            Terminal.status("waiting for them, \(waited.components.seconds) s")
            try await reactor.sleep(for: .seconds(1))
        }
    }

    private static let patienceForBundle: Duration = .seconds(120)

    /// With JSON each line is one object.
    private static func say(_ line: InstallerLine, _ invocation: Invocation) throws {
        guard !invocation.isJSON else { return Terminal.say(String(decoding: try JSON.encode(line), as: UTF8.self)) }
        Terminal.say("\(line.at)  \(line.source.rawValue)  \(Terminal.harmless(line.text))")
    }

    private static func say(_ record: OperationRecord) {
        let operation = record.operation
        let limit = record.dueAt.map { ", its last step until \($0)" } ?? ""
        let end = operation.outcome.map { "ended as \($0.rawValue)" } ?? "under way\(limit)"
        Terminal.say("\(operation.startedAt)  \(operation.image ?? "no image"), \(end)  (\(operation.id))")
        if let preflight = record.preflight { Terminal.say("before its join:\n\(lines(of: preflight))") }
        let rows = record.steps.map { step in
            let time = step.endedAt.map { Elapsed.text(between: step.startedAt, $0) } ?? "now"
            return ["", step.state.rawValue, time, step.outcome?.rawValue ?? "", step.reason ?? ""]
        }
        Terminal.say(Terminal.table(rows.map { $0.map(Terminal.harmless) }))
        if let installer = record.installer { say(installer) }
    }

    private static func say(_ installer: LiveProgress) {
        Terminal.say(
            "inside its installer: \(Terminal.harmless(installer.words ?? "it has said nothing of how far it is"))")
        Terminal.say(
            Terminal.table(
                installer.stages.map { stage in
                    let took =
                        stage.startedAt.map { Elapsed.text(between: $0, stage.endedAt ?? installer.heardAt) } ?? ""
                    return ["", stage.stage.sentence, took, stage.usual.map { "usually \(Elapsed.text($0))" } ?? ""]
                }))
    }

    static let limitOption = Option(name: "--limit", value: "COUNT", summary: "how many at most; default: 100")
}

private struct LogPage: Decodable {
    let bundle: InstallerBundle?
    let lines: [InstallerLine]
}

private struct ListedOperations: Decodable {
    let operations: [OperationRecord]
}
