import Foundation
import Seeded
import Testing

@testable import Recipes

@Suite struct TOMLTests {
    @Test func `tables, keys and values are written as TOML has them`() {
        var toml = TOML()
        toml.table("a", pairs: [("b", .flag(true)), ("c-d_1", .whole(-7)), ("e f", .fraction(200)), ("g", nil)])
        toml.table("empty", pairs: [("g", nil)])
        toml.table("a", "x.y", pairs: [("52:54", .texts(["1", "\"\\"])), ("", .text("é\u{7F}\n"))])
        #expect(
            toml.text == """
                [a]
                b = true
                c-d_1 = -7
                "e f" = 200.0

                [a."x.y"]
                "52:54" = ["1", "\\"\\\\"]
                "" = "é\\u007f\\u000a"

                """)
    }

    static let hostile = [
        "\"", "\\", "\n", "\r\n", "\u{0}", "\u{7F}", "\u{1B}[2J", "\"\"\"", "'''", "# no comment", "[global]", "${x}",
        "\\u0041",
        "é\u{301}", "\u{2028}", "\u{10FFFF}", "😀", "\u{FEFF}", "= ", "\t",
    ]

    /// Python's own reader says what was written: nothing of a text is ever anything but that text.
    @Test func `Python reads back whatever text was written (P5)`() throws {
        var random = Seeded(state: 11)
        // Two tables cannot have one name, and Swift takes é in one scalar or in two for the same.
        let texts = Set(
            (0..<500).map { _ in
                (0..<Int.random(in: 0...6, using: &random)).map { _ in
                    Bool.random(using: &random)
                        ? Self.hostile.randomElement(using: &random) ?? ""
                        : String(Unicode.Scalar(UInt16.random(in: 0..<0xD800, using: &random)) ?? " ")
                }.joined()
            }
        ).sorted()
        var toml = TOML()
        toml.table("all", pairs: [("texts", .texts(texts))])
        for text in texts { toml.table("one", text, pairs: [("text", .text(text))]) }
        let json = try Self.python(
            """
            import json, sys, tomllib
            all = tomllib.load(sys.stdin.buffer)
            json.dump([all["all"]["texts"], all["one"]], sys.stdout)
            """, toml.text)
        let parts = try #require(try JSONSerialization.jsonObject(with: json) as? [Any])
        let read = try #require(parts.first as? [String])
        #expect(read.map { Array($0.utf8) } == texts.map { Array($0.utf8) })
        let tables = try #require(parts.last as? [String: [String: String]])
        #expect(Set(tables.keys) == Set(texts))
        for (name, pairs) in tables { #expect(pairs.values.allSatisfy { $0 == name }) }
    }

    private static func python(_ program: String, _ input: String) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program]
        let (stdin, stdout) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (stdin, stdout)
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = try #require(try stdout.fileHandleForReading.readToEnd())
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return output
    }
}
