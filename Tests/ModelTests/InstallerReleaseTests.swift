import Model
import Testing

@Suite struct InstallerReleaseTests {
    static let releases: [(text: String, release: InstallerRelease)] = [
        ("8.2", .v8x2), ("8.3", .v8x3), ("8.4", .v8x4), ("8.9", .v8x4), ("9.0", .v9x0), ("9.1", .v9x1), ("9.2", .v9x2),
        ("9.3", .v9x2), ("9.10", .v9x2), ("10.0", .v9x2), ("42.1", .v9x2),
    ]

    @Test(arguments: releases)
    func `a release is read, and a newer one is taken for the newest that is known`(
        text: String, release: InstallerRelease
    ) throws {
        #expect(try InstallerRelease(text) == release)
    }

    @Test(arguments: ["8.1", "8.0", "7.4", "0.0"])
    func `a release that cannot install unattended is refused in a sentence`(text: String) {
        let problem = #expect(throws: AnswerProblem.self) { try InstallerRelease(text) }
        #expect(
            problem?.description
                == "release: \"\(text)\" is older than the unattended installation, which came with 8.2: "
                + "take 8.3 or newer."
        )
    }

    @Test(arguments: ["", "9", "9.", ".2", "9.2.1", "9.2-1", "nine", "-9.2", "9.0000", "９.２", " 9.2"])
    func `other text is no release`(text: String) {
        #expect(throws: AnswerProblem.self) { try InstallerRelease(text) }
    }

    @Test func `what a release can do is what the table of differences says`() {
        #expect(InstallerRelease.allCases.filter(\.takesHashAndURLs) == [.v8x3, .v8x4, .v9x0, .v9x1, .v9x2])
        #expect(InstallerRelease.allCases.filter(\.spellsWithHyphens) == [.v8x4, .v9x0, .v9x1, .v9x2])
        #expect(InstallerRelease.allCases.filter(\.pinsPortNames) == [.v9x1, .v9x2])
        #expect(InstallerRelease.allCases.filter(\.hasWebhookToken) == [.v9x2])
    }
}
