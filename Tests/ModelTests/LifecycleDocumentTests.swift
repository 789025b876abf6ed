import Foundation
import Model
import Testing

@Suite struct LifecycleDocumentTests {
    /// `make docs` sets SPROUT_WRITE_DOCS, and then this writes the page that it otherwise compares.
    @Test func `docs lifecycle md says what the table says`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/lifecycle.md")
        if ProcessInfo.processInfo.environment["SPROUT_WRITE_DOCS"] != nil {
            try Lifecycle.document.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == Lifecycle.document, "run `make docs`")
    }
}
