/// A script of the other machine's sh with its arguments, as one line that any login shell hands on unchanged.
public struct Script: Sendable {
    private let words: [String]

    public init(_ text: String, _ arguments: [String]) {
        words = ["sh", "-c", text, "sh"] + arguments
    }

    public var line: String { words.map(Self.quoted).joined(separator: " ") }

    private static func quoted(_ word: String) -> String {
        "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
