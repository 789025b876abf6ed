import Foundation
import Testing

@testable import sprout

@Suite struct ManualTests {
    /// `make docs` sets SPROUT_WRITE_DOCS, and then this writes the file that it otherwise compares.
    @Test func `S21 sprout(1) is made from the table of verbs`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../rootfs/usr/share/man/man1/sprout.1")
        if ProcessInfo.processInfo.environment["SPROUT_WRITE_DOCS"] != nil {
            try Manual.text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == Manual.text, "run `make docs`")
    }

    @Test func `nothing in a text can be taken for a command of the page`() {
        #expect(Manual.escaped(".br \\n 'x' --mac") == "\\&.br \\en \\(aqx\\(aq \\-\\-mac")
    }
}
