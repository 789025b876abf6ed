/// An answer file that an installer has read, and not checked against its machine yet.
public struct InstallerAnswer: Equatable, Sendable {
    var global: Global
    var network: Network
    var disks: Disks
    public internal(set) var webhook: Webhook?
    /// Where the script is that runs when the new system has started; nil where there is none, or it is in the ISO.
    public internal(set) var firstBootURL: String?

    public struct Webhook: Equatable, Sendable {
        public let url: String
        /// What is sent along as `token`; older releases have it in the URL.
        public let token: String?
    }

    struct Global: Equatable {
        var country: String
        var fqdn: FQDN
        var mail: String
        var timezone: String
        var password: String?
        var hash: String?
        /// The lines of root's authorized_keys.
        var keys: [String]
        var powersOff: Bool
    }

    enum FQDN: Equatable {
        case fixed(String)
        case fromDHCP(domain: String?)
    }

    struct Network: Equatable {
        /// Nil where the address is that of the lease.
        var fixed: Fixed?
        var pinning: Pinning?

        struct Fixed: Equatable {
            var cidr: String
            var filter: [String: String]
        }

        /// Names for ports by their MAC address, in lower case.
        struct Pinning: Equatable {
            var names: [String: String]
        }
    }

    struct Disks: Equatable {
        var filesystem: String
        var list: [String]
        var filter: [String: String]
        var takesAll: Bool
        var lvm: LVM?
        var zfs: Pool?
        var btrfs: Pool?

        struct LVM: Equatable {
            var size: Double?
            var swap: Double?
        }

        struct Pool: Equatable {
            var raid: String?
            var size: Double?
        }
    }
}
