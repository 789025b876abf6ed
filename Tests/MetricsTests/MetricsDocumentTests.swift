import Foundation
import Metrics
import Testing

@Suite struct MetricsDocumentTests {
    /// `make docs` sets SPROUT_WRITE_DOCS, and then this writes the table that it otherwise compares.
    @Test func `S19 docs metrics md has each metric as the code defines it`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/metrics.md")
        var text = try String(contentsOf: file, encoding: .utf8)
        let table = try #require(text.firstRange(of: /\| metric \|(.*\n)+?(?=\n|$)/))
        if ProcessInfo.processInfo.environment["SPROUT_WRITE_DOCS"] != nil {
            text.replaceSubrange(table, with: Metric.document)
            try text.write(to: file, atomically: true, encoding: .utf8)
        } else {
            #expect(text[table] == Metric.document, "run `make docs`")
        }
    }
}
