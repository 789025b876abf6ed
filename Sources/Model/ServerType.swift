/// A kind of server: what all hosts of one model share, and how they are installed and switched on.
///
/// Its JSON has the keys of server-types.yaml, and reads an older version's, in which some keys are still missing.
public struct ServerType: Equatable, Sendable {
    public let key: String
    public var displayName: String
    public var bootDisk: BootDisk
    public var filesystem = Filesystem(.ext4)
    /// The port that carries the host's own address; nil is the port that the host netboots from.
    public var managementNIC: ManagementNIC?
    public var hasGPU = false
    /// What the names of its hosts begin with: a host's name is the prefix and a number.
    public var hostnamePrefix: String
    public var network = Network.dhcp
    public var power = Power.manual
    /// Whether an installation is begun once more by itself, if its installer stopped before it wrote to a disk.
    public var retries = false
    /// How long its hosts may stay in a state, where that is not what is usual.
    public var deadlines = Deadlines()

    public init(key: String, bootDisk: BootDisk) {
        self.key = key
        self.bootDisk = bootDisk
        displayName = key
        hostnamePrefix = String(key.map { $0 == "_" ? "-" : $0 }) + "-"
    }

    /// The disk that is wiped and installed on, or the disks that make up one file system.
    public enum BootDisk: Equatable, Sendable {
        case path(String)
        case serial(String)
        /// With ext4 and xfs the only one of its model in a host; else all of its model.
        case model(String)
        case paths([String])
    }

    /// A network port, by the kernel's name for it or by its hardware address.
    public enum ManagementNIC: Equatable, Sendable {
        case name(String)
        /// Lower-case hexadecimal pairs with colons.
        case mac(String)
    }

    /// Where a host's address comes from.
    public enum Network: Equatable, Sendable {
        case dhcp
        /// Each host has an address of its own within `cidr`.
        case fixed(cidr: String, gateway: String, dns: String)
    }

    /// How a host is switched on; in the URLs `{host}` stands for the host's name.
    public enum Power: Equatable, Sendable {
        case manual
        case wakeOnLAN
        case redfish(url: String, secretName: String)
        case http(PowerHooks)
    }
}

extension ServerType.ManagementNIC: CustomStringConvertible {
    /// Reads a port's name or hardware address: a name has no colon, an address is six pairs with colons or hyphens.
    public init?(_ text: String) {
        if let mac = Self.hardwareAddress(text) {
            self = .mac(mac)
        } else if Self.isName(text) {
            self = .name(text)
        } else {
            return nil
        }
    }

    public var description: String {
        switch self {
        case .name(let text), .mac(let text): text
        }
    }

    private static func hardwareAddress(_ text: String) -> String? {
        let pairs = text.lowercased().split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "-" }
        let isAddress = pairs.count == 6 && pairs.allSatisfy { $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) }
        return isAddress && text.utf8.count == 17 ? pairs.joined(separator: ":") : nil
    }

    /// The kernel's own rules (15 bytes, no slash), and only characters that every file of the installer takes.
    private static func isName(_ text: String) -> Bool {
        guard (1...15).contains(text.utf8.count), text != ".", text != ".." else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
        }
    }
}

extension ServerType: Codable {
    private enum CodingKeys: String, CodingKey {
        case key
        case displayName = "display_name"
        case bootDisk = "boot_disk"
        case filesystem
        case managementNIC = "management_nic"
        case hasGPU = "gpu"
        case hostnamePrefix = "hostname_prefix"
        case network
        case power
        case retries = "retry"
        case deadlines
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            key: try values.decode(String.self, forKey: .key),
            bootDisk: try values.decode(BootDisk.self, forKey: .bootDisk)
        )
        displayName = try values.decodeIfPresent(String.self, forKey: .displayName) ?? displayName
        filesystem = try values.decodeIfPresent(Filesystem.self, forKey: .filesystem) ?? filesystem
        managementNIC = try values.decodeIfPresent(ManagementNIC.self, forKey: .managementNIC)
        hasGPU = try values.decodeIfPresent(Bool.self, forKey: .hasGPU) ?? hasGPU
        hostnamePrefix = try values.decodeIfPresent(String.self, forKey: .hostnamePrefix) ?? hostnamePrefix
        network = try values.decodeIfPresent(Network.self, forKey: .network) ?? network
        power = try values.decodeIfPresent(Power.self, forKey: .power) ?? power
        retries = try values.decodeIfPresent(Bool.self, forKey: .retries) ?? retries
        deadlines = try values.decodeIfPresent(Deadlines.self, forKey: .deadlines) ?? deadlines
    }
}

extension ServerType.BootDisk: Codable {
    private enum CodingKeys: String, CodingKey { case path, serial, model, paths }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        if let path = try values.decodeIfPresent(String.self, forKey: .path) {
            self = .path(path)
        } else if let serial = try values.decodeIfPresent(String.self, forKey: .serial) {
            self = .serial(serial)
        } else if let paths = try values.decodeIfPresent([String].self, forKey: .paths) {
            self = .paths(paths)
        } else {
            self = .model(try values.decode(String.self, forKey: .model))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .path(let path): try values.encode(path, forKey: .path)
        case .serial(let serial): try values.encode(serial, forKey: .serial)
        case .model(let model): try values.encode(model, forKey: .model)
        case .paths(let paths): try values.encode(paths, forKey: .paths)
        }
    }
}

extension ServerType.ManagementNIC: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let nic = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" names no network port")
        }
        self = nic
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension ServerType.Network: Codable {
    private enum CodingKeys: String, CodingKey { case mode, cidr, gateway, dns }
    private enum Mode: String, Codable { case dhcp, fixed = "static" }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        switch try values.decode(Mode.self, forKey: .mode) {
        case .dhcp: self = .dhcp
        case .fixed:
            self = .fixed(
                cidr: try values.decode(String.self, forKey: .cidr),
                gateway: try values.decode(String.self, forKey: .gateway),
                dns: try values.decode(String.self, forKey: .dns)
            )
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .dhcp: try values.encode(Mode.dhcp, forKey: .mode)
        case .fixed(let cidr, let gateway, let dns):
            try values.encode(Mode.fixed, forKey: .mode)
            try values.encode(cidr, forKey: .cidr)
            try values.encode(gateway, forKey: .gateway)
            try values.encode(dns, forKey: .dns)
        }
    }
}

extension ServerType.Power: Codable {
    private enum CodingKeys: String, CodingKey {
        case kind, url
        case secretName = "secret_name"
    }

    /// The name of each way to switch a host on, as it is written in server-types.yaml.
    public enum Kind: String, CaseIterable, Codable, Sendable { case manual, wol, redfish, http }

    /// The name of the secret that its controller wants.
    public var secretName: String? {
        switch self {
        case .manual, .wakeOnLAN: nil
        case .redfish(_, let name): name
        case .http(let hooks): hooks.secretName
        }
    }

    public var kind: Kind {
        switch self {
        case .manual: .manual
        case .wakeOnLAN: .wol
        case .redfish: .redfish
        case .http: .http
        }
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        switch try values.decode(Kind.self, forKey: .kind) {
        case .manual: self = .manual
        case .wol: self = .wakeOnLAN
        case .redfish:
            self = .redfish(
                url: try values.decode(String.self, forKey: .url),
                secretName: try values.decode(String.self, forKey: .secretName)
            )
        case .http: self = .http(try PowerHooks(from: decoder))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(kind, forKey: .kind)
        switch self {
        case .manual, .wakeOnLAN: break
        case .redfish(let url, let secretName):
            try values.encode(url, forKey: .url)
            try values.encode(secretName, forKey: .secretName)
        case .http(let hooks): try hooks.encode(to: encoder)
        }
    }
}
