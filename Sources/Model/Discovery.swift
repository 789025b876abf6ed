/// A machine that was seen to netboot and is no host: it is shown, and never installed by itself.
public struct Discovery: Equatable, Sendable, Codable {
    public var mac: MACAddress
    public var firstSeen: Timestamp
    public var lastSeen: Timestamp
    public var isIgnored: Bool
    public var traits: Traits

    /// What a machine says of itself: texts from the network, to be shown and not to be believed.
    public struct Traits: Equatable, Sendable, Codable {
        /// Its firmware's number in option 93 of DHCP (RFC 4578).
        public var architecture: Int?
        public var vendorClass: String?
        public var uuid: String?
        public var serial: String?
        public var manufacturer: String?
        public var product: String?
        public var address: String?

        public init(
            architecture: Int? = nil, vendorClass: String? = nil, uuid: String? = nil, serial: String? = nil,
            manufacturer: String? = nil, product: String? = nil, address: String? = nil
        ) {
            self.architecture = architecture
            self.vendorClass = vendorClass.map(Self.short)
            self.uuid = uuid.map(Self.short)
            self.serial = serial.map(Self.short)
            self.manufacturer = manufacturer.map(Self.short)
            self.product = product.map(Self.short)
            self.address = address.map(Self.short)
        }

        enum CodingKeys: String, CodingKey {
            case architecture, uuid, serial, manufacturer, product, address
            case vendorClass = "vendor_class"
        }

        /// Whatever a machine sends, no more than a line of it is kept.
        static func short(_ text: String) -> String {
            let visible = text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }
            return String(String.UnicodeScalarView(visible.prefix(100)))
        }
    }

    public init(mac: MACAddress, firstSeen: Timestamp, lastSeen: Timestamp, isIgnored: Bool, traits: Traits) {
        self.mac = mac
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.isIgnored = isIgnored
        self.traits = traits
    }

    enum CodingKeys: String, CodingKey {
        case mac
        case firstSeen = "first_seen"
        case lastSeen = "last_seen"
        case isIgnored = "is_ignored"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        mac = try container.decode(MACAddress.self, forKey: .mac)
        firstSeen = try container.decode(Timestamp.self, forKey: .firstSeen)
        lastSeen = try container.decode(Timestamp.self, forKey: .lastSeen)
        isIgnored = try container.decode(Bool.self, forKey: .isIgnored)
        traits = try Traits(from: decoder)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(mac, forKey: .mac)
        try container.encode(firstSeen, forKey: .firstSeen)
        try container.encode(lastSeen, forKey: .lastSeen)
        try container.encode(isIgnored, forKey: .isIgnored)
        try traits.encode(to: encoder)
    }

    /// What it is, as far as it says: its maker and product, else its firmware.
    public var summary: String {
        let names = [traits.manufacturer, traits.product].compactMap(\.self).filter { !$0.isEmpty }
        guard names.isEmpty else { return names.joined(separator: " ") }
        return switch traits.architecture {
        case 0, 20: "a BIOS machine"
        case 6, 15: "a 32-bit UEFI machine"
        case 7, 9, 16: "a UEFI machine"
        case 11, 19: "an ARM64 UEFI machine"
        case 41: "a Raspberry Pi"
        default: "a machine"
        }
    }
}
