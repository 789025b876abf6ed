/// The programs of a node of Proxmox VE that does not exist, as scripts of the shell.
///
/// They have the words, the order and the exit codes of the real ones, and touch only what their standin.conf names.
public enum NodePrograms {
    /// What is to be written into the folder of a node, by its path; `bin/` is to be executable.
    public static let ofCluster: [String: String] = [
        "bin/pvecm": pvecm, "bin/pvesh": pvesh, "lib/talk.sh": talk, "lib/join.sh": join + finish,
    ]

    /// What the programs read first.
    public struct Settings: Equatable, Sendable {
        public var node: String
        /// The node's own addresses; the first is the one that its name leads to.
        public var addresses: [String]
        /// The folder that stands for / where the programs write: /etc/pve is in it, and the rest.
        public var root: String
        public var home: String
        /// Where the API of members is.
        public var port: UInt16
        /// How many times faster than a real node it is.
        public var speed: Double
        /// Of a member: where its own root asks without a password.
        public var socket: String?
        /// The process without which there is nobody to wait for.
        public var owner: Int32?
        /// Corosync never reaches the others.
        public var isCutOff = false
        public var version = "9.0.4"

        public init(
            node: String, addresses: [String], root: String, home: String, port: UInt16, speed: Double,
            socket: String? = nil
        ) {
            (self.node, self.addresses, self.root, self.home) = (node, addresses, root, home)
            (self.port, self.speed, self.socket) = (port, speed, socket)
        }

        public var text: String {
            let values = [
                ("node", node), ("addresses", addresses.joined(separator: " ")), ("root", root), ("home", home),
                ("pve", "\(root)/etc/pve"), ("corosync", "\(root)/etc/corosync"),
                ("lib", "\(root)/var/lib/pve-cluster"), ("lock", "\(root)/run/lock"), ("port", "\(port)"),
                ("speed", "\(speed)"), ("socket", socket ?? ""), ("is_cut_off", isCutOff ? "1" : ""),
                ("version", version), ("owner", owner.map { "\($0)" } ?? ""),
            ]
            return values.map { "\($0.0)='\($0.1.replacing("'", with: "'\\''"))'\n" }.joined()
        }
    }

    /// What the programs read on a machine, or in a container, that is the node as a whole.
    public static func wholeMachine(port: UInt16, speed: Double) -> String {
        let settings = Settings(node: "", addresses: [], root: "", home: "/root", port: port, speed: speed)
        return settings.text + "node=$(hostname) addresses=$(hostname -I)\n"
    }
}
