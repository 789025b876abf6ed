extension TOMLParser {
    /// A string in one line: with escapes between double quotes, as it stands between single ones.
    mutating func string() throws(Malformed) -> String {
        for quotes in ["\"\"\"", "'''"] where isFollowed(by: quotes) {
            throw refuse("strings of several lines are not read here")
        }
        let quote = next
        advance()
        var bytes: [UInt8] = []
        while let byte = next, byte != quote {
            guard byte >= 32 && byte != 127 || byte == 9 else { throw refuse("a string has a control character in it") }
            advance()
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                bytes += Array(String(try escaped()).utf8)
            } else {
                bytes.append(byte)
            }
        }
        guard next == quote else { throw refuse("a string does not end in its line") }
        advance()
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func escaped() throws(Malformed) -> Unicode.Scalar {
        let letter = next
        advance()
        switch letter {
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "u"): return try scalar(digits: 4)
        case UInt8(ascii: "U"): return try scalar(digits: 8)
        default: throw refuse("there is no such escape")
        }
    }

    private mutating func scalar(digits: Int) throws(Malformed) -> Unicode.Scalar {
        var text = ""
        while text.utf8.count < digits, let byte = next, Character(Unicode.Scalar(byte)).isHexDigit {
            text.unicodeScalars.append(Unicode.Scalar(byte))
            advance()
        }
        guard text.utf8.count == digits, let number = UInt32(text, radix: 16), let scalar = Unicode.Scalar(number)
        else {
            throw refuse("an escape names no character")
        }
        return scalar
    }

    /// A number or a boolean.
    mutating func word() throws(Malformed) -> TOMLValue {
        let word = take { Self.isBare($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: ".") }
        let digits = String(word.filter { $0 != "_" })
        switch word {
        case "true": return .flag(true)
        case "false": return .flag(false)
        case _ where word.wholeMatch(of: /[+\-]?(0|[1-9](_?[0-9])*)/) != nil:
            guard let number = Int64(digits) else { throw refuse("\(word) is too large a number") }
            return .whole(number)
        case _ where word.wholeMatch(of: Self.fraction) != nil:
            guard let number = Double(digits), number.isFinite else { throw refuse("\(word) is too large a number") }
            return .fraction(number)
        default:
            let what = word.isEmpty ? "there is no value where one should be" : "\(word) is no value that is read here"
            throw refuse(what)
        }
    }

    private static var fraction: Regex<some Any> {
        /[+\-]?(0|[1-9](_?[0-9])*)(\.[0-9](_?[0-9])*)?([eE][+\-]?[0-9](_?[0-9])*)?/
    }
}
