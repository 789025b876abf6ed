import Control
import Linux
import Rehearsal

/// The cluster that the hosts of a rehearsal join, and the systems that run on them; all of it is on this machine.
actor RehearsedCluster {
    let stage: ClusterStage
    private let wish: RehearsalWish
    private let folder: String
    private let reactor: Reactor
    private var nodes: [MachineNode] = []

    init(_ wish: RehearsalWish, _ reactor: Reactor) throws {
        (self.wish, self.reactor) = (wish, reactor)
        // The path of a socket has at most 107 bytes.
        let place = Environment["TMPDIR"].flatMap { $0.utf8.count < 60 ? $0 : nil } ?? "/tmp"
        folder = "\(place)/sprout-cluster-\(UInt32.random(in: 0 ... .max))"
        let cluster = ClusterStage.Wish(port: 0, speed: wish.speed)
        stage = try ClusterStage(cluster, in: folder, reactor)
    }

    /// Why there can be none, or nil.
    static func obstacle(_ base: String) -> String? {
        let authority = base.dropFirst("http://".count)
        let isHere = ["127.", "localhost", "[::1]"].contains { authority.hasPrefix($0) }
        if !isHere {
            return "Sprout is asked at \(base), and joins rehearsed hosts only where it is asked at 127.0.0.1"
        }
        let needed = [("sshd", "openssh-server"), ("nginx", "nginx-light"), ("openssl", "openssl"), ("curl", "curl")]
        guard let (program, package) = needed.first(where: { Program.find($0.0) == nil }) else { return nil }
        return "\(program) is missing, which their systems need: apt install \(package)"
    }

    func addNode() -> MachineNode {
        let node = MachineNode(
            MachineNode.Wish(
                folder: "\(folder)/\(nodes.count + 1)", speed: wish.speed, cluster: stage,
                refusesToJoin: wish.fails(at: .join), joinsForEver: wish.hangs(at: .join)), reactor)
        nodes.append(node)
        return node
    }

    /// Ends all systems, and takes their folders away.
    func end() async throws {
        for node in nodes { try await node.end() }
        try await Shell(reactor).run("rm -rf -- \"$1\"", [folder])
    }
}
