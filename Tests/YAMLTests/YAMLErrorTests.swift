import Testing
import YAML

@Suite(.timeLimit(.minutes(5))) struct YAMLErrorTests {
    static let refused: [(text: String, message: String)] = [
        ("a: &x 1", "f:1:4: anchors (&name) are not supported: write the value out; quote text with a &"),
        ("a: &x [1]", "f:1:4: anchors (&name) are not supported: write the value out; quote text with a &"),
        ("a: *x", "f:1:4: aliases (*name) are not supported: write the value out; quote text with a *"),
        ("a: !!int 1", "f:1:4: tags (!name) are not supported: leave it out; quote text with a !"),
        ("a: !secret {b: 1}", "f:1:4: tags (!name) are not supported: leave it out; quote text with a !"),
        ("a: 1\nb: 2\na: 3", "f:3:1: duplicate key \"a\" (first on line 1, column 1)"),
        ("x:\n  a: 1\n  \"a\": 2", "f:3:3: duplicate key \"a\" (first on line 2, column 3)"),
        ("a: 1\n---\nb: 2", "f:2:1: a second document begins here: one file holds one"),
        ("a: {{ b }}", "f:1:5: a key must be text: text that begins with { or [ needs quotes"),
        (String(repeating: "[", count: 33), "f:1:33: nested more than 32 deep"),
        (large, "f:1:1: the file is larger than 1 MiB: this cannot be the right one"),
    ]

    private static let large = String(repeating: "a", count: 1 << 20 | 1)

    static let malformed: [(text: String, message: String)] = [
        ("a: 1\nb: \"x\nc: 3\n", "f:2:4: the quote opened here is never closed"),
        ("a: 'it", "f:1:4: the quote opened here is never closed"),
        ("a:\n\tb: 1", "f:2:1: found character that cannot start any token: indent with spaces, not tabs"),
        ("ä: @x", "f:1:4: found character that cannot start any token: put the text in quotes"),
        (
            "a: b: c",
            "f:1:5: mapping values are not allowed in this context: check the indentation, "
                + "and put text that contains a colon and a space in quotes"
        ),
        (
            "a: [1, 2\nb: 3",
            "f:2:2: did not find expected ',' or ']', while parsing a flow sequence that began on line 1, column 4"
        ),
        ("a: 1\nb\nc: 2", "f:2:1: this line is no key: write key: value, and check the quotes above it"),
        (
            "- a\nb: 1",
            "f:2:1: did not find expected '-' indicator, "
                + "while parsing a block collection that began on line 1, column 1"
        ),
        (
            "a:\n  b: 1\n c: 2",
            "f:3:2: did not find expected key, while parsing a block mapping that began on line 1, column 1: "
                + "check the indentation, and the quotes"
        ),
        ("...", "f:1:1: did not find expected node content"),
    ]

    @Test(arguments: refused + malformed)
    func `what is not plain YAML is refused with its place and the reason`(text: String, message: String) {
        #expect(failure(Array(text.utf8)) == message)
    }

    static let unreadable: [(bytes: [UInt8], message: String)] = [
        (Array("a: 1\nbä: \u{7}".utf8), "f:2:5: control characters are not allowed (0x7): delete this character"),
        (Array("a: \0".utf8), "f:1:4: control characters are not allowed (0x0): delete this character"),
        (Array("a: 1\nb: ".utf8) + [0xFF], "f:2:4: invalid leading UTF-8 octet (0xFF): save the file as UTF-8"),
        (Array("a: ".utf8) + [0xC3], "f:1:4: incomplete UTF-8 octet sequence: save the file as UTF-8"),
        ([0xFF, 0xFE, 0x61, 0], "f:1:1: the file is UTF-16: save it as UTF-8"),
        ([0xFE, 0xFF, 0, 0x61], "f:1:1: the file is UTF-16: save it as UTF-8"),
    ]

    @Test(arguments: unreadable)
    func `bytes that are no text are refused with their place`(bytes: [UInt8], message: String) {
        #expect(failure(bytes) == message)
    }

    private func failure(_ bytes: [UInt8]) -> String? {
        do throws(YAMLError) {
            _ = try Node(parsing: bytes.span, file: "f")
            return nil
        } catch {
            return error.description
        }
    }
}
