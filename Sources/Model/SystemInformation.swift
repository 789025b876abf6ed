/// What a machine's installer says of the machine when it asks for its answer file.
///
/// It is untrusted: unknown keys are ignored, what is malformed is left out, and no text or list is longer than any
/// real one. There is nothing in it of disks, of memory, or of the address that the machine has.
public struct SystemInformation: Equatable, Sendable, Codable {
    public let product: Product
    public let iso: ISO
    public let dmi: DMI
    public let ports: [Port]

    public struct Product: Equatable, Sendable, Codable {
        public let fullname: String?
        /// `pve`, or another product of Proxmox.
        public let product: String
    }

    public struct ISO: Equatable, Sendable, Codable {
        /// Such as 9.2; see `InstallerRelease`.
        public let release: String
        public let isorelease: String?
    }

    /// A network port, except those whose address is no machine's (loopback, InfiniBand).
    public struct Port: Equatable, Sendable, Codable {
        public let link: String
        public let mac: MACAddress
    }

    private enum CodingKeys: String, CodingKey {
        case product, iso, dmi
        case ports = "network_interfaces"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        product = try values.decode(Product.self, forKey: .product)
        iso = try values.decode(ISO.self, forKey: .iso)
        dmi = values.part(.dmi) ?? DMI()
        ports = values.list(.ports, upTo: 64)
    }

    public var identity: Identity { Identity(uuid: dmi.system.uuid, serial: dmi.system.serial) }
}

extension SystemInformation {
    /// What the installer of a release can be expected to say of a host's machine before it has run there.
    public init(expecting host: Host, _ wanted: ServerType.ManagementNIC?, release: String) {
        product = Product(fullname: nil, product: "pve")
        iso = ISO(release: release, isorelease: nil)
        dmi = DMI()
        var macs = host.macs
        if case .mac(let text)? = wanted, let mac = try? MACAddress(text), !macs.contains(mac) { macs.append(mac) }
        ports = macs.map { mac in
            if mac == host.mac, case .name(let name)? = wanted { return Port(link: name, mac: mac) }
            return Port(link: "unknown", mac: mac)
        }
    }
}

extension SystemInformation.Product {
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        product = try values.decode(String.self, forKey: .product).asShortLine
        fullname = values.line(.fullname)
    }
}

extension SystemInformation.ISO {
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        release = try values.decode(String.self, forKey: .release).asShortLine
        isorelease = values.line(.isorelease)
    }
}

extension SystemInformation.Port {
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        link = try values.decode(String.self, forKey: .link).asShortLine
        mac = try values.decode(MACAddress.self, forKey: .mac)
    }
}

extension SystemInformation {
    /// The port that carries the host's address: the one that its server type names, or else the one it netboots from.
    public func managementPort(
        _ wanted: ServerType.ManagementNIC?, netbooted: MACAddress
    ) throws(AnswerProblem) -> MACAddress {
        let found =
            switch wanted {
            case nil: ports.first { $0.mac == netbooted }
            case .name(let name): ports.first { $0.link == name }
            case .mac(let text): ports.first { "\($0.mac)" == text }
            }
        if let found { return found.mac }
        let others = ports.isEmpty ? "none" : ports.prefix(8).map { "\($0.link) (\($0.mac))" }.joined(separator: ", ")
        throw AnswerProblem(
            "management_nic", wanted?.description ?? "\(netbooted)",
            "is no port of this machine; it has: \(others). Correct the server type.")
    }
}
