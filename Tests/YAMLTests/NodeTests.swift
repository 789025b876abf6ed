import Testing

@testable import YAML

@Suite(.timeLimit(.minutes(5))) struct NodeTests {
    private func scalar(_ text: String, at line: Int, _ column: Int, isPlain: Bool = true) -> Scalar {
        Scalar(text: text, isPlain: isPlain, mark: Mark(line: line, column: column))
    }

    @Test func `every key and every value knows its place, and whether it was quoted`() throws {
        let node = try Node(parsing: "a:\n  - 1\n  - \"x\"\nb: {c: 'y'}\n", file: "f")
        let items = [Node(scalar("1", at: 2, 5)), Node(scalar("x", at: 3, 5, isPlain: false))]
        let inner = [Node.Entry(key: scalar("c", at: 4, 5), value: Node(scalar("y", at: 4, 8, isPlain: false)))]
        let entries = [
            Node.Entry(key: scalar("a", at: 1, 1), value: Node(.sequence(items), at: Mark(line: 2, column: 3))),
            Node.Entry(key: scalar("b", at: 4, 1), value: Node(.mapping(inner), at: Mark(line: 4, column: 4))),
        ]
        #expect(node == Node(.mapping(entries), at: .start))
    }

    @Test(arguments: ["", "\n", "# only a comment\n", "---\n", "\u{FEFF}", "\u{FEFF}# c", "~"])
    func `a file without a value is an empty scalar`(text: String) throws {
        guard case .scalar(let scalar) = try Node(parsing: text, file: "f").kind else { throw Unexpected() }
        #expect(scalar.isNull)
    }

    @Test(arguments: ["0123", "1e3", "yes", "52:54:00:12:34:56", "2026-01-01", "0x1F", "null "])
    func `text stays as it was written`(text: String) throws {
        let expected = text.hasSuffix(" ") ? String(text.dropLast()) : text
        guard case .scalar(let scalar) = try Node(parsing: text, file: "f").kind else { throw Unexpected() }
        #expect(scalar.text == expected && scalar.isPlain)
    }

    @Test func `a byte order mark moves no column`() throws {
        #expect(try Node(parsing: "\u{FEFF}a: 1", file: "f") == Node(parsing: "a: 1", file: "f"))
    }

    @Test func `a quoted null is text`() {
        #expect(!scalar("null", at: 1, 1, isPlain: false).isNull)
        #expect(!scalar("", at: 1, 1, isPlain: false).isNull)
    }

    @Test func `32 levels are read`() throws {
        let text = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        _ = try Node(parsing: text, file: "f")
    }

    @Test func `a mebibyte is read`() throws {
        let text = "a: |\n  " + String(repeating: "x", count: (1 << 20) - 7)
        _ = try Node(parsing: text, file: "f")
    }

    static let excerpts: [(text: String, excerpt: String)] = [
        ("it's ä", "it's ä"),
        ("a\nb\u{7}", "a\\nb\\u{07}"),
        ("say \"x\"", "say \\\"x\\\""),
        ("\u{202E}abc", "\\u{202E}abc"),
        (String(repeating: "x", count: 61), String(repeating: "x", count: 60) + "…"),
    ]

    @Test(arguments: excerpts)
    func `an excerpt fits one line of a message`(text: String, excerpt: String) {
        #expect(scalar(text, at: 1, 1).excerpt == excerpt)
    }
}

struct Unexpected: Error {}
