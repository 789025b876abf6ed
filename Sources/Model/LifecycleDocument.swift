extension Lifecycle {
    /// The table as docs/lifecycle.md shows it; a test holds the two together.
    public static var document: String {
        var lines = [
            "# The lifecycle of a host", "",
            "Generated from `Sources/Model/Lifecycle.swift`, which is the whole state machine: `make docs` writes this",
            "page, and a test fails when they differ. A pair that is not in the table is refused with 409.", "",
            "```mermaid", "stateDiagram-v2", "    [*] --> registered",
        ]
        for (state, event, step) in steps {
            lines.append("    \(state.rawValue) --> \(step.to.rawValue): \(event.rawValue)")
        }
        lines += ["```", "", "| state | event | next state | effects |", "|---|---|---|---|"]
        for (state, event, step) in steps {
            let effects = step.effects.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            lines.append("| `\(state.rawValue)` | `\(event.rawValue)` | `\(step.to.rawValue)` | \(effects) |")
        }
        lines += ["", "| state | meaning | deadline |", "|---|---|---|"]
        for state in HostState.allCases {
            let deadline = state.deadline.map { "\($0.components.seconds / 60) minutes" } ?? "none"
            lines.append("| `\(state.rawValue)` | \(state.sentence) | \(deadline) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static var steps: [(HostState, LifecycleEvent, Step)] {
        HostState.allCases.flatMap { state in
            events(in: state).compactMap { event in step(from: state, on: event).map { (state, event, $0) } }
        }
    }
}
