import Model

/// One table of an answer file, read as the installer does: what it does not know is an error.
struct AnswerSection {
    /// A key of a table, with the other spelling that a release takes for it, if any.
    struct Field {
        let name: String
        var others: [String] = []

        var names: [String] { ([name] + others).sorted() }
    }

    let line: Int
    private let entries: [String: TOMLTable.Entry]

    init(_ table: TOMLTable, _ fields: [Field]) throws(InstallerRefusal) {
        var entries: [String: TOMLTable.Entry] = [:]
        for entry in table.entries {
            guard let field = fields.first(where: { $0.names.contains(entry.key) }) else {
                throw .parsing(
                    "unknown field `\(entry.key)`, \(InstallerRefusal.listed(fields.flatMap(\.names)))",
                    line: entry.line)
            }
            guard entries[field.plainName] == nil else {
                throw .parsing("duplicate field `\(field.name)`", line: entry.line)
            }
            entries[field.plainName] = entry
        }
        self.entries = entries
        line = table.line
    }

    func line(_ name: String) -> Int { entries[name]?.line ?? line }
    func has(_ name: String) -> Bool { entries[name] != nil }

    func text(_ name: String) throws(InstallerRefusal) -> String? {
        guard let entry = entries[name] else { return nil }
        guard case .text(let text) = entry.value else { throw Self.wrong(entry.value, "a string", entry.line) }
        return text
    }

    func required(_ name: String) throws(InstallerRefusal) -> String {
        guard let text = try text(name) else { throw .parsing("missing field `\(name)`", line: line) }
        return text
    }

    func flag(_ name: String) throws(InstallerRefusal) -> Bool? {
        guard let entry = entries[name] else { return nil }
        guard case .flag(let flag) = entry.value else { throw Self.wrong(entry.value, "a boolean", entry.line) }
        return flag
    }

    func whole(_ name: String) throws(InstallerRefusal) -> Int? {
        guard let entry = entries[name] else { return nil }
        guard case .whole(let number) = entry.value else { throw Self.wrong(entry.value, "u32", entry.line) }
        guard let positive = UInt32(exactly: number) else {
            throw .parsing("invalid value: integer `\(number)`, expected u32", line: entry.line)
        }
        return Int(positive)
    }

    func fraction(_ name: String) throws(InstallerRefusal) -> Double? {
        guard let entry = entries[name] else { return nil }
        switch entry.value {
        case .fraction(let number): return number
        case .whole(let number): return Double(number)
        default: throw Self.wrong(entry.value, "f64", entry.line)
        }
    }

    func texts(_ name: String) throws(InstallerRefusal) -> [String] {
        guard let entry = entries[name] else { return [] }
        guard case .list(let values) = entry.value else { throw Self.wrong(entry.value, "a sequence", entry.line) }
        var texts: [String] = []
        for value in values {
            guard case .text(let text) = value else { throw Self.wrong(value, "a string", entry.line) }
            texts.append(text)
        }
        return texts
    }

    /// One of a list of words.
    func choice(_ name: String, of words: [String]) throws(InstallerRefusal) -> String? {
        guard let text = try text(name) else { return nil }
        guard words.contains(text) else {
            throw .parsing("unknown variant `\(text)`, \(InstallerRefusal.listed(words))", line: line(name))
        }
        return text
    }

    func table(_ name: String) throws(InstallerRefusal) -> TOMLTable? {
        guard let entry = entries[name] else { return nil }
        guard case .table(let table) = entry.value else { throw Self.wrong(entry.value, "a map", entry.line) }
        return table
    }

    /// Any keys, each with a text.
    func map(_ name: String) throws(InstallerRefusal) -> [String: String]? {
        guard let table = try table(name) else { return nil }
        var map: [String: String] = [:]
        for entry in table.entries {
            guard case .text(let text) = entry.value else { throw Self.wrong(entry.value, "a string", entry.line) }
            map[entry.key] = text
        }
        return map
    }

    private static func wrong(_ value: TOMLValue, _ expected: String, _ line: Int) -> InstallerRefusal {
        let found =
            switch value {
            case .text(let text): "string \"\(text)\""
            case .whole(let number): "integer `\(number)`"
            case .fraction(let number): "floating point `\(number)`"
            case .flag(let flag): "boolean `\(flag)`"
            case .list: "sequence"
            case .table: "map"
            }
        return .parsing("invalid type: \(found), expected \(expected)", line: line)
    }
}

extension AnswerSection.Field {
    /// Its name with hyphens, by which the rules know it whatever the release calls it.
    var plainName: String { String(name.map { $0 == "_" ? "-" : $0 }) }
}
