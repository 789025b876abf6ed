/// A release of the Proxmox VE installer, as far as its answer file differs from the others'.
public enum InstallerRelease: String, CaseIterable, Comparable, Codable, Sendable, CustomStringConvertible {
    case v8x2 = "8.2"
    case v8x3 = "8.3"
    case v8x4 = "8.4"
    case v9x0 = "9.0"
    case v9x1 = "9.1"
    case v9x2 = "9.2"

    /// Reads what an ISO or its installer calls itself; a release that is not known is taken for the one before it.
    public init(_ text: String) throws(AnswerProblem) {
        guard let number = Self.number(text) else {
            throw AnswerProblem("release", text, "is no release of Proxmox VE: it is written as 9.2.")
        }
        guard let release = Self.allCases.last(where: { $0.number <= number }) else {
            throw AnswerProblem(
                "release", text, "is older than the unattended installation, which came with 8.2: take 8.3 or newer.")
        }
        self = release
    }

    public var description: String { rawValue }

    /// The one that is known best, and that later ones are taken for.
    public static let newest = v9x2

    /// The hash of a password, and URLs to call: 8.2 takes passwords in plain text only, and calls nobody.
    public var takesHashAndURLs: Bool { self >= .v8x3 }
    /// Keys are spelled with hyphens rather than underscores.
    public var spellsWithHyphens: Bool { self >= .v8x4 }
    public var hasRebootMode: Bool { self >= .v8x4 }
    public var pinsPortNames: Bool { self >= .v9x1 }
    /// The webhook's token has a key of its own.
    public var hasWebhookToken: Bool { self >= .v9x2 }

    public static func < (one: Self, other: Self) -> Bool { one.number < other.number }

    private var number: Int { Self.number(rawValue) ?? 0 }

    private static func number(_ text: String) -> Int? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...3).contains($0.utf8.count) }),
            let major = UInt16(parts[0]), let minor = UInt16(parts[1])
        else { return nil }
        return Int(major) * 1000 + Int(minor)
    }
}
