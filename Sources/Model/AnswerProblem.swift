/// What the installer would refuse in its answer file, told before a machine is sent there.
public struct AnswerProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The setting as a person knows it, such as `installation.country`.
    public let field: String
    /// What stands there; nil when nothing does, or when it may be a secret.
    public let found: String?
    /// What is wrong with it, and what to do.
    public let sentence: String

    public init(_ field: String, _ found: String? = nil, _ sentence: String) {
        self.field = field
        self.found = found.map { String(String.UnicodeScalarView($0.unicodeScalars.prefix(100))) }
        self.sentence = sentence
    }

    /// The field of a disk that holds something: a rebuild that names it may go on.
    public static let erase = "erase"

    public var description: String { "\(field): " + (found.map { "\"\($0)\" " } ?? "") + sentence }
}
