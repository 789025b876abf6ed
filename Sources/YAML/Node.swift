/// One value of a YAML file, with the place where it stands.
public struct Node: Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
        case scalar(Scalar)
        case sequence([Node])
        case mapping([Entry])
    }

    /// One key of a mapping, and its value.
    public struct Entry: Equatable, Sendable {
        public let key: Scalar
        public let value: Node
    }

    public let kind: Kind
    public let mark: Mark

    init(_ kind: Kind, at mark: Mark) {
        self.kind = kind
        self.mark = mark
    }

    init(_ scalar: Scalar) {
        self.init(.scalar(scalar), at: scalar.mark)
    }
}

/// A place in a file, as an editor counts: the first character is line 1, column 1.
public struct Mark: Equatable, Sendable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static let start = Self(line: 1, column: 1)
}

/// A piece of text in a YAML file, exactly as written: nothing is made a number, a date or a boolean.
public struct Scalar: Equatable, Sendable {
    public let text: String
    /// Whether it stands there bare, neither quoted nor as a block.
    public let isPlain: Bool
    public let mark: Mark

    /// Whether it says that there is no value: nothing at all, `~` or `null`.
    public var isNull: Bool { isPlain && ["", "~", "null", "Null", "NULL"].contains(text) }

    /// Whether it fits on one line as it is: every character can be seen, or is a space.
    public var isPrintable: Bool { text.unicodeScalars.allSatisfy(Self.isVisible) }

    /// The text fit for one line of a message: cut when long, with everything invisible spelled out.
    public var excerpt: String {
        let scalars = text.unicodeScalars
        let shown = scalars.prefix(Self.excerptLength).map { scalar in
            Self.isVisible(scalar) && scalar != "\"" ? String(scalar) : scalar.escaped(asASCII: true)
        }
        return shown.joined() + (scalars.dropFirst(Self.excerptLength).isEmpty ? "" : "…")
    }

    private static let excerptLength = 60

    /// Format characters are not: among them are those that reverse the direction of a terminal's line.
    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
        default: true
        }
    }
}
