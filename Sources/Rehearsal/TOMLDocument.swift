/// A TOML file (1.0), as far as the installer's files use it: what else there is in TOML is refused.
public struct TOMLDocument: Equatable, Sendable {
    public let root: TOMLTable

    /// Where a text is no such file, and why.
    public struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
        public let line: Int
        public let reason: String
        public var description: String { "line \(line): \(reason)" }
    }

    public init(parsing text: String) throws(Malformed) {
        var parser = TOMLParser(text)
        root = try parser.document()
    }
}

/// A value of a TOML file.
public indirect enum TOMLValue: Equatable, Sendable {
    case text(String)
    case whole(Int64)
    case fraction(Double)
    case flag(Bool)
    case list([TOMLValue])
    case table(TOMLTable)
}

/// A table of a TOML file, its entries in the order in which they stand there.
public struct TOMLTable: Equatable, Sendable {
    public struct Entry: Equatable, Sendable {
        public let key: String
        public fileprivate(set) var value: TOMLValue
        public let line: Int
    }

    /// How a table came to be: its header may follow as long as it is only implied by that of another.
    enum Origin: Equatable, Sendable { case implied, header, dottedKey }

    public private(set) var entries: [Entry] = []
    public let line: Int
    private var origin: Origin

    init(line: Int, _ origin: Origin) {
        (self.line, self.origin) = (line, origin)
    }

    public subscript(key: String) -> TOMLValue? { entries.first { $0.key == key }?.value }

    /// Opens the table of a header.
    mutating func open(_ path: ArraySlice<String>, line: Int) throws(TOMLDocument.Malformed) {
        guard let name = path.first else {
            guard origin == .implied else { throw .init(line: line, reason: "this table is there already") }
            origin = .header
            return
        }
        try change(name, line, orMake: .implied) { (table) throws(TOMLDocument.Malformed) in
            try table.open(path.dropFirst(), line: line)
        }
    }

    /// Sets a key, which may have dots in it, of the table of a header.
    mutating func set(
        _ key: ArraySlice<String>, to value: TOMLValue, below header: ArraySlice<String>, line: Int
    ) throws(TOMLDocument.Malformed) {
        if let name = header.first {
            return try change(name, line, orMake: .implied) { (table) throws(TOMLDocument.Malformed) in
                try table.set(key, to: value, below: header.dropFirst(), line: line)
            }
        }
        guard let name = key.first, key.count > 1 else {
            let name = key.first ?? ""
            guard self[name] == nil else { throw .init(line: line, reason: "the key \(name) is there already") }
            entries.append(Entry(key: name, value: value, line: line))
            return
        }
        try change(name, line, orMake: .dottedKey) { (table) throws(TOMLDocument.Malformed) in
            guard table.origin == .dottedKey else { throw .init(line: line, reason: "\(name) is a table already") }
            try table.set(key.dropFirst(), to: value, below: [], line: line)
        }
    }

    private mutating func change(
        _ name: String, _ line: Int, orMake origin: Origin,
        _ change: (inout TOMLTable) throws(TOMLDocument.Malformed) -> Void
    ) throws(TOMLDocument.Malformed) {
        let index = entries.firstIndex { $0.key == name } ?? entries.endIndex
        if index == entries.endIndex {
            entries.append(Entry(key: name, value: .table(TOMLTable(line: line, origin)), line: line))
        }
        guard case .table(var table) = entries[index].value else {
            throw .init(line: line, reason: "\(name) is a value, not a table")
        }
        try change(&table)
        entries[index].value = .table(table)
    }
}
