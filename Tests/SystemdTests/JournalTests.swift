import Foundation
import Testing

@testable import Systemd

@Suite struct JournalTests {
    @Test(arguments: MessageID.allCases)
    func `every message id is explained in docs journal md`(id: MessageID) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/journal.md")
        #expect(try String(contentsOf: file, encoding: .utf8).contains("| `\(id.rawValue)` | "))
        #expect(id.rawValue.count == 32 && id.rawValue.allSatisfy(\.isHexDigit))
    }

    @Test func `what comes from outside cannot begin a line, or a priority, of its own`() {
        let line = Journal.line(.notice, "a\n<3>b\u{1B}[2J", [("SPROUT_HOST", "c\nd"), ("MESSAGE_ID", "x")])
        #expect(line == "<5>a <3>b [2J SPROUT_HOST=c d\n")
    }

    @Test func `a socket that was not passed is named with the remedy`() {
        var sockets = ListenSockets()
        let sentence = "systemd passed no socket named http: is its .socket unit enabled?"
        do {
            _ = try sockets.claim("http")
            Issue.record("there are no sockets in a test")
        } catch {
            #expect("\(error)" == sentence)
        }
    }
}
