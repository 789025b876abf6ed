internal import YAML

/// The mistakes found so far in one file.
///
/// The sections of a file share it, so that reading goes on after a mistake and finds the next.
final class Mistakes {
    let file: String
    private var noted: [Diagnostic] = []

    init(in file: String) {
        self.file = file
    }

    func note(
        _ key: String,
        at mark: Mark,
        found: String? = nil,
        _ refusal: Refusal = Refusal(),
        allowed: String? = nil
    ) {
        let diagnostic = Diagnostic(
            file: file,
            line: mark.line,
            column: mark.column,
            key: key,
            found: refusal.isSecret ? nil : found,
            message: refusal.message,
            allowed: allowed,
            suggestion: refusal.suggestion
        )
        noted.append(diagnostic)
    }

    /// Refuses the file as a whole if anything in it is wrong.
    func check() throws(Diagnostics) {
        if noted.isEmpty { return }
        throw Diagnostics(all: noted.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
    }
}

/// A mapping of the file, read key by key; whatever is wrong is noted, and reads as if it were not there.
struct Section {
    let path: String
    let mark: Mark
    let entries: [Node.Entry]
    let mistakes: Mistakes

    /// The whole of a file.
    init(parsing text: String, mistakes: Mistakes) throws(Diagnostics) {
        do throws(YAMLError) {
            let node = try Node(parsing: text, file: mistakes.file)
            self.init("", node, at: node.mark, mistakes)
        } catch {
            mistakes.note("", at: Mark(line: error.line, column: error.column), Refusal(message: error.message))
            try mistakes.check()
            self.init(path: "", mark: .start, entries: [], mistakes: mistakes)
        }
    }

    init(path: String, mark: Mark, entries: [Node.Entry], mistakes: Mistakes) {
        self.path = path
        self.mark = mark
        self.entries = entries
        self.mistakes = mistakes
    }

    private init(_ path: String, _ node: Node, at mark: Mark, _ mistakes: Mistakes) {
        var entries: [Node.Entry] = []
        switch node.kind {
        case .mapping(let found): entries = found
        case .scalar(let scalar) where scalar.isNull: break
        default: mistakes.note(path, not: "keys with values below", node)
        }
        self.init(path: path, mark: mark, entries: entries, mistakes: mistakes)
    }

    /// The value of a key, or nil: it is not there, is empty, or is wrong.
    func value<Value>(_ key: String, _ form: Form<Value>) -> Value? {
        guard let entry = entry(key), !entry.value.isNull else { return nil }
        return read(entry, form)
    }

    /// The value of a key that must be there.
    func required<Value>(_ key: String, _ form: Form<Value>) -> Value? {
        demand(key, allowed: form.allowed) ? value(key, form) : nil
    }

    /// Whether a key has a value; that it has none is a mistake.
    func demand(_ key: String, allowed: String) -> Bool {
        if let entry = entry(key) { return demand(entry, allowed: allowed) }
        mistakes.note(child(key), at: mark, Refusal(message: "is missing"), allowed: allowed)
        return false
    }

    func demand(_ entry: Node.Entry, allowed: String) -> Bool {
        if !entry.value.isNull { return true }
        let refusal = Refusal(message: "has no value")
        mistakes.note(child(entry.key.excerpt), at: entry.key.mark, refusal, allowed: allowed)
        return false
    }

    func read<Value>(_ entry: Node.Entry, _ form: Form<Value>) -> Value? {
        read(entry.value, at: child(entry.key.excerpt), form)
    }

    /// Reads a value that has no key of its own, such as an element of a list.
    func read<Value>(_ node: Node, at path: String, _ form: Form<Value>) -> Value? {
        guard case .scalar(let scalar) = node.kind else {
            mistakes.note(path, not: form.allowed, node)
            return nil
        }
        do throws(Refusal) {
            return try form.read(scalar)
        } catch {
            mistakes.note(path, at: scalar.mark, found: scalar.excerpt, error, allowed: form.allowed)
            return nil
        }
    }

    /// The section below a key; it is empty where there is none.
    func section(_ key: String, keys: [String]) -> Section {
        if let entry = entry(key) { return section(entry).knowing(keys) }
        return Section(path: child(key), mark: mark, entries: [], mistakes: mistakes)
    }

    /// The section below a key of any name.
    func section(_ entry: Node.Entry) -> Section {
        Section(child(entry.key.excerpt), entry.value, at: entry.key.mark, mistakes)
    }

    /// The sections that the elements of a list are; it is empty where there is no list.
    func elements(of key: String, allowed: String) -> [Section] {
        guard let entry = entry(key), !entry.value.isNull else { return [] }
        guard case .sequence(let items) = entry.value.kind else {
            mistakes.note(child(key), not: allowed, entry.value)
            return []
        }
        return items.enumerated().compactMap { index, item in
            let path = "\(child(key))[\(index)]"
            if case .mapping(let entries) = item.kind {
                return Section(path: path, mark: item.mark, entries: entries, mistakes: mistakes)
            }
            mistakes.note(path, not: "keys with values below", item)
            return nil
        }
    }

    /// A list of values, or a single one; nil where there is nothing.
    ///
    /// An empty list is a mistake.
    func values<Value>(_ key: String, _ form: Form<Value>) -> [Value]? {
        guard let entry = entry(key), !entry.value.isNull else { return nil }
        guard case .sequence(let items) = entry.value.kind else { return read(entry, form).map { [$0] } }
        if items.isEmpty {
            mistakes.note(child(key), at: entry.value.mark, Refusal(message: "is empty"), allowed: form.allowed)
        }
        return items.compactMap { read($0, at: child(key), form) }
    }

    func entry(_ key: String) -> Node.Entry? {
        entries.first { $0.key.text == key }
    }

    /// Where to point for a mistake that concerns this key: at its value, or else at the section.
    func place(_ key: String) -> Mark { entry(key)?.value.mark ?? mark }

    func child(_ key: String) -> String {
        let name = key.isEmpty ? "\"\"" : key
        return path.isEmpty ? name : "\(path).\(name)"
    }
}

extension Section {
    /// The entries whose keys can be those of server types; the others are noted.
    var entriesByServerType: [Node.Entry] {
        entries.filter { entry in
            let isValid = ShortName.isValid(entry.key.text)
            if !isValid {
                let refusal = Refusal(message: "no server type can have this key")
                mistakes.note(child(entry.key.excerpt), at: entry.key.mark, refusal, allowed: ShortName.allowed)
            }
            return isValid
        }
    }
}
