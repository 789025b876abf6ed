public import FoundationEssentials
public import Model

/// What sprout-boot and sprout-metadata ask of the orchestrator on the socket that is theirs, `install.sock`.
public enum Installer {
    /// Whether the machine of this host may have the installer now.
    public struct BootQuestion: Equatable, Sendable, Codable {
        public var host: String
        public var memory: MachineMemory?

        public init(host: String, memory: MachineMemory?) { (self.host, self.memory) = (host, memory) }
    }

    /// It may: with this token, which is told nowhere else.
    public struct BootGrant: Equatable, Sendable, Codable {
        public var token: String
        public var image: String

        public init(token: String, image: String) { (self.token, self.image) = (token, image) }
    }

    /// What an installer or an installed system sent, and from where.
    public struct Message<Content: Codable & Sendable>: Sendable, Codable {
        public var token: String?
        public var address: String
        /// Where it reached the box, such as `http://192.168.1.5`.
        public var server: String
        public var content: Content

        public init(token: String?, address: String, server: String, content: Content) {
            (self.token, self.address, self.server, self.content) = (token, address, server, content)
        }
    }

    /// What an agent is told by the answer: the line that is wanted next, and what it is to do.
    public struct Heard: Equatable, Sendable, Codable {
        public var next: Int64
        public var orders: [InstallerOrder]

        public init(next: Int64, orders: [InstallerOrder]) { (self.next, self.orders) = (next, orders) }
    }

    /// All logs inside an installer, by the order to send them.
    public struct Logs: Equatable, Sendable, Codable {
        public var order: Int64
        public var archive: Data

        public init(order: Int64, archive: Data) { (self.order, self.archive) = (order, archive) }
    }

    /// The answer as the machine gets it.
    public static let answerType = "application/toml"
}
