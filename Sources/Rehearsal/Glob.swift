/// A pattern as the installer compares properties of udev with: `*`, `?`, `[a-z]`, `[!a]`.
struct Glob {
    private enum Part {
        case anything, any
        case one(Unicode.Scalar)
        case of([ClosedRange<Unicode.Scalar>], isInverted: Bool)
    }

    private let parts: [Part]

    /// Nil where a bracket is not closed.
    init?(_ pattern: String) {
        var parts: [Part] = []
        var rest = pattern.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*": parts.append(.anything)
            case "?": parts.append(.any)
            case "[":
                guard let part = Self.bracket(&rest) else { return nil }
                parts.append(part)
            default: parts.append(.one(scalar))
            }
        }
        self.parts = parts
    }

    func matches(_ text: String) -> Bool { Self.matches(parts[...], Array(text.unicodeScalars)[...]) }

    private static func bracket(_ rest: inout Substring.UnicodeScalarView) -> Part? {
        let isInverted = rest.first == "!"
        if isInverted { rest.removeFirst() }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while let scalar = rest.popFirst() {
            // A bracket that stands first is itself one of the characters.
            if scalar == "]", !ranges.isEmpty { return .of(ranges, isInverted: isInverted) }
            if rest.first == "-", let last = rest.dropFirst().first, last != "]" {
                rest.removeFirst(2)
                guard scalar <= last else { return nil }
                ranges.append(scalar...last)
            } else {
                ranges.append(scalar...scalar)
            }
        }
        return nil
    }

    /// Goes back only to the last `*`, so that no pattern takes long.
    private static func matches(_ pattern: ArraySlice<Part>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
        var (pattern, text) = (pattern, text)
        var retry: (pattern: ArraySlice<Part>, text: ArraySlice<Unicode.Scalar>)?
        while true {
            if case .anything? = pattern.first {
                pattern.removeFirst()
                retry = (pattern, text)
            } else if let part = pattern.first, let scalar = text.first, matches(part, scalar) {
                pattern.removeFirst()
                text.removeFirst()
            } else if pattern.isEmpty, text.isEmpty {
                return true
            } else {
                guard let last = retry, !last.text.isEmpty else { return false }
                (pattern, text) = (last.pattern, last.text.dropFirst())
                retry = (pattern, text)
            }
        }
    }

    private static func matches(_ part: Part, _ scalar: Unicode.Scalar) -> Bool {
        switch part {
        case .anything, .any: true
        case .one(let wanted): wanted == scalar
        case .of(let ranges, let isInverted): ranges.contains { $0.contains(scalar) } != isInverted
        }
    }
}
