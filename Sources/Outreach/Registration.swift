public import Model

/// What an inventory is told of a host that was installed.
public struct Registration: Equatable, Sendable, Encodable {
    public let id: String
    public let hostname: String
    public let fqdn: String
    /// Its type as server-types.yaml calls it, and as the inventory does.
    public let serverType: String
    public let inventoryType: String
    public let hasGPU: Bool?
    public let macs: [MACAddress]
    /// Its own address, and the size of the network that it lies in, where that is known.
    public let address: String?
    public let prefixLength: Int?
    public let serial: String?
    public let uuid: String?
    public let model: String?
    public let disks: [Disk]
    public let ports: [Port]
    public let system: System
    public let cluster: String?

    public struct Disk: Equatable, Sendable, Encodable {
        public let name: String
        public let model: String?
        public let serial: String?
        public let isInstalledOn: Bool

        enum CodingKeys: String, CodingKey {
            case name, model, serial
            case isInstalledOn = "installed_on"
        }
    }

    public struct Port: Equatable, Sendable, Encodable {
        public let name: String?
        public let mac: MACAddress
        public let isManagement: Bool

        enum CodingKeys: String, CodingKey {
            case name, mac
            case isManagement = "management"
        }
    }

    public struct System: Equatable, Sendable, Encodable {
        public let product: String
        public let version: String?
        public let kernel: String?
        public let installedAt: Timestamp

        enum CodingKeys: String, CodingKey {
            case product, version, kernel
            case installedAt = "installed_at"
        }
    }

    public init(_ host: Host, _ inventory: Inventory, inventoryType: String, hasGPU: Bool?, cluster: String?) {
        let report = inventory.report
        let own = Self.address(host, inventory)
        (id, hostname, fqdn, macs) = (host.id, "\(host.hostname)", report.fqdn, host.macs)
        (serverType, self.inventoryType, self.hasGPU) = (host.serverType, inventoryType, hasGPU)
        (address, prefixLength) = (own?.address, own?.prefixLength)
        (serial, uuid) = (report.dmi.system.serial, report.dmi.system.uuid)
        model = report.dmi.system.name
        disks = report.disks.map {
            Disk(name: $0.disk.name, model: $0.disk.model, serial: $0.disk.serial, isInstalledOn: $0.isBootDisk)
        }
        // With a fixed address and pinned names the installer marks no port as the management's.
        let management = report.ports.first(where: \.isManagement) ?? report.ports.first { $0.mac == host.mac }
        ports = report.ports.map { Port(name: $0.name, mac: $0.mac, isManagement: $0.mac == management?.mac) }
        system = System(
            product: "Proxmox VE", version: report.version, kernel: report.kernel, installedAt: inventory.installedAt)
        self.cluster = cluster
    }

    /// Where it is reached; else where it should be; else what it said of itself.
    private static func address(_ host: Host, _ inventory: Inventory) -> (address: String, prefixLength: Int?)? {
        let told = (inventory.start?.addresses ?? []) + inventory.report.ports.compactMap(\.address)
        let networks = told.map { text in
            let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
            return (address: parts.first ?? "", prefixLength: parts.count > 1 ? Int(parts[1]) : nil)
        }
        guard let own = inventory.address ?? host.address else { return networks.first { !$0.address.isEmpty } }
        return (own, networks.first { $0.address == own && $0.prefixLength != nil }?.prefixLength)
    }

    enum CodingKeys: String, CodingKey {
        case id, hostname, fqdn, macs, address, serial, uuid, model, disks, ports, system, cluster
        case serverType = "server_type"
        case inventoryType = "inventory_type"
        case hasGPU = "gpu"
        case prefixLength = "prefix_length"
    }
}

extension Registration {
    /// The body that a webhook gets.
    public func json(delivery: String, at moment: Timestamp, from release: String) throws -> [UInt8] {
        try sortedJSON(
            Body(event: "host.installed", delivery: delivery, at: moment, sprout: release, host: self))
    }

    private struct Body: Encodable {
        let event: String
        let delivery: String
        let at: Timestamp
        /// The version of Sprout.
        let sprout: String
        let host: Registration
    }
}
