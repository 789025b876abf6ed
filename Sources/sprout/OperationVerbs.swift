import Control
import HTTP
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
    }

    static let limitOption = Option(name: "--limit", value: "COUNT", summary: "how many at most; default: 100")
}

private struct ListedOperations: Decodable {
    let operations: [OperationRecord]
}
