/// The short names that people give to things, and machines put into other names.
enum ShortName {
    static let allowed = "a letter, then lower-case letters, digits, - and _, up to 40 together"

    static func isValid(_ text: String) -> Bool {
        isWord(text, upTo: 40) { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    static func isHostnamePrefix(_ text: String) -> Bool {
        isWord(text, upTo: 50) { $0 == UInt8(ascii: "-") }
    }

    private static func isWord(_ text: String, upTo length: Int, joiner: (UInt8) -> Bool) -> Bool {
        guard let first = text.utf8.first, isLetter(first), text.utf8.count <= length else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || joiner($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
