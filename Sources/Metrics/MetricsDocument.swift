extension Metric {
    /// The table of docs/metrics.md; a test holds the two together.
    public static var document: String {
        let rows = allCases.map { metric in
            let definition = metric.definition
            let labels = definition.labels.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(metric.rawValue)` | \(definition.kind.rawValue) | \(labels) | \(definition.help) |"
        }
        return (["| metric | type | labels | meaning |", "|---|---|---|---|"] + rows).joined(separator: "\n") + "\n"
    }
}
