/// The crypt(3) hash of a password, of a kind that Proxmox VE and every current Debian check against.
///
/// It prints as nothing: a hash in a log can be attacked at leisure.
public struct PasswordHash: Hashable, Sendable, CustomStringConvertible {
    /// The hash itself, as in /etc/shadow.
    public let text: String
    public var description: String { "(hidden)" }

    /// Why a text is not such a hash; what stood there is never repeated.
    public enum Malformed: String, Error, CustomStringConvertible {
        case damaged = "this hash is cut short or damaged"
        case otherKind = "this kind of hash is not taken"
        case plain = "a password in plain text is refused"

        public var description: String { "\(rawValue); make a hash with: mkpasswd -m yescrypt" }
    }

    public init(_ text: String) throws(Malformed) {
        guard text.utf8.first == UInt8(ascii: "$") else { throw .plain }
        let fields = text.split(separator: "$", omittingEmptySubsequences: false).dropFirst()
        guard fields.count >= 2, let kind = fields.first else { throw .plain }
        guard fields.allSatisfy({ $0.utf8.allSatisfy(Self.isFieldByte) }) else { throw .damaged }
        let digest = fields.last.map(\.utf8.count)
        let isWhole =
            switch kind {
            case "y": fields.count == 4 && digest == 43
            case "6": Self.hasShape(fields) && digest == 86
            case "5": Self.hasShape(fields) && digest == 43
            default: throw .otherKind
            }
        guard isWhole else { throw .damaged }
        self.text = text
    }

    /// `$id$salt$digest`, or `$id$rounds=N$salt$digest`.
    private static func hasShape(_ fields: ArraySlice<Substring>) -> Bool {
        let parameters = fields.dropFirst().dropLast()
        let salt = parameters.last?.utf8.count ?? 0
        guard (1...16).contains(salt) else { return false }
        return parameters.count == 1 || parameters.count == 2 && parameters.first?.hasPrefix("rounds=") == true
    }

    private static func isFieldByte(_ byte: UInt8) -> Bool {
        DomainName.isAlphanumeric(byte) || (UInt8(ascii: ".")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "=")
    }
}
