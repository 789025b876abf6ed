import Foundation
import Model
import Testing

@testable import Recipes

@Suite(.timeLimit(.minutes(5))) struct AnswerGoldenTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "GoldenAnswers")

    /// One after the other, each below a line with its name; `Tests/System/test_answers.py` reads them with Python.
    static func document(_ release: InstallerRelease) throws -> String {
        var parts: [String] = []
        for filesystem in AnswerSample.filesystems {
            for network in AnswerSample.networks {
                var plan = try AnswerSample.plan(release)
                try filesystem.apply(&plan)
                try network.apply(&plan)
                parts.append("######## \(filesystem.name), \(network.name)\n" + outcome(plan))
            }
        }
        return parts.joined(separator: "\n")
    }

    private static func outcome(_ plan: AnswerPlan) -> String {
        do throws(AnswerProblems) {
            let answer = try Answer(plan)
            return answer.cautions.map { "# caution: \($0)\n" }.joined() + answer.text
        } catch {
            return error.all.map { "# refused: \($0)\n" }.joined()
        }
    }

    @Test(arguments: InstallerRelease.allCases)
    func `each release, file system and kind of network has the answer of its golden file (P5)`(
        release: InstallerRelease
    ) throws {
        let file = Self.folder.appending(path: "\(release).txt")
        let document = try Self.document(release)
        if ProcessInfo.processInfo.environment["SPROUT_WRITE_DOCS"] != nil {
            try document.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == document)
    }

    @Test func `a preview is the answer with its hash, token and keys hidden (P19)`() throws {
        for release in InstallerRelease.allCases where release.takesHashAndURLs {
            let answer = try Answer(try AnswerSample.plan(release))
            let keyWord = try #require(AnswerSample.key.split(separator: " ").dropFirst().first)
            let expected = answer.text.replacing(AnswerSample.hash, with: "(hidden)")
                .replacing(AnswerSample.token, with: "(hidden)").replacing(keyWord, with: "(hidden)")
            #expect(answer.preview == expected)
            for secret in [AnswerSample.hash, AnswerSample.token, String(keyWord)] {
                #expect(answer.text.contains(secret) && !answer.preview.contains(secret))
            }
        }
    }

    @Test func `an operation's mailbox is the host's own where none is set, and no answer has a plain password (P19)`()
        throws
    {
        var plan = try AnswerSample.plan(.v9x2)
        #expect(try Answer(plan).text.contains(#"mailto = "root@pve-01.lab.home.arpa""#))
        plan.installation.mail = try MailAddress("ops@example.org")
        let text = try Answer(plan).text
        #expect(text.contains(#"mailto = "ops@example.org""#))
        #expect(!text.contains("root-password =") && text.contains("root-password-hashed = \"$y$"))
    }
}
