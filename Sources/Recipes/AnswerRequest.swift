public import Model

/// A machine that asks for its answer file, and all that is known of the host it is.
public struct AnswerRequest: Sendable {
    public var machine: SystemInformation
    public var hostname: Hostname
    public var type: ServerType
    public var installation: Installation
    /// The port through which the host is known to netboot.
    public var netbooted: MACAddress
    /// The host's own address, where its server type says that it has one, such as 10.20.0.13.
    public var address: String?
    public var rootPasswordHash: PasswordHash?
    public var publicKeys: [String] = []
    /// The disks that were seen in this machine since it started; nil when nobody has seen them.
    ///
    /// What was seen earlier is no help: the kernel's names may be others at each start.
    public var knownDisks: [MachineDisk]?
    /// Those that it had when it was installed last, where they are chosen by the kernel's names.
    var lastDisks: [MachineDisk] = []
    /// What lies on disks that this host has never been installed on, and that nobody said may be lost.
    public var strangeContents: [DiskContents] = []
    public var callbacks: AnswerPlan.Callbacks

    public init(
        _ machine: SystemInformation, _ host: Host, _ type: ServerType, _ installation: Installation,
        callbacks: AnswerPlan.Callbacks
    ) {
        self.init(
            machine, hostname: host.hostname, type: type, installation: installation, netbooted: host.mac,
            callbacks: callbacks)
        address = host.address
    }

    init(
        _ machine: SystemInformation, hostname: Hostname, type: ServerType, installation: Installation,
        netbooted: MACAddress, callbacks: AnswerPlan.Callbacks
    ) {
        self.machine = machine
        self.hostname = hostname
        self.type = type
        self.installation = installation
        self.netbooted = netbooted
        self.callbacks = callbacks
    }
}

extension AnswerPlan {
    /// What is to be done with the machine that asks.
    ///
    /// The port with the address is known by its MAC address from here on, and keeps one name for good where the release
    /// can give it one: whatever a later kernel calls it, the bridge is on it.
    public init(_ request: AnswerRequest) throws(AnswerProblem) {
        let machine = request.machine
        guard machine.product.product == "pve" else {
            throw AnswerProblem(
                "image", machine.product.fullname ?? machine.product.product,
                "is not Proxmox VE: choose an image of Proxmox VE for this host.")
        }
        let port = try machine.managementPort(request.type.managementNIC, netbooted: request.netbooted)
        self.init(
            request.hostname, try InstallerRelease(machine.iso.release), installation: request.installation,
            network: try Network(request, port), callbacks: request.callbacks, bootDisk: request.type.bootDisk)
        rootPasswordHash = request.rootPasswordHash
        publicKeys = request.publicKeys
        (knownDisks, lastDisks) = (request.knownDisks, request.lastDisks)
        strangeContents = request.strangeContents
        filesystem = request.type.filesystem
        portNames = [port: Self.managementPortName]
    }
}

extension AnswerPlan.Network {
    fileprivate init(_ request: AnswerRequest, _ port: MACAddress) throws(AnswerProblem) {
        switch request.type.network {
        case .dhcp: self = .dhcp
        case .fixed(let cidr, let gateway, let dns):
            guard let text = request.address else {
                throw AnswerProblem(
                    "address", nil,
                    "\(request.hostname) has none, and its server type's network is static: give it one "
                        + "in \(cidr).")
            }
            let parts = cidr.split(separator: "/")
            let address = try HostAddress(text.contains("/") ? text : "\(text)/\(parts.last ?? "")")
            guard let network = parts.first.flatMap(DottedQuad.number), address.isNeighbour(of: network),
                parts.last == "\(address.prefixLength)"
            else {
                throw AnswerProblem(
                    "address", text, "does not lie in \(cidr), the network of its server type: give the host another.")
            }
            self = .fixed(address, gateway: gateway, dns: dns, port: port)
        }
    }
}

extension AnswerRequest {
    /// Takes the disks that the machine had when it was installed last, as far as they still mean something.
    ///
    /// The kernel's names may be others at each start. A model of which there was one disk is that disk, by its serial
    /// number: another of the same model may have been put in since, and is not wiped by mistake.
    public mutating func use(_ inventory: Inventory?) {
        guard let disks = inventory?.report.disks.map(\.disk), !disks.isEmpty else { return }
        switch type.bootDisk {
        case .path, .paths: lastDisks = disks
        case .serial: knownDisks = disks
        case .model(let model):
            knownDisks = disks
            let named = DiskPattern(model).map { pattern in
                disks.filter { $0.model.map(pattern.matches) ?? false }
            }
            if type.filesystem.raid == nil, named?.count == 1, let serial = named?.first?.serial {
                type.bootDisk = .serial(serial)
            }
        }
    }
}
