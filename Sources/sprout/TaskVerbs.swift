import Control
import HTTP
import Model

extension Verb {
    static let hostsTasks: Verb = Verb(
        words: ["hosts", "tasks"], summary: "show what is still to be done for a host, and what is in the way",
        operands: [hostOperand], options: [outputOption] + connectionOptions, example: "sprout hosts tasks pve-ms-01"
    ) { invocation in
        let path = "/api/hosts/\(Percent.encoded(invocation.operands[0]))/tasks"
        let (answer, json) = try await API(invocation).get(path, as: [String: [PendingTask]].self)
        if invocation.isJSON { return Terminal.say(json) }
        let tasks = answer["tasks"] ?? []
        Terminal.say(tasks.isEmpty ? "Nothing is left to be done for it." : table(of: tasks))
    }

    static let hostsRetry: Verb = Verb(
        words: ["hosts", "retry"], summary: "try at once what is still to be done for a host",
        operands: [hostOperand, Operand(name: "TASK", isRequired: false)], options: connectionOptions,
        example: "sprout hosts retry pve-ms-01"
    ) { invocation in
        let api = try API(invocation)
        let path = "/api/hosts/\(Percent.encoded(invocation.operands[0]))/tasks"
        var tasks = Array(invocation.operands[1...])
        if tasks.isEmpty {
            tasks = try await api.get(path, as: [String: [PendingTask]].self).value["tasks"]?.map { "\($0.id)" } ?? []
        }
        if tasks.isEmpty { return Terminal.say("Nothing is left to be done for it.") }
        for task in tasks { try await api.send("POST", "\(path)/\(Percent.encoded(task))/retry") }
        Terminal.say("It is tried at once; sprout hosts tasks \(invocation.operands[0]) shows what came of it.")
    }

    static func table(of tasks: [PendingTask]) -> String {
        let rows = tasks.map { task in
            ["\(task.id)", task.kind.sentence, "\(task.nextTry)", task.problem ?? "not tried yet"].map(
                Terminal.harmless)
        }
        return Terminal.table([["TASK", "WHAT", "NEXT TRY", "IN THE WAY"]] + rows)
    }
}
