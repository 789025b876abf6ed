import Foundation
import Metrics
import Testing

/// What deploy/ asks of Prometheus, held to what there is to ask for.
@Suite struct DeployTests {
    static let files = ["grafana/sprout.json", "prometheus/alerts.yaml"]

    private static func text(_ file: String) throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy")
        return try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            .replacing(#"\""#, with: "\"")
    }

    /// The metric that a name of Prometheus belongs to: a histogram has three.
    private static func metric(_ name: Substring) -> Metric? {
        if let metric = Metric(rawValue: String(name)) { return metric.definition.kind == .histogram ? nil : metric }
        for part in ["_bucket", "_sum", "_count"] where name.hasSuffix(part) {
            let metric = Metric(rawValue: String(name.dropLast(part.count)))
            if metric?.definition.kind == .histogram { return metric }
        }
        return nil
    }

    @Test(arguments: files)
    func `S19 each metric that is asked for is one that is told`(file: String) throws {
        let names = try Self.text(file).matches(of: /\bsprout_\w+/).map(\.output)
        #expect(names.count > 10)
        #expect(names.filter { Self.metric($0) == nil } == [])
    }

    @Test(arguments: files)
    func `S19 each label that is asked for is one of its metric`(file: String) throws {
        let selectors = try Self.text(file).matches(of: /\b(sprout_\w+)\{([^}]*)\}/)
        #expect(selectors.count > 3)
        for selector in selectors {
            let labels = selector.2.matches(of: /(\w+)(=|!=|=~|!~)"/).map { String($0.1) }
            let known = try #require(Self.metric(selector.1)).definition.labels + ["instance", "job"]
            #expect(Set(labels).subtracting(known) == [], "\(selector.0)")
        }
    }

    @Test func `the dashboard shows everything that is measured`() throws {
        let text = try Self.text("grafana/sprout.json")
        let shown = Set(text.matches(of: /\bsprout_\w+/).compactMap { Self.metric($0.output) })
        #expect(Set(Metric.allCases).subtracting(shown) == [])
    }
}
