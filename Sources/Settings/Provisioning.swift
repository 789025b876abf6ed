public import Model

/// What provisioning.yaml says: how this box serves its network, and whom it works with.
public struct Provisioning: Equatable, Sendable {
    public var server = Server()
    public var pxe = PXE()
    public var installation = Installation()
    public var proxmox = Proxmox()
    public var credentials = Credentials()
    public var infrastructure = Infrastructure()
    public var backup = Backup()
    /// Who is told what becomes of hosts, in the order of the file.
    public var notifications: [NotificationTarget] = []

    /// What holds when the file is empty.
    public static let defaults = Self()

    public struct Server: Equatable, Sendable {
        /// Where browsers and installers reach the box; nil is the address at which it was asked.
        public var publicURL: WebAddress?
        /// Whether the dashboard and the API are to be had over TLS only; machines keep plain HTTP.
        public var requiresHTTPS = false
    }

    public struct PXE: Equatable, Sendable {
        public var isEnabled = false
        /// The network port on which netbooting machines are answered: there is one when `isEnabled`.
        public var interface: String?
        /// The network in which machines are answered; nil is the one that the interface has an address in.
        public var subnet: IPv4Network?
        public var answer = Answer.all
        public var mode = Mode.proxy
        /// The addresses that are given out: there are some when `mode` is `server`.
        public var range: IPv4Range?
        /// What machines are told beside their address; nil is nothing.
        public var router: String?
        public var dns: String?
        /// How long a host may use its address before it asks again.
        public var leaseTime = Duration.seconds(4 * 3600)
    }

    /// Who gives out addresses: the router, beside which Sprout answers, or Sprout.
    public enum Mode: String, CaseIterable, Sendable { case proxy, server }

    /// Which netbooting machines are answered.
    public enum Answer: String, CaseIterable, Sendable { case all, known }

    /// By what the cluster lets a new node in: its root password, or an SSH key of ours that it has.
    public enum JoinWay: String, CaseIterable, Sendable { case password, ssh }

    public struct Proxmox: Equatable, Sendable {
        /// A member of the cluster that new nodes join: a host name or an IP address.
        public var existingNode: String?
        /// The SHA-256 of that member's certificate, in upper case with colons; nil is the one that a person has trusted.
        public var joinFingerprint: String?
        public var joinWith = JoinWay.password
    }

    public struct Credentials: Equatable, Sendable {
        /// The crypt(3) hash of the root password that new hosts get; nil is a random one that nobody knows.
        public var rootPasswordHash: String?
    }

    /// The inventory that is told what was installed.
    public struct Infrastructure: Equatable, Sendable {
        public enum Kind: String, CaseIterable, Sendable { case none, webhook, netbox }

        public var kind = Kind.none
        /// There is one when `kind` is not `none`.
        public var baseURL: WebAddress?
        /// The inventory's names for our server types, by their keys.
        public var serverTypeMap: [String: String] = [:]
        /// Where new devices stand, and what they are, by their slugs in NetBox: there are both when `kind` is `netbox`.
        public var site: String?
        public var role: String?
        /// The SHA-256 of its certificate, where no authority vouches for it.
        public var fingerprint: String?
    }

    public struct Backup: Equatable, Sendable {
        /// Where a copy of each night's backup goes; nil is nowhere.
        public var folder: String?
    }

    /// One place to which messages about hosts go.
    public struct NotificationTarget: Equatable, Sendable {
        public enum Kind: String, CaseIterable, Sendable { case ntfy, webhook }

        public var kind: Kind
        public var url: WebAddress
        /// The name of the secret: an access token for ntfy, the key of the signature for a webhook.
        public var secretName: String?
        /// What it is told of.
        public var occasions = Set(NoticeKind.allCases)
        public var fingerprint: String?
    }
}
