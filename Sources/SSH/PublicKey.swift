import Crypto
import FoundationEssentials

/// A public key as OpenSSH writes it into a line: its type, the key itself, and a comment that means nothing.
public struct PublicKey: Hashable, Sendable, CustomStringConvertible {
    public let type: String
    let text: String
    let bytes: [UInt8]

    /// Reads a line of a `.pub` file, or one of authorized_keys without options.
    public init?(_ line: String) {
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count >= 2, Self.types.contains(String(words[0])), let data = Data(base64Encoded: String(words[1]))
        else { return nil }
        (type, text, bytes) = (String(words[0]), String(words[1]), Array(data))
        guard bytes.starts(with: Self.head(of: type)) else { return nil }
    }

    /// Reads a key as it is on the wire (RFC 4253, 6.6).
    init(bytes: [UInt8]) {
        self.bytes = bytes
        type = Self.types.first { bytes.starts(with: Self.head(of: $0)) } ?? "unknown"
        text = Base64.text(bytes)
    }

    public var line: String { "\(type) \(text)" }

    /// What `ssh-keygen -l` shows.
    public var fingerprint: String {
        "SHA256:" + String(Base64.text(Digest.sha256(bytes)).prefix { $0 != "=" })
    }

    public var description: String { "\(fingerprint) (\(type))" }

    /// The algorithms of all types by which a server proves that a key is its own, those of `keys` first.
    ///
    /// A server shows the one key that the first algorithm it knows is for. The others are there so that one which has
    /// none of these keys shows something that can be named.
    static func algorithms(preferring keys: [PublicKey]) -> [String] {
        let known = Set(keys.map(\.type))
        let ordered = types.filter(known.contains) + types.filter { !known.contains($0) }
        return ordered.flatMap { $0 == "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [$0] }
    }

    /// The strongest first.
    private static let types = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
    ]

    private static func head(of type: String) -> [UInt8] { [0, 0, 0, UInt8(type.utf8.count)] + Array(type.utf8) }
}
