/// A keyboard layout that the installer knows.
public enum KeyboardLayout: String, CaseIterable, Codable, Sendable, CustomStringConvertible {
    case de
    case deCH = "de-ch"
    case dk
    case enGB = "en-gb"
    case enUS = "en-us"
    case es, fi, fr
    case frBE = "fr-be"
    case frCA = "fr-ca"
    case frCH = "fr-ch"
    case hu
    case icelandic = "is"
    case it, jp, lt, mk, nl, no, pl, pt
    case ptBR = "pt-br"
    case se, si, tr

    public init(_ text: String) throws(AnswerProblem) {
        guard let layout = Self(rawValue: text) else {
            let all = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw AnswerProblem(
                "installation.keyboard", text, "is no keyboard layout of the installer: take one of \(all).")
        }
        self = layout
    }

    public var description: String { rawValue }
}
