import Control
import Linux
import Model

extension Verb {
    static let doctor: Verb = Verb(
        words: ["doctor"], summary: "look at everything that Sprout needs, and say what to do", operands: [],
        options: [
            Option(
                name: "--config", value: "FILE", summary: "provisioning.yaml; server-types.yaml lies beside it",
                completion: .file), outputOption, connectionOptions[0],
        ],
        example: "sprout doctor"
    ) { invocation in
        let findings = try await Doctor(invocation).findings()
        let worst = findings.filter { $0.outcome == .bad }.count
        if invocation.isJSON {
            let report = Report(isGood: worst == 0, findings: findings)
            Terminal.say(String(decoding: try JSON.encode(report), as: UTF8.self))
        } else {
            findings.forEach { Terminal.say($0.text) }
        }
        guard worst == 0 else {
            throw Failure(description: worst == 1 ? "one thing is in the way" : "\(worst) things are in the way")
        }
    }

    private struct Report: Encodable {
        let isGood: Bool
        let findings: [Finding]

        enum CodingKeys: String, CodingKey {
            case findings
            case isGood = "good"
        }
    }
}

/// One thing that was looked at.
struct Finding: Equatable, Sendable, Encodable {
    enum Outcome: String, Sendable, Encodable { case good, caution, bad }

    let check: String
    let outcome: Outcome
    let sentence: String
    /// What to do; nil where nothing is to be done.
    var remedy: String?

    static func good(_ check: String, _ sentence: String) -> Finding {
        Finding(check: check, outcome: .good, sentence: sentence)
    }

    static func caution(_ check: String, _ sentence: String, _ remedy: String) -> Finding {
        Finding(check: check, outcome: .caution, sentence: sentence, remedy: remedy)
    }

    static func bad(_ check: String, _ sentence: String, _ remedy: String) -> Finding {
        Finding(check: check, outcome: .bad, sentence: sentence, remedy: remedy)
    }

    var text: String {
        let mark =
            switch outcome {
            case .good: "✔"
            case .caution: "!"
            case .bad: "✖"
            }
        let remedy = remedy.map { "\n  → \(Terminal.harmless($0))" } ?? ""
        return "\(mark) \(Terminal.harmless(sentence))\(remedy)"
    }
}
