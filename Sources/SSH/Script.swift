/// A script of the other machine's sh with its arguments, as one line that any login shell hands on unchanged.
struct Script {
    private let words: [String]

    init(_ text: String, _ arguments: [String]) {
        words = ["sh", "-c", text, "sh"] + arguments
    }

    var line: String { words.map(Self.quoted).joined(separator: " ") }

    private static func quoted(_ word: String) -> String {
        "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
