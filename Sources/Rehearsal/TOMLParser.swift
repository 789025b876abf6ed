/// Reads a TOML file line by line; `TOMLScalars.swift` has the values that stand in one line.
struct TOMLParser {
    typealias Malformed = TOMLDocument.Malformed

    private let bytes: [UInt8]
    private var position = 0
    private(set) var line = 1

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    mutating func document() throws(Malformed) -> TOMLTable {
        var root = TOMLTable(line: 1, .header)
        var header: [String] = []
        while true {
            skipBlanks()
            switch next {
            case nil: return root
            case UInt8(ascii: "#"), Self.lineFeed, Self.carriageReturn: break
            case UInt8(ascii: "["):
                header = try self.header()
                try root.open(header[...], line: line)
            default:
                let (key, start) = (try self.key(), line)
                try take("=", after: "a key")
                skipBlanks()
                try root.set(key[...], to: try value(depth: 0), below: header[...], line: start)
            }
            try endLine()
        }
    }

    private mutating func header() throws(Malformed) -> [String] {
        try take("[", after: "nothing")
        guard next != UInt8(ascii: "[") else { throw refuse("lists of tables are not read here") }
        let path = try key()
        try take("]", after: "the name of a table")
        return path
    }

    /// A key: parts with dots between them, each bare or in quotes.
    private mutating func key() throws(Malformed) -> [String] {
        var parts: [String] = []
        while true {
            skipBlanks()
            parts.append(try part())
            guard parts.count <= Self.deepest else { throw refuse("a key has too many parts") }
            skipBlanks()
            guard next == UInt8(ascii: ".") else { return parts }
            position += 1
        }
    }

    private mutating func part() throws(Malformed) -> String {
        if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") { return try string() }
        let name = take(while: Self.isBare)
        guard !name.isEmpty else { throw refuse("there is no key where one should be") }
        return name
    }

    private mutating func value(depth: Int) throws(Malformed) -> TOMLValue {
        guard depth <= Self.deepest else { throw refuse("there are too many lists in one another") }
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .text(try string())
        case UInt8(ascii: "["): return .list(try list(depth: depth))
        case UInt8(ascii: "{"): throw refuse("tables within a line are not read here")
        default: return try word()
        }
    }

    private mutating func list(depth: Int) throws(Malformed) -> [TOMLValue] {
        var values: [TOMLValue] = []
        position += 1
        while true {
            try skipToElement()
            if next == UInt8(ascii: "]") { break }
            values.append(try value(depth: depth + 1))
            try skipToElement()
            guard next == UInt8(ascii: ",") else { break }
            position += 1
        }
        try take("]", after: "a list")
        return values
    }

    /// Within a list there may be line ends and comments.
    private mutating func skipToElement() throws(Malformed) {
        skipBlanks()
        while next == UInt8(ascii: "#") || next == Self.lineFeed || next == Self.carriageReturn {
            try endLine()
            skipBlanks()
        }
    }

    private mutating func endLine() throws(Malformed) {
        skipBlanks()
        if next == UInt8(ascii: "#") {
            let comment = take { $0 != Self.lineFeed && $0 != Self.carriageReturn }
            guard comment.utf8.allSatisfy({ $0 >= 32 && $0 != 127 || $0 == 9 }) else {
                throw refuse("there is a control character in a comment")
            }
        }
        if next == Self.carriageReturn { position += 1 }
        guard let byte = next else { return }
        guard byte == Self.lineFeed else { throw refuse("there is more in this line than belongs there") }
        position += 1
        line += 1
    }

    // MARK: Bytes

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    func refuse(_ reason: String) -> Malformed { Malformed(line: line, reason: reason) }

    mutating func advance() { position += 1 }

    mutating func take(while isWanted: (UInt8) -> Bool) -> String {
        let start = position
        while let byte = next, isWanted(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    func isFollowed(by text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

    private mutating func take(_ mark: Unicode.Scalar, after what: String) throws(Malformed) {
        skipBlanks()
        guard next == UInt8(ascii: mark) else { throw refuse("there is no \(mark) after \(what)") }
        position += 1
    }

    private mutating func skipBlanks() {
        while next == 32 || next == 9 { position += 1 }
    }

    static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static let lineFeed: UInt8 = 10
    private static let carriageReturn: UInt8 = 13
    private static let deepest = 16
}
