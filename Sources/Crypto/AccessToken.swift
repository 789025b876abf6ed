/// What a program shows to be let in: recognisable where it lies about, and with digits that tell a mistyped one.
public struct AccessToken: Equatable, Sendable {
    public let text: String

    public init() {
        let secret = SecureRandom.bytes(32).hexadecimal
        text = Self.prefix + secret + Self.check(secret)
    }

    /// Takes what a program sent, if it can be such a token at all.
    public init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), text.utf8.count == Self.prefix.utf8.count + 72 else { return nil }
        let digits = text.dropFirst(Self.prefix.count)
        guard Self.check(String(digits.prefix(64))) == digits.suffix(8) else { return nil }
        self.text = text
    }

    public var hash: [UInt8] { Digest.sha256(text) }

    private static func check(_ secret: String) -> String { Array(Digest.sha256(secret).prefix(4)).hexadecimal }

    public static let prefix = "sprout_"
}
