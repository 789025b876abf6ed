/// What the installer tells its webhook when everything is written to disk, before the machine has started from it.
///
/// What is kept of it is what is needed later: how the host is known, and what its SSH server will show.
public struct InstalledReport: Equatable, Sendable, Codable {
    /// The version of pve-manager, such as 9.2.4.
    public let version: String?
    public let iso: SystemInformation.ISO?
    public let kernel: String?
    public let firmware: Firmware?
    public let dmi: DMI
    /// Such as `ext4` or `zfs (RAID1)`.
    public let filesystem: String?
    public let fqdn: String
    public let machineID: String?
    public let disks: [Disk]
    public let ports: [Port]
    public let hostKeys: HostKeys
    /// What the operation was given to prove who it is; it is read, and never written anywhere.
    public let token: String?

    public struct Firmware: Equatable, Sendable, Codable {
        /// `bios` or `efi`.
        public let mode: String
        public let isSecureBoot: Bool

        private enum CodingKeys: String, CodingKey {
            case mode
            case isSecureBoot = "secureboot"
        }
    }

    /// A disk of the machine; the size that the report has is not the disk's, but the one that was asked for.
    public struct Disk: Equatable, Sendable, Codable {
        public let disk: MachineDisk
        public let isBootDisk: Bool

        private enum CodingKeys: String, CodingKey {
            case disk = "udev-properties"
            case isBootDisk = "is-bootdisk"
        }
    }

    /// A network port; with a fixed address and pinned names none is marked as the management's.
    public struct Port: Equatable, Sendable, Codable {
        /// What it is called once installed; older installers do not say.
        public let name: String?
        public let mac: MACAddress
        public let address: String?
        public let isManagement: Bool
        public let isPinned: Bool

        private enum CodingKeys: String, CodingKey {
            case name, mac, address
            case isManagement = "is-management"
            case isPinned = "is-pinned"
        }
    }

    /// The public keys of the installed SSH server: whoever shows others is not the host.
    public struct HostKeys: Equatable, Sendable, Codable {
        public var ecdsa: String?
        public var ed25519: String?
        public var rsa: String?

        public init() {}
    }

    private enum CodingKeys: String, CodingKey {
        case product, iso, dmi, filesystem, fqdn, disks
        case kernel = "kernel-version"
        case firmware = "boot-info"
        case machineID = "machine-id"
        case ports = "network-interfaces"
        case hostKeys = "ssh-public-host-keys"
    }

    private enum Secret: CodingKey { case token }
    private enum Product: String, CodingKey { case version }
    private enum Kernel: String, CodingKey { case release }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        fqdn = try values.decode(String.self, forKey: .fqdn).asShortLine
        version = (try? values.nestedContainer(keyedBy: Product.self, forKey: .product))?.line(.version)
        kernel = (try? values.nestedContainer(keyedBy: Kernel.self, forKey: .kernel))?.line(.release)
        iso = values.part(.iso)
        firmware = values.part(.firmware)
        dmi = values.part(.dmi) ?? DMI()
        filesystem = values.line(.filesystem)
        machineID = values.line(.machineID)
        disks = values.list(.disks, upTo: 128)
        ports = values.list(.ports, upTo: 64)
        hostKeys = values.part(.hostKeys) ?? HostKeys()
        token = try? decoder.container(keyedBy: Secret.self).decodeIfPresent(String.self, forKey: .token)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        var product = values.nestedContainer(keyedBy: Product.self, forKey: .product)
        try product.encodeIfPresent(version, forKey: .version)
        var kernel = values.nestedContainer(keyedBy: Kernel.self, forKey: .kernel)
        try kernel.encodeIfPresent(self.kernel, forKey: .release)
        try values.encodeIfPresent(iso, forKey: .iso)
        try values.encodeIfPresent(firmware, forKey: .firmware)
        try values.encode(dmi, forKey: .dmi)
        try values.encodeIfPresent(filesystem, forKey: .filesystem)
        try values.encode(fqdn, forKey: .fqdn)
        try values.encodeIfPresent(machineID, forKey: .machineID)
        try values.encode(disks, forKey: .disks)
        try values.encode(ports, forKey: .ports)
        try values.encode(hostKeys, forKey: .hostKeys)
    }

    /// The disks that were installed on.
    public var bootDisks: [MachineDisk] { disks.filter(\.isBootDisk).map(\.disk) }
}

extension InstalledReport.Firmware {
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        mode = try values.decode(String.self, forKey: .mode).asShortLine
        isSecureBoot = values.flag(.isSecureBoot)
    }
}

extension InstalledReport.Disk {
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        disk = try values.decode(MachineDisk.self, forKey: .disk)
        isBootDisk = values.flag(.isBootDisk)
    }
}

extension InstalledReport.Port {
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        mac = try values.decode(MACAddress.self, forKey: .mac)
        name = values.line(.name)
        address = values.line(.address)
        isManagement = values.flag(.isManagement)
        isPinned = values.flag(.isPinned)
    }
}

extension InstalledReport.HostKeys {
    private enum CodingKeys: CodingKey { case ecdsa, ed25519, rsa }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        ecdsa = values.key(.ecdsa)
        ed25519 = values.key(.ed25519)
        rsa = values.key(.rsa)
    }
}

extension KeyedDecodingContainer {
    /// A public key as one line; the longest are those of RSA with 16384 bits.
    fileprivate func key(_ key: Key) -> String? {
        guard let text: String = part(key), (1...4000).contains(text.utf8.count) else { return nil }
        return text.utf8.allSatisfy { (32...126).contains($0) } ? text : nil
    }
}
