internal import YAML

extension Form<String> {
    /// A password's crypt(3) hash, as in /etc/shadow; whatever stands there is never repeated.
    static var cryptHash: Self {
        Form(allowed: "a crypt hash that begins with $y$, $6$ or $5$") { (scalar) throws(Refusal) in
            let hash = CryptHash.judge(scalar.text)
            if hash == .sound { return scalar.text }
            throw Refusal(message: "\(hash.rawValue); make a hash with: mkpasswd -m yescrypt", isSecret: true)
        }
    }
}

/// The hashes of crypt(3) that Proxmox VE and every current Debian check a password against.
private enum CryptHash: String {
    case sound
    case damaged = "this hash is cut short or damaged"
    case otherKind = "this kind of hash is not taken"
    case plain = "a password in plain text is refused"

    static func judge(_ text: String) -> Self {
        guard text.utf8.first == UInt8(ascii: "$") else { return .plain }
        let fields = text.split(separator: "$", omittingEmptySubsequences: false).dropFirst()
        guard fields.count >= 2, let kind = fields.first else { return .plain }
        guard fields.allSatisfy({ $0.utf8.allSatisfy(isFieldByte) }) else { return .damaged }
        let digest = fields.last.map(\.utf8.count)
        switch kind {
        case "y": return fields.count == 4 && digest == 43 ? .sound : .damaged
        case "6": return hasShape(fields) && digest == 86 ? .sound : .damaged
        case "5": return hasShape(fields) && digest == 43 ? .sound : .damaged
        default: return .otherKind
        }
    }

    /// `$id$salt$digest`, or `$id$rounds=N$salt$digest`.
    private static func hasShape(_ fields: ArraySlice<Substring>) -> Bool {
        let parameters = fields.dropFirst().dropLast()
        let salt = parameters.last?.utf8.count ?? 0
        guard (1...16).contains(salt) else { return false }
        return parameters.count == 1 || parameters.count == 2 && parameters.first?.hasPrefix("rounds=") == true
    }

    private static func isFieldByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: ".")...UInt8(ascii: "9"), UInt8(ascii: "="): true
        default: false
        }
    }
}
