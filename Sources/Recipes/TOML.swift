/// A TOML file, written table by table.
struct TOML {
    enum Value {
        case text(String)
        case flag(Bool)
        case whole(Int)
        case fraction(Double)
        case texts([String])
    }

    private var lines: [String] = []

    var text: String { lines.joined(separator: "\n") + "\n" }

    /// Appends a table; pairs without a value are left out, and so is a table whose pairs all are.
    mutating func table(_ name: String..., pairs: [(key: String, value: Value?)]) {
        let present = pairs.compactMap { pair in pair.value.map { "\(Self.key(pair.key)) = \(Self.text(of: $0))" } }
        if present.isEmpty { return }
        if !lines.isEmpty { lines.append("") }
        if !name.isEmpty { lines.append("[\(name.map(Self.key).joined(separator: "."))]") }
        lines += present
    }

    private static func key(_ name: String) -> String {
        let isBare = !name.isEmpty && name.utf8.allSatisfy(isBareByte)
        return isBare ? name : quoted(name)
    }

    private static func isBareByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func text(of value: Value) -> String {
        switch value {
        case .text(let text): quoted(text)
        case .flag(let flag): flag ? "true" : "false"
        case .whole(let number): String(number)
        case .fraction(let number): String(number)
        case .texts(let texts): "[" + texts.map(quoted).joined(separator: ", ") + "]"
        }
    }

    /// A basic string: control characters may not stand in one as they are, U+007F included.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
