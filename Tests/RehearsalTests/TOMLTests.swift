import Seeded
import Testing

@testable import Rehearsal

@Suite(.timeLimit(.minutes(5))) struct TOMLTests {
    static let sample = """
        # a comment
        top = 1
        "quoted key" = 'literal \\n' # behind
        [a]
        b.c = "tab\\t, \\u00e9 and \\"quotes\\""
        numbers = [1, -2_000, 3.5, 6e2,
          # between
          true, [ "x", 'y', ], ]
        [a.d]
        e = false
        [a."f.g".h]
        """

    @Test func `what the installer's files have in them is read`() throws {
        let root = try TOMLDocument(parsing: Self.sample).root
        #expect(root["top"] == .whole(1))
        #expect(root["quoted key"] == .text("literal \\n"))
        guard case .table(let a)? = root["a"], case .table(let b)? = a["b"] else {
            Issue.record("there is no table a.b")
            return
        }
        #expect(b["c"] == .text("tab\t, \u{E9} and \"quotes\""))
        let letters = TOMLValue.list([.text("x"), .text("y")])
        #expect(
            a["numbers"]
                == .list([.whole(1), .whole(-2000), .fraction(3.5), .fraction(600), .flag(true), letters]))
        #expect(a.entries.map(\.key) == ["b", "numbers", "d", "f.g"])
        #expect(a.entries.map(\.line) == [5, 6, 9, 11])
    }

    static let malformed: [(text: String, line: Int, reason: String)] = [
        ("a = 1\na = 2", 2, "the key a is there already"),
        ("[a]\n[b]\n[a]", 3, "this table is there already"),
        ("a.b = 1\n[a]", 2, "this table is there already"),
        ("[a.b]\n[a]\nb.c = 1", 3, "b is a table already"),
        ("a = 1\n[a.b]", 2, "a is a value, not a table"),
        ("a = 1\na.b = 2", 2, "a is a value, not a table"),
        ("a = {b = 1}", 1, "tables within a line are not read here"),
        ("[[a]]", 1, "lists of tables are not read here"),
        ("a = \"\"\"x\"\"\"", 1, "strings of several lines are not read here"),
        ("a = 1979-05-27", 1, "1979-05-27 is no value that is read here"),
        ("a = 0x10", 1, "0x10 is no value that is read here"),
        ("a = 01", 1, "01 is no value that is read here"),
        ("a = 1__0", 1, "1__0 is no value that is read here"),
        ("a = nan", 1, "nan is no value that is read here"),
        ("a = 9223372036854775808", 1, "9223372036854775808 is too large a number"),
        ("a = \"x\nb = 1", 1, "a string has a control character in it"),
        ("a = \"x", 1, "a string does not end in its line"),
        ("a = \"\\x41\"", 1, "there is no such escape"),
        ("a = \"\\ud800\"", 1, "an escape names no character"),
        ("a = 1 b = 2", 1, "there is more in this line than belongs there"),
        ("a =", 1, "there is no value where one should be"),
        ("= 1", 1, "there is no key where one should be"),
        ("a 1", 1, "there is no = after a key"),
        ("[a", 1, "there is no ] after the name of a table"),
        ("a = [1", 1, "there is no ] after a list"),
        ("# \u{7}", 1, "there is a control character in a comment"),
    ]

    @Test(arguments: malformed)
    func `what it does not know is refused with its line`(text: String, line: Int, reason: String) {
        #expect(throws: TOMLDocument.Malformed(line: line, reason: reason)) { try TOMLDocument(parsing: text) }
    }

    @Test func `a table may be opened after one within it, and have keys with dots that name others`() throws {
        #expect(throws: Never.self) { try TOMLDocument(parsing: "[a.b]\n[a]\nc.d = 1\nc.e = 2\n[a.c.f]") }
    }

    @Test func `every beginning and ten thousand mutations are read or refused`() {
        let bytes = Array(Self.sample.utf8)
        for count in bytes.indices {
            _ = try? TOMLDocument(parsing: String(decoding: bytes[..<count], as: UTF8.self))
        }
        var random = Seeded(state: 5)
        for _ in 0..<mutations {
            var copy = bytes
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                copy[Int.random(in: copy.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try? TOMLDocument(parsing: String(decoding: copy, as: UTF8.self))
        }
    }

    @Test func `lists and keys may be deep, but not for ever`() {
        #expect(throws: TOMLDocument.Malformed.self) {
            try TOMLDocument(parsing: "a = " + String(repeating: "[", count: 100_000))
        }
        #expect(throws: TOMLDocument.Malformed.self) {
            try TOMLDocument(parsing: String(repeating: "a.", count: 100_000) + "a = 1")
        }
    }
}
