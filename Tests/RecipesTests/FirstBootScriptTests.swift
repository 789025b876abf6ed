import Foundation
import Model
import Testing

@testable import Recipes

@Suite struct FirstBootScriptTests {
    @Test func `the script is the one in its golden file`() throws {
        let script = FirstBootScript(
            phoneHome: "http://192.168.1.5/api/boot/phone-home", token: "secret-of-the-operation",
            hostname: try Hostname("pve-01"))
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/first-boot.sh")
        if ProcessInfo.processInfo.environment["SPROUT_WRITE_DOCS"] != nil {
            try script.text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == script.text)
    }

    @Test(arguments: [
        ("plain-1_2.3", "'plain-1_2.3'"), ("it's", #"'it'\''s'"#), ("'; reboot; '", #"''\''; reboot; '\'''"#),
        ("$(reboot)`reboot`\\", #"'$(reboot)`reboot`\'"#), ("a\0b", "'ab'"), ("", "''"),
    ])
    func `a text cannot end its word`(text: String, word: String) throws {
        let script = FirstBootScript(phoneHome: text, token: text, hostname: try Hostname("pve-01")).text
        #expect(script.contains("\nurl=\(word)\ntoken=\(word)\nhostname='pve-01'\n"))
    }
}
