/// What a machine shows to prove which operation it belongs to: only its hash is kept.
public struct Token: Equatable, Sendable {
    public let text: String

    public init() {
        text = Base64.urlText(SecureRandom.bytes(32))
    }

    /// Takes what a machine sent, if it can be a token at all.
    public init?(_ text: String?) {
        guard let text, (16...200).contains(text.utf8.count) else { return nil }
        self.text = text
    }

    public var hash: [UInt8] { Digest.sha256(text) }
}
