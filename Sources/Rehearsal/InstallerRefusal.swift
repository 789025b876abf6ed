/// Why an installer goes no further, in its own words.
public struct InstallerRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// How far it was: after either it waits in a shell for ever, and tells nobody.
    public enum Phase: String, Sendable {
        /// The answer is read, and the first-boot script fetched.
        case setup = "Autoinstaller setup error"
        case installation = "Installation failed"
    }

    public let phase: Phase
    public let message: String
    /// The line of the answer file, where the message is about one.
    public let line: Int?

    public init(_ phase: Phase, _ message: String, line: Int? = nil) {
        (self.phase, self.message, self.line) = (phase, message, line)
    }

    public var description: String {
        let place = line.map { "Failed parsing answer file: TOML parse error at line \($0): " } ?? ""
        return "\(phase.rawValue): \(place)\(message)"
    }

    static func parsing(_ message: String, line: Int) -> Self { Self(.setup, message, line: line) }

    /// Words as Rust's parser lists them.
    static func listed(_ names: [String]) -> String {
        let quoted = names.map { "`\($0)`" }
        switch quoted.count {
        case 0: return "there are no fields"
        case 1: return "expected \(quoted[0])"
        case 2: return "expected \(quoted[0]) or \(quoted[1])"
        default: return "expected one of \(quoted.joined(separator: ", "))"
        }
    }
}
