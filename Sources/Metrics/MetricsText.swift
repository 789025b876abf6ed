/// Measurements as Prometheus reads them: its text format, version 0.0.4.
public enum MetricsText {
    public static let type = "text/plain; version=0.0.4; charset=utf-8"

    public static func render(_ measurements: [Measurement]) -> String {
        let known = Dictionary(grouping: measurements, by: \.metric)
        return Metric.allCases.map { metric in known[metric].map { family(metric, $0) } ?? "" }.joined()
    }

    private static func family(_ metric: Metric, _ measurements: [Measurement]) -> String {
        let definition = metric.definition
        var text = "# HELP \(metric.rawValue) \(escaped(definition.help))\n"
        text += "# TYPE \(metric.rawValue) \(definition.kind.rawValue)\n"
        for measurement in measurements.sorted(by: { $0.labels.lexicographicallyPrecedes($1.labels) }) {
            let labels = zip(definition.labels, measurement.labels).map(label)
            switch measurement.value {
            case .number(let value): text += line(metric.rawValue, labels, value)
            case .histogram(let histogram): text += lines(metric.rawValue, labels, histogram)
            }
        }
        return text
    }

    /// A bucket has all values up to its bound, those of the buckets before it too.
    private static func lines(_ name: String, _ labels: [String], _ histogram: Histogram) -> String {
        var (text, count) = ("", 0)
        for (index, amount) in histogram.counts.enumerated() {
            count += amount
            let bound = index < histogram.bounds.count ? number(histogram.bounds[index]) : "+Inf"
            text += line("\(name)_bucket", labels + [label("le", bound)], Double(count))
        }
        return text + line("\(name)_sum", labels, histogram.sum) + line("\(name)_count", labels, Double(count))
    }

    private static func line(_ name: String, _ labels: [String], _ value: Double) -> String {
        let labels = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
        return "\(name)\(labels) \(number(value))\n"
    }

    private static func label(_ name: String, _ value: String) -> String {
        var text = ""
        for character in escaped(value) { text += character == "\"" ? "\\\"" : String(character) }
        return "\(name)=\"\(text)\""
    }

    /// A backslash and the end of a line; a label's quotation mark is its own affair.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A whole number without a point behind it.
    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
