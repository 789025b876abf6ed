/// One mistake in a configuration file: where it is, what stands there, and what may stand there instead.
public struct Diagnostic: Error, Equatable, Sendable {
    public let file: String
    public let line: Int
    public let column: Int
    /// The dotted path of the key, such as `pxe.enabled`; empty when the mistake is the file's as a whole.
    public let key: String
    /// What stands in the file; nil when nothing does, or when it may be a secret.
    public let found: String?
    /// What is wrong, where "found this, allowed is that" does not say it.
    public let message: String?
    public let allowed: String?
    /// What was probably meant.
    public let suggestion: String?
}

extension Diagnostic: CustomStringConvertible {
    public var description: String {
        "\(file):\(line):\(column): \(key.isEmpty ? "" : "\(key): ")\(sentence)"
    }

    /// What is wrong, for who knows where.
    public var sentence: String {
        let remedy = suggestion.map { "; did you mean \($0)?" } ?? ""
        guard let message else { return "found \"\(found ?? "")\", allowed: \(allowed ?? "nothing")" + remedy }
        let finding = found.map { "found \"\($0)\", " } ?? ""
        return finding + message + remedy + (allowed.map { " (allowed: \($0))" } ?? "")
    }
}

/// All the mistakes in a configuration file, in the order of its lines.
public struct Diagnostics: Error, Equatable, Sendable, CustomStringConvertible {
    public let all: [Diagnostic]

    public var description: String { all.map(\.description).joined(separator: "\n") }
}
