/// The certificate that browsers are shown, as far as everybody may know it.
public struct ServedCertificate: Equatable, Sendable, Codable {
    /// The SHA-256 of the certificate, as browsers show it.
    public var fingerprint: String
    /// The host names and addresses that it is for.
    public var names: [String]
    /// Who vouches for it.
    public var issuer: String
    public var validUntil: Timestamp
    /// Whether Sprout made it: then nobody vouches for it, and people compare its fingerprint.
    public var isOwn: Bool

    public init(fingerprint: String, names: [String], issuer: String, validUntil: Timestamp, isOwn: Bool) {
        (self.fingerprint, self.names, self.issuer) = (fingerprint, names, issuer)
        (self.validUntil, self.isOwn) = (validUntil, isOwn)
    }

    /// Whole days until browsers refuse it; below 0 they do.
    public func daysLeft(at moment: Timestamp) -> Int {
        let milliseconds = validUntil.milliseconds - moment.milliseconds
        return Int((Double(milliseconds) / 86_400_000).rounded(.down))
    }

    /// What to do before it is refused.
    public var remedy: String {
        isOwn ? "sprout tls renew makes another one." : "Bring the next one: sprout tls replace FILE KEY."
    }

    enum CodingKeys: String, CodingKey {
        case fingerprint, names, issuer
        case validUntil = "valid_until"
        case isOwn = "own"
    }
}
