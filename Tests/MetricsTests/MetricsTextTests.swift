import Metrics
import Testing

@Suite struct MetricsTextTests {
    @Test func `S19 a metric has its help and its type once, and a line for each value of its labels`() {
        let text = MetricsText.render([
            Measurement(.hosts, "ready", is: 3), Measurement(.discoveries, is: 0), Measurement(.hosts, "failed", is: 1),
        ])
        #expect(
            text == """
                # HELP sprout_hosts Hosts by state.
                # TYPE sprout_hosts gauge
                sprout_hosts{state="failed"} 1
                sprout_hosts{state="ready"} 3
                # HELP sprout_discoveries Machines that netboot, are no hosts, and are not ignored.
                # TYPE sprout_discoveries gauge
                sprout_discoveries 0

                """)
    }

    @Test func `S19 the buckets of a histogram add up, and the last has all`() {
        var histogram = Histogram([0.5, 1, 2])
        for value in [0.25, 0.5, 1.5, 1.5, 9] { histogram.note(value) }
        let lines = MetricsText.render([Measurement(.stepDuration, "installing", is: histogram)]).split(separator: "\n")
        #expect(
            lines.dropFirst(2).map { $0.dropFirst("sprout_step_duration_seconds".count) } == [
                "_bucket{state=\"installing\",le=\"0.5\"} 2", "_bucket{state=\"installing\",le=\"1\"} 2",
                "_bucket{state=\"installing\",le=\"2\"} 4", "_bucket{state=\"installing\",le=\"+Inf\"} 5",
                "_sum{state=\"installing\"} 12.75", "_count{state=\"installing\"} 5",
            ])
    }

    @Test func `nothing in a label's value can end the value, or the line`() {
        let text = MetricsText.render([Measurement(.hosts, "a\\b\"} 1\nx{y=\"é", is: 1)])
        #expect(text.split(separator: "\n").last == #"sprout_hosts{state="a\\b\"} 1\nx{y=\"é"} 1"#)
        #expect(text.split(separator: "\n").count == 3)
    }

    static let numbers: [(Double, String)] = [
        (0, "0"), (1_795_200_000, "1795200000"), (0.125, "0.125"), (2.5e-7, "2.5e-07"),
    ]

    @Test(arguments: numbers)
    func `numbers are written as Prometheus reads them`(value: Double, text: String) {
        #expect(MetricsText.render([Measurement(.discoveries, is: value)]).hasSuffix("sprout_discoveries \(text)\n"))
    }

    @Test func `a clock that was set back makes no time of less than nothing`() {
        var histogram = Histogram([1])
        histogram.note(.milliseconds(-500))
        #expect(histogram.counts == [1, 0] && histogram.sum == 0)
    }
}

@Suite struct MetricTests {
    @Test(arguments: Metric.allCases)
    func `each name keeps to the conventions of Prometheus`(metric: Metric) {
        let (name, definition) = (metric.rawValue, metric.definition)
        #expect(name.hasPrefix("sprout_"))
        #expect(name.allSatisfy { $0.isLowercase || $0 == "_" })
        #expect(name.hasSuffix("_total") == (definition.kind == .counter))
        #expect(definition.kind != .histogram || name.hasSuffix("_seconds"))
        #expect(definition.help.hasSuffix(".") && !definition.help.contains("\n") && !definition.help.contains("|"))
        #expect(definition.labels.allSatisfy { $0.allSatisfy(\.isLowercase) && $0 != "le" })
    }
}
