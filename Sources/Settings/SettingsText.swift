internal import YAML

/// The text of a settings file that people keep: single values of it are changed, and all else stays as it was written.
public struct SettingsText: Sendable {
    public private(set) var text: String
    private let file: String

    public init(_ text: String, file: String) {
        (self.text, self.file) = (text, file)
    }

    /// Gives a key of a section, such as `pxe.interface`, another value; nil leaves it to its default.
    ///
    /// Throws what is wrong with the file, or that this key stands in it in a way that only a person can change.
    public mutating func set(_ key: String, to value: String?) throws {
        let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw SettingsTextError.unknown(key) }
        let before = try Values(text, file)
        guard before[key] != value else { return }
        var lines = Lines(text)
        lines.set(parts[0], parts[1], to: value, in: try Node(parsing: text, file: file))
        // What was meant is what is there now, or nothing is changed.
        guard let after = try? Values(lines.text, file), after == before.with(key, value) else {
            throw SettingsTextError.handmade(key)
        }
        text = lines.text
    }
}

/// Why a value could not be changed without its author.
public enum SettingsTextError: Error, Equatable, CustomStringConvertible {
    case unknown(String)
    case handmade(String)

    public var description: String {
        switch self {
        case .unknown(let key): "There is no setting \(key)."
        case .handmade(let key):
            "\(key) stands in the file in a way that cannot be changed from here: change it in the file itself."
        }
    }
}

/// Every scalar of a file by its path: what a change of one must leave alone.
private struct Values: Equatable {
    private var texts: [String: String] = [:]

    init(_ text: String, _ file: String) throws {
        collect(try Node(parsing: text, file: file), "")
    }

    subscript(key: String) -> String? { texts[key] }

    func with(_ key: String, _ value: String?) -> Self {
        var copy = self
        copy.texts[key] = value
        return copy
    }

    private mutating func collect(_ node: Node, _ path: String) {
        switch node.kind {
        case .scalar(let scalar): if !scalar.isNull { texts[path] = scalar.text }
        case .sequence(let items):
            for (index, item) in items.enumerated() { collect(item, "\(path)[\(index)]") }
        case .mapping(let entries):
            for entry in entries { collect(entry.value, path.isEmpty ? entry.key.text : "\(path).\(entry.key.text)") }
        }
    }
}

private struct Lines {
    private var lines: [String]

    init(_ text: String) {
        // By scalars: a carriage return before a line's end would be one character with it.
        lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    var text: String { lines.joined(separator: "\n") }

    mutating func set(_ section: String, _ name: String, to value: String?, in root: Node) {
        let sections = root.entries
        guard let index = sections.firstIndex(where: { $0.key.text == section }) else {
            if let value { append(section, name, value) }
            return
        }
        let entries = sections[index].value.entries
        if let entry = entries.first(where: { $0.key.text == name }) {
            return replace(entry, with: value)
        }
        guard let value else { return }
        let first = sections[index].key.mark.line
        let end = index + 1 < sections.count ? sections[index + 1].key.mark.line - 1 : lines.count
        let indent = String(repeating: " ", count: (entries.first?.key.mark.column ?? 3) - 1)
        let line = "\(indent)\(name): \(Self.written(value))"
        // The examples show a key that is not set as a comment: that is where it belongs.
        if let place = (first..<max(first, end)).first(where: { Self.comments(lines[$0], name) }) {
            lines[place] = line
        } else {
            lines.insert(line, at: first)
        }
    }

    private mutating func append(_ section: String, _ name: String, _ value: String) {
        while lines.last == "" { lines.removeLast() }
        if !lines.isEmpty { lines.append("") }
        lines += ["\(section):", "  \(name): \(Self.written(value))", ""]
    }

    private mutating func replace(_ entry: Node.Entry, with value: String?) {
        let number = entry.key.mark.line - 1
        let line = Array(lines[number])
        let start = entry.key.mark.column - 1
        guard let colon = line[min(start, line.count)...].firstIndex(of: ":") else { return }
        guard let value else {
            return lines[number] = "\(String(line[..<start]))# \(String(line[start...]))"
        }
        let rest = line[(colon + 1)...]
        let begin = rest.firstIndex { $0 != " " && $0 != "\t" } ?? rest.endIndex
        let end = Self.end(of: line, from: begin)
        let comment = String(line[end...])
        lines[number] = String(line[...colon]) + " " + Self.written(value) + comment
    }

    /// Where a value that stands on one line ends.
    private static func end(of line: [Character], from begin: Int) -> Int {
        guard begin < line.count, line[begin] != "#" else { return min(begin, line.count) }
        if line[begin] == "\"" || line[begin] == "'" {
            var index = begin + 1
            while index < line.count, line[index] != line[begin] { index += line[index] == "\\" ? 2 : 1 }
            return min(index + 1, line.count)
        }
        var end = begin
        while end < line.count, !(line[end] == "#" && (line[end - 1] == " " || line[end - 1] == "\t")) { end += 1 }
        while end > begin, line[end - 1] == " " || line[end - 1] == "\t" || line[end - 1] == "\r" { end -= 1 }
        return end
    }

    private static func comments(_ line: String, _ name: String) -> Bool {
        let text = line.drop { $0 == " " }
        guard text.first == "#" else { return false }
        let words = text.dropFirst().drop { $0 == " " }
        return words.hasPrefix("\(name):")
            && (words.count == name.count + 1 || words.dropFirst(name.count + 1).first == " ")
    }

    /// Bare where that says the same, and else in quotes.
    private static func written(_ value: String) -> String {
        let isBare =
            !value.isEmpty && value != "null" && value.last != ":"
            && value.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._:/@+-".contains($0)) }
            && (value.first?.isLetter == true || value.first?.isNumber == true)
        guard !isBare else { return value }
        return "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}

extension Node {
    fileprivate var entries: [Entry] {
        guard case .mapping(let entries) = kind else { return [] }
        return entries
    }
}
