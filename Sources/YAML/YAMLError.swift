/// What is wrong with a YAML file, and where.
public struct YAMLError: Error, Equatable, Sendable, CustomStringConvertible {
    public let file: String
    public let line: Int
    public let column: Int
    public let message: String

    init(_ message: String, in file: String, at mark: Mark) {
        self.file = file
        self.line = mark.line
        self.column = mark.column
        self.message = message
    }

    public var description: String { "\(file):\(line):\(column): \(message)" }
}
