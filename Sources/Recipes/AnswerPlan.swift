public import Model

/// All that decides what is in the answer file of one operation on one host.
public struct AnswerPlan: Sendable {
    /// The release that asks.
    public var release: InstallerRelease
    public var hostname: Hostname
    public var installation: Installation
    /// Without one nothing is installed: a password in plain text is never sent.
    public var rootPasswordHash: PasswordHash?
    /// The public keys that may log in as root: one line each, as in authorized_keys.
    public var publicKeys: [String]
    public var bootDisk: ServerType.BootDisk
    public var filesystem: Filesystem
    /// The disks that were seen in this machine since it started; nil when nobody has seen them.
    ///
    /// What was seen earlier is no help: the kernel's names may be others at each start.
    public var knownDisks: [MachineDisk]?
    /// The disks that the machine had when it was installed last, where the kernel's names choose: one of another serial
    /// number in the same place is not wiped by mistake.
    public var lastDisks: [MachineDisk] = []
    /// What lies on disks that this host has never been installed on; nothing of it is lost unless somebody said so.
    public var strangeContents: [DiskContents] = []
    public var network: Network
    /// What network ports are to be called for good; with none the kernel goes on naming all of them.
    public var portNames: [MACAddress: String] = [:]
    public var callbacks: Callbacks

    public init(
        _ hostname: Hostname, _ release: InstallerRelease, installation: Installation, network: Network,
        callbacks: Callbacks, bootDisk: ServerType.BootDisk
    ) {
        self.hostname = hostname
        self.release = release
        self.installation = installation
        self.network = network
        self.callbacks = callbacks
        self.bootDisk = bootDisk
        filesystem = Filesystem(.ext4)
        publicKeys = []
    }

    /// Where the host's address comes from.
    public enum Network: Equatable, Sendable {
        /// The address that a DHCP server gives the port with the default route; Proxmox VE then keeps it for ever.
        case dhcp
        /// An address of the host's own, on the port with this MAC address.
        case fixed(HostAddress, gateway: String, dns: String, port: MACAddress)
    }

    /// What the installer calls.
    public struct Callbacks: Equatable, Sendable {
        /// Called once everything is written to disk.
        public var installed: String
        /// Fetched before anything is written; it is run when the host has started.
        public var firstBoot: String
        /// What proves to Sprout that it is this operation that calls.
        public var token: String
        /// The SHA-256 of Sprout's certificate; nil where its authority is known to everyone, or with plain HTTP.
        public var certificateFingerprint: String?

        public init(installed: String, firstBoot: String, token: String, certificateFingerprint: String? = nil) {
            self.installed = installed
            self.firstBoot = firstBoot
            self.token = token
            self.certificateFingerprint = certificateFingerprint
        }
    }

    /// The name that the port with the host's address is given where the release can.
    public static let managementPortName = "mgmt0"

    public var fqdn: String { "\(hostname).\(installation.domain)" }
}
