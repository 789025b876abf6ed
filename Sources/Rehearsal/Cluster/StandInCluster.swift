/// A cluster of Proxmox VE that does not exist, as its REST API and pvecm show it: requests in, answers out.
///
/// All of it can be looked at and changed: tests do so to have what a real cluster only has on a bad day.
public struct StandInCluster: Equatable, Sendable, Codable {
    /// Nil of a node that is in no cluster.
    public var name: String?
    /// The corosync.conf's, which grows with every change.
    public var configVersion = 1
    public var members: [Member]
    /// The member that answers.
    public var local: String
    public var guests: [Guest] = []
    /// Of Proxmox VE.
    public var version = "9.0.4"
    public var timezone = "Etc/UTC"
    /// root@pam's.
    public var password: String
    /// The secrets of API tokens by their ids, such as root@pam!audit; they may look at everything, and change nothing.
    public var tokens: [String: String] = [:]
    /// The lines of the cluster's one authorized_keys.
    public var authorizedKeys: [String] = []
    /// What proves to corosync that a node belongs to the cluster.
    public var corosyncKey: String
    /// What `pvecm expected` has said, until the next change of who belongs to it.
    public var expected: Int?
    public var faults = Faults()
    /// The CSRF tokens of those who have logged in, by their tickets.
    var sessions: [String: String] = [:]

    public struct Member: Equatable, Sendable, Codable {
        public var name: String
        public var nodeID: Int
        public var votes: Int
        /// By their links' numbers.
        public var rings: [Int: String]
        /// Where its API is, and the fingerprint of the certificate that it shows there.
        public var address: String
        public var fingerprint: String
        public var isOnline: Bool

        public init(
            _ name: String, nodeID: Int, votes: Int = 1, rings: [Int: String], address: String,
            fingerprint: String = "",
            isOnline: Bool = true
        ) {
            (self.name, self.nodeID, self.votes, self.rings) = (name, nodeID, votes, rings)
            (self.address, self.fingerprint, self.isOnline) = (address, fingerprint, isOnline)
        }
    }

    /// A virtual machine or a container: those of a node that is gone stay until somebody takes them away.
    public struct Guest: Equatable, Sendable, Codable {
        public enum Kind: String, Sendable, Codable { case qemu, lxc }

        public var kind: Kind
        public var id: Int
        public var name: String
        public var node: String
        /// What is in its file beside its name.
        public var configuration: String?

        public init(_ kind: Kind, _ id: Int, name: String, node: String) {
            (self.kind, self.id, self.name, self.node) = (kind, id, name, node)
        }
    }

    /// What goes wrong.
    public struct Faults: Equatable, Sendable, Codable {
        /// Whoever is online: there are too few votes.
        public var hasNoQuorum = false
        /// root@pam has a second factor.
        public var needsSecondFactor = false
        /// How long every answer takes, in seconds.
        public var delay = 0.0
        /// The member's clock goes before that of the others.
        public var clockOffset = 0
        /// A node's entry is written, and its own services then do not start.
        public var leavesJoinsHalfDone = false
        /// A node's entry is written, and it never sees the others.
        public var letsJoinsWait = false
        /// A node's entry is written, and nobody is answered.
        public var cutsAnswersOff = false

        public init() {}
    }

    public init(_ name: String?, members: [Member], local: String, password: String, corosyncKey: String) {
        (self.name, self.members, self.local) = (name, members, local)
        (self.password, self.corosyncKey) = (password, corosyncKey)
    }

    // MARK: What follows from it

    /// More than half of all votes are there; a node that is alone needs nobody.
    public var isQuorate: Bool {
        guard name != nil else { return true }
        let present = members.filter(\.isOnline).reduce(0) { $0 + $1.votes }
        return !faults.hasNoQuorum && present >= neededVotes
    }

    var expectedVotes: Int { expected ?? allVotes }
    var allVotes: Int { members.reduce(0) { $0 + $1.votes } }
    var neededVotes: Int { expectedVotes / 2 + 1 }

    /// The numbers of the links that its members have, all the same ones.
    var links: [Int] { members.first.map { $0.rings.keys.sorted() } ?? [] }

    func member(_ name: String) -> Member? { members.first { $0.name == name } }

    /// What corosync reads.
    var corosyncConfiguration: String {
        let nodes = members.map { member in
            let rings = member.rings.sorted { $0.key < $1.key }.map { "    ring\($0.key)_addr: \($0.value)\n" }.joined()
            return """
                  node {
                    name: \(member.name)
                    nodeid: \(member.nodeID)
                    quorum_votes: \(member.votes)
                \(rings)  }

                """
        }
        let interfaces = links.map { "  interface {\n    linknumber: \($0)\n  }\n" }.joined()
        return """
            logging {
              debug: off
              to_syslog: yes
            }

            nodelist {
            \(nodes.joined())}

            quorum {
              provider: corosync_votequorum
            }

            totem {
              cluster_name: \(name ?? "")
              config_version: \(configVersion)
            \(interfaces)  ip_version: ipv4-6
              link_mode: passive
              secauth: on
              version: 2
            }

            """
    }
}
