/// The domain in which the hosts are: together with a host's name it is what the installer calls the FQDN.
public struct DomainName: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// The domain that is nobody's but each home's own (RFC 8375).
    public static let usual = DomainName(known: "home.arpa")

    public init(_ text: String) throws(AnswerProblem) {
        func refuse(_ why: String) -> AnswerProblem { AnswerProblem("installation.domain", text, why) }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy(Self.isLabel), let last = labels.last else {
            throw refuse(
                "is no domain: write letters, digits and hyphens between dots, such as lab.example.org, up to 63 "
                    + "characters each, without a dot at either end.")
        }
        guard !last.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw refuse("ends with a number, as an address does: write a domain, such as lab.example.org.")
        }
        // A host's name has up to 63 characters and a dot, and the installer takes 253 in all.
        guard text.utf8.count <= 189 else {
            throw refuse("is longer than 189 characters: no host's name fits before it.")
        }
        self.init(known: text.lowercased())
    }

    private init(known text: String) {
        description = text
    }

    static func isLabel(_ label: Substring) -> Bool {
        guard (1...63).contains(label.utf8.count), label.first != "-", label.last != "-" else { return false }
        return label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
    }
}
