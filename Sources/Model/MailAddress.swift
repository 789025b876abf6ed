/// Where a node sends its mail: an address as HTML forms take it, which is what the installer goes by.
public struct MailAddress: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ text: String) throws(AnswerProblem) {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        guard text.utf8.count <= 254, halves.count == 2, !halves[0].isEmpty, halves[0].utf8.allSatisfy(Self.isLocal),
            halves[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy(DomainName.isLabel)
        else {
            throw AnswerProblem("installation.mail", text, "is no mail address: write one as admin@example.org.")
        }
        guard text.lowercased() != "mail@example.invalid" else {
            throw AnswerProblem(
                "installation.mail", text, "is the installer's own placeholder, which it refuses: write your address.")
        }
        description = text
    }

    /// Root's own mailbox on its node.
    public init(rootOf fqdn: String) throws(AnswerProblem) {
        try self.init("root@\(fqdn)")
    }

    private static func isLocal(_ byte: UInt8) -> Bool {
        DomainName.isAlphanumeric(byte) || ".!#$%&'*+/=?^_`{|}~-".utf8.contains(byte)
    }
}
