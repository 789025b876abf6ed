import Foundation
import Model
import Testing

@testable import Recipes

@Suite struct SystemQuestionTests {
    @Test func `E27: what a system says when it is asked is a report of its start, and proves nothing`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "sprout-question-\(UUID().uuidString)")
        try SystemQuestion.text.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let (shell, output) = (Process(), Pipe())
        (shell.executableURL, shell.arguments) = (URL(filePath: "/bin/sh"), [file.path()])
        shell.standardOutput = output
        try shell.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        let report = try JSONDecoder().decode(StartReport.self, from: said)
        let name = ProcessInfo.processInfo.hostName.split(separator: ".").first.map(String.init)
        #expect(report.hostname?.split(separator: ".").first.map(String.init) == name)
        #expect(report.token == nil)
    }
}
