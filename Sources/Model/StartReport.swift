/// What a newly installed system tells of itself when it starts for the first time.
///
/// It is untrusted, as all that comes over the network: what is malformed is left out.
public struct StartReport: Equatable, Sendable, Codable {
    public let hostname: String?
    public let serial: String?
    public let uuid: String?
    public let macs: [MACAddress]
    /// With the size of their network, such as 192.168.1.5/24.
    public let addresses: [String]
    /// Where a machine is played that exists only in a rehearsal.
    public let rehearsal: Rehearsal?
    /// What proves which operation it belongs to; it is read, and never written anywhere.
    public let token: String?

    private enum CodingKeys: String, CodingKey { case hostname, serial, uuid, macs, addresses, rehearsal }
    private enum Secret: CodingKey { case token }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        hostname = values.line(.hostname)
        serial = values.line(.serial)
        uuid = values.line(.uuid)
        macs = values.list(.macs, upTo: 64)
        addresses = (values.list(.addresses, upTo: 64) as [String]).map(\.asShortLine).filter { !$0.isEmpty }
        rehearsal = try? values.decodeIfPresent(Rehearsal.self, forKey: .rehearsal)
        token = try? decoder.container(keyedBy: Secret.self).decodeIfPresent(String.self, forKey: .token)
    }

    /// Whether this is one of its own addresses.
    public func has(_ address: String) -> Bool {
        addresses.contains { $0.split(separator: "/").first.map(String.init) == address }
    }

    public var identity: Identity { Identity(uuid: uuid, serial: serial) }

    /// What a rehearsal has in the place of a host's SSH server and of a cluster: all of it on Sprout's own machine.
    public struct Rehearsal: Equatable, Sendable, Codable {
        public let port: UInt16
        public let user: String
        public let cluster: Cluster?

        public struct Cluster: Equatable, Sendable, Codable {
            public let port: UInt16
            public let fingerprint: String
            public let password: String
        }

        private enum CodingKeys: String, CodingKey {
            case user, cluster
            case port = "ssh_port"
        }
    }
}
