public import Model

/// A cluster as one of its members describes it.
public struct ClusterState: Equatable, Sendable {
    public var name: String
    /// The version of its configuration, which grows by one with every change.
    public var version: Int
    public var isQuorate: Bool
    public var nodes: [ClusterNode]
    /// The name of the member that was asked.
    public var asked: String
    /// The release of Proxmox VE on the member that was asked, such as 9.1.
    public var release: String

    public init(
        name: String, version: Int, isQuorate: Bool, nodes: [ClusterNode], asked: String, release: String
    ) {
        (self.name, self.version, self.isQuorate, self.nodes) = (name, version, isQuorate, nodes)
        (self.asked, self.release) = (asked, release)
    }

    public init(asking member: some Member) async throws {
        let status = try await member.get([StatusEntry].self, "/cluster/status")
        guard let cluster = status.first(where: { $0.type == "cluster" }) else {
            throw MemberFailed.noCluster(status.first?.name ?? "the member")
        }
        let join = try await member.get(JoinInformation.self, "/cluster/config/join")
        let guests = try await member.get([GuestEntry].self, "/cluster/resources", ["type": "vm"])
        name = cluster.name
        version = cluster.version?.value ?? 0
        isQuorate = cluster.quorate?.value == 1
        asked = status.first { $0.local?.value == 1 }?.name ?? ""
        release = try await member.get(Version.self, "/version").release
        nodes = status.filter { $0.type == "node" }.map { entry in
            let listed = join.nodelist.first { $0.name == entry.name }
            var node = ClusterNode(
                name: entry.name, id: entry.nodeid?.value ?? 0, address: entry.ip ?? listed?.address,
                isOnline: entry.online?.value == 1, votes: listed?.votes ?? 1, links: listed?.links ?? [:],
                fingerprint: listed?.fingerprint)
            node.guests = guests.filter { $0.node == entry.name }.map { "\($0.vmid.value) (\($0.name ?? "unnamed"))" }
            return node
        }
    }

    public func node(_ name: String) -> ClusterNode? { nodes.first { $0.name == name } }

    /// What would be lost with a machine that is off: how its guests are configured.
    public mutating func readGuests(of name: String, from member: some Member) async throws {
        guard let index = nodes.firstIndex(where: { $0.name == name && !$0.isOnline && !$0.guests.isEmpty }) else {
            return
        }
        nodes[index].guestFiles = try await member.guestFiles(of: name)
    }

    /// The numbers of its links.
    var links: [Int] { Set(nodes.flatMap(\.links.keys)).sorted() }

    /// How the vote stands, as arithmetic.
    public var vote: String {
        let all = nodes.map(\.votes).reduce(0, +)
        let here = nodes.filter(\.isOnline).map(\.votes).reduce(0, +)
        return "\(here) of \(all) votes, with \(all / 2 + 1) needed"
    }
}

extension ClusterState {
    private struct StatusEntry: Decodable {
        let type, name: String
        let ip: String?
        let nodeid, online, local, quorate, version: LooseInt?
    }

    private struct Version: Decodable { let release: String }

    private struct GuestEntry: Decodable {
        let vmid: LooseInt
        let node: String
        let name: String?
    }

    private struct JoinInformation: Decodable { let nodelist: [JoinNode] }

    private struct JoinNode: Decodable {
        let name: String
        let address, fingerprint: String?
        let votes: Int
        let links: [Int: String]

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: AnyKey.self)
            func text(_ key: String) -> String? { try? values.decode(String.self, forKey: AnyKey(stringValue: key)) }
            name = try values.decode(String.self, forKey: AnyKey(stringValue: "name"))
            (address, fingerprint) = (text("pve_addr"), text("pve_fp"))
            votes = (try? values.decode(LooseInt.self, forKey: AnyKey(stringValue: "quorum_votes")))?.value ?? 1
            links = Dictionary(
                uniqueKeysWithValues: (0..<8).compactMap { number in text("ring\(number)_addr").map { (number, $0) } })
        }
    }
}
