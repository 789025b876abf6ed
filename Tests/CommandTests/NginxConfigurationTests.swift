import Foundation
import Testing

@testable import sprout

@Suite struct NginxConfigurationTests {
    /// `make docs` sets SPROUT_WRITE_DOCS, and then this writes the file that it otherwise compares.
    @Test func `the box's front door is the one that sprout up runs`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../rootfs/usr/share/sprout/nginx.conf")
        if ProcessInfo.processInfo.environment["SPROUT_WRITE_DOCS"] != nil {
            try NginxConfiguration.box.text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == NginxConfiguration.box.text, "run `make docs`")
    }
}
