/// A DHCP server or a boot server on the network that is not this box.
public struct ForeignServer: Equatable, Sendable, Codable {
    public enum Kind: String, CaseIterable, Sendable, Codable {
        /// It tells machines what to boot, as Sprout does.
        case boot
        /// It gives out addresses and tells nothing of booting: a router.
        case dhcp
    }

    /// Its IPv4 address, in text.
    public let address: String
    /// The address of its network card; nil where it does not answer for it.
    public var mac: MACAddress?
    public var kind: Kind
    /// What it was heard to offer, in words.
    public var offers: String
    public var firstSeen: Timestamp
    public var lastSeen: Timestamp

    public init(
        address: String, mac: MACAddress?, kind: Kind, offers: String, firstSeen: Timestamp, lastSeen: Timestamp
    ) {
        self.address = address
        self.mac = mac
        self.kind = kind
        self.offers = String(offers.prefix(200))
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
    }

    enum CodingKeys: String, CodingKey {
        case address, mac, kind, offers
        case firstSeen = "first_seen"
        case lastSeen = "last_seen"
    }

    /// Its addresses, as a sentence names it.
    public var name: String { "\(address) (\(mac.map { "\($0)" } ?? "its MAC address is not known"))" }

    /// How long a server counts as there after it was heard.
    ///
    /// Sprout asks every five minutes: it must have been silent three times.
    public static let memory = Duration.seconds(15 * 60)
}
