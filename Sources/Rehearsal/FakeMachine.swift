public import Model

/// A machine that exists only in a rehearsal: all that firmware, udev and a DHCP server would say of it.
///
/// Everything follows from its number and its server type, so that it is the same machine each time.
public struct FakeMachine: Equatable, Sendable {
    public let number: Int
    public let dmi: DMI
    /// The first is the one that it netboots from.
    public let ports: [Port]
    /// In the order in which the kernel found them.
    public let disks: [Disk]
    /// The sizes of its memory modules in MiB.
    public let modules: [Int]
    public let lease: Lease
    public let isUEFI: Bool

    public struct Port: Equatable, Sendable {
        public let link: String
        public let mac: MACAddress

        /// What udev knows of it.
        var properties: [String: String] {
            let digits = "\(mac)".filter { $0 != ":" }
            return [
                "INTERFACE": link, "ID_NET_NAME_MAC": "enx\(digits)", "ID_NET_NAME": link, "ID_NET_NAME_PATH": link,
                "ID_BUS": "pci", "SUBSYSTEM": "net",
            ]
        }
    }

    public struct Disk: Equatable, Sendable {
        public let name: String
        /// What udev knows of it.
        public let properties: [String: String]
        public let gibibytes: Double
    }

    /// What the DHCP server told it.
    public struct Lease: Equatable, Sendable {
        /// With the size of its network.
        public let address: String
        public var hostname: String?
        public var domain: String?
    }

    public init(_ number: Int, type: ServerType, isUEFI: Bool = true) {
        self.number = number
        self.isUEFI = isUEFI
        dmi = Self.dmi(number)
        ports = Self.ports(number, type.managementNIC)
        disks = Self.disks(number, type)
        modules = [16 << 10]
        lease = Lease(address: "192.168.\(240 + number >> 8 & 7).\(number & 0xFF)/20")
    }

    public var mac: MACAddress { ports[0].mac }

    /// The address that the machine of a number netboots from.
    public static func address(of number: Int) -> MACAddress? { mac(number, port: 0) }

    /// The port with the default route: where a DHCP server answered.
    var leasedPort: Port { ports[0] }

    /// In the order of the installer's index, which is one of texts.
    var disksByIndex: [Disk] {
        disks.enumerated().sorted { "\($0.offset)" < "\($1.offset)" }.map(\.element)
    }

    private static func dmi(_ number: Int) -> DMI {
        var dmi = DMI()
        let serial = "REHEARSAL-\(padded(number, 4))"
        (dmi.system.serial, dmi.system.sku, dmi.system.name) = (serial, "sprout", "Rehearsal")
        dmi.system.uuid = "53505255-5400-4000-8000-\(padded(number, 12))"
        (dmi.baseboard.serial, dmi.baseboard.name, dmi.baseboard.assetTag) = ("B\(serial)", "Stage", "")
        (dmi.chassis.serial, dmi.chassis.sku) = (serial, "Default string")
        dmi.chassis.assetTag = "No Asset Information"
        return dmi
    }

    /// Two ports, and where the server type names another for the management by its address, that one too.
    private static func ports(_ number: Int, _ management: ServerType.ManagementNIC?) -> [Port] {
        var name = "enp1s0"
        if case .name(let wanted)? = management { name = wanted }
        let others = ["enp2s0", "enp3s0"].filter { $0 != name }
        var ports = zip([name, others[0]], 0..<2).compactMap { link, part in
            mac(number, port: part).map { Port(link: link, mac: $0) }
        }
        if case .mac(let text)? = management, let mac = try? MACAddress(text), ports.allSatisfy({ $0.mac != mac }) {
            ports.append(Port(link: others[1], mac: mac))
        }
        return ports
    }

    /// Locally administered: no card that was ever sold has it.
    private static func mac(_ number: Int, port: Int) -> MACAddress? {
        MACAddress(bytes: [0x02, 0x53, 0x50, UInt8(port), UInt8(number >> 8 & 0xFF), UInt8(number & 0xFF)])
    }

    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
