/// What a metric shows at a moment, for one value of each of its labels.
public struct Measurement: Equatable, Sendable, Codable {
    public let metric: Metric
    /// In the order of the metric's own.
    public let labels: [String]
    public let value: Value

    public enum Value: Equatable, Sendable, Codable {
        case number(Double)
        case histogram(Histogram)
    }

    public init(_ metric: Metric, _ labels: String..., is value: Double) {
        self.init(metric, labels, .number(value))
    }

    public init(_ metric: Metric, _ labels: String..., is value: Int) {
        self.init(metric, labels, .number(Double(value)))
    }

    public init(_ metric: Metric, _ labels: String..., is value: Histogram) {
        self.init(metric, labels, .histogram(value))
    }

    private init(_ metric: Metric, _ labels: [String], _ value: Value) {
        precondition(labels.count == metric.definition.labels.count, "\(metric.rawValue) has other labels")
        (self.metric, self.labels, self.value) = (metric, labels, value)
    }
}
