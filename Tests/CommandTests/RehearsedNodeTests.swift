import Crypto
import Glibc
import Linux
import SSH
import Testing

@testable import Rehearsal
@testable import sprout

private let reactor: Reactor = {
    signal(SIGPIPE, SIG_IGN)
    guard let reactor = try? Reactor() else { preconditionFailure("no epoll") }
    reactor.start()
    return reactor
}()

/// A node of a rehearsal with a real sshd, and the member of the cluster that it can join.
private struct Place: Sendable {
    let stage: ClusterStage
    let node: MachineNode
    let folder: String
    let server: SSH.Server
    let login: Login
    let key: PublicKey

    func session() async throws -> Session { try await Session(to: server, as: login, reactor) }
}

private func playing(
    refusesToJoin: Bool = false, joinsForEver: Bool = false, _ body: @escaping @Sendable (Place) async throws -> Void
) async throws {
    try await withTaskExecutorPreference(reactor) {
        let folder = "/tmp/sprout-node-\(UInt64.random(in: 0 ..< .max))"
        let stage = try ClusterStage(ClusterStage.Wish(port: 0, speed: 200), in: "\(folder)/cluster", reactor)
        let wish = MachineNode.Wish(
            folder: "\(folder)/1", speed: 200, cluster: stage, refusesToJoin: refusesToJoin,
            joinsForEver: joinsForEver)
        let node = MachineNode(wish, reactor)
        let (pair, other) = (try KeyPair(), try KeyPair())
        let lines = [other.line(comment: "admin"), pair.line(comment: "sprout 1")]
        let plan = InstallationPlan(
            fqdn: "new.lab", disks: [], filesystem: "ext4", size: 1, port: try #require(FakeMachine.address(of: 1)),
            address: "192.168.240.1/20", names: [:], isFixed: false, powersOff: false, webhook: nil, keys: lines)
        let hostKeys = try await node.makeHostKeys(of: "new")
        guard case .object(let told) = try await node.start(plan), case .number(let port)? = told["ssh_port"],
            case .text(let user)? = told["user"]
        else { preconditionFailure("it does not say how it is reached") }
        let keys = ["ed25519", "ecdsa"].compactMap { hostKeys[$0].flatMap { PublicKey($0) } }
        #expect(keys.count == 2)
        let place = Place(
            stage: stage, node: node, folder: wish.folder,
            server: SSH.Server("127.0.0.1", port: UInt16(port), hostKeys: keys),
            login: Login(user: user, privateKey: pair.privateKey), key: try #require(PublicKey(lines[1])))
        try await withThrowingTaskGroup { group in
            group.addTask { try await stage.run() }
            group.addTask { try await body(place) }
            try await group.next()
            group.cancelAll()
        }
        let units = Files.names(in: "\(wish.folder)/run/units").compactMap { name in
            (try? Files.text("\(wish.folder)/run/units/\(name)/pid")).flatMap { pid_t($0.prefix { !$0.isNewline }) }
        }
        #expect(!joinsForEver || units.count == 1)
        try await node.end()
        for unit in units { #expect(try await hasEnded(unit), "what a unit has started ends with its node") }
        try await Shell(reactor).run("rm -rf -- \"$1\"", [folder])
    }
}

/// Whether nothing is left of a process group; what was just killed is there for a moment.
private func hasEnded(_ group: pid_t) async throws -> Bool {
    for _ in 0..<200 {
        if kill(-group, 0) == -1 { return true }
        try await reactor.sleep(for: .milliseconds(10))
    }
    return false
}

extension Place {
    /// Joins as Sprout may do it, and gives the lines and the end.
    fileprivate func join(_ limit: Duration = .seconds(20)) async throws -> (lines: [String], end: UnitState) {
        var session = try await session()
        try await session.runDetached("sprout-join", words, input: Array("\(stage.password)\n".utf8))
        var lines: [String] = []
        let end = try await session.follow(
            "sprout-join", UnitPatience(limit: limit, pause: .milliseconds(50))
        ) { lines.append($0.text) }
        return (lines, end)
    }

    private var words: [String] {
        ["pvecm", "add", "127.0.0.1", "--fingerprint", stage.fingerprint, "--link0", "192.168.240.1"]
    }
}

/// One after the other: each starts a score of processes, and others measure time beside them.
@Suite(.serialized, .timeLimit(.minutes(5))) struct RehearsedNodeTests {
    @Test func `a rehearsed node joins in a unit of its own, and loses the keys that it was given`() async throws {
        try await playing { place in
            let before = await place.node.worked()
            let (lines, end) = try await place.join()
            #expect(end == .ended(.exited(0)))
            #expect(lines.last == "successfully added node 'new' to cluster.")
            #expect(lines.contains("waiting for quorum...OK"))
            #expect(await place.node.worked() > before + .milliseconds(40))
            let cluster = await place.stage.model.look()
            #expect(cluster.members.map(\.name) == ["pve1", "new"] && cluster.members[1].isOnline)
            let refused = try await failing { _ = try await place.session() }
            #expect(refused.kind == .loginRefused)
        }
    }

    @Test func `a unit that has ended is found again, and can be forgotten`() async throws {
        try await playing { place in
            var session = try await place.session()
            try await session.runDetached("one", ["sh", "-c", "echo \"a \\ 'b' $HOME\"; exit 7"])
            var lines: [String] = []
            let patience = UnitPatience(limit: .seconds(20), pause: .milliseconds(20))
            let end = try await session.follow("one", patience) { lines.append($0.text) }
            #expect(end == .ended(.exited(7)))
            #expect(lines == ["a \\ 'b' \(place.folder)/root"])
            try await session.runDetached("one", ["true"])
            #expect(try await session.look(at: "one") == .ended(.exited(7)))
            try await session.forget("one")
            #expect(try await session.look(at: "one") == .unknown)
            try await session.runDetached("one", ["sh", "-c", "echo again"])
            lines = []
            #expect(try await session.follow("one", patience) { lines.append($0.text) } == .ended(.exited(0)))
            #expect(lines == ["again"])
            try await session.runDetached("two", ["sh", "-c", "kill -TERM $$"])
            #expect(try await session.follow("two", patience) { _ in } == .ended(.killed(signal: "TERM")))
            try await session.runDetached("three", ["sleep", "100"])
            #expect(try await session.look(at: "three") == .running)
            #expect(try await session.run("systemctl kill three.service").hasSucceeded)
            #expect(try await session.follow("three", patience) { _ in } == .ended(.killed(signal: "TERM")))
        }
    }

    @Test func `a node that has guests does not join, and pvecm says 0 all the same`() async throws {
        try await playing(refusesToJoin: true) { place in
            let (lines, end) = try await place.join()
            #expect(end == .ended(.exited(0)))
            #expect(lines.contains("* this host already contains virtual guests"))
            #expect(lines.last == "Check if node may join a cluster failed!")
            #expect(await place.stage.model.look().members.count == 1)
        }
    }

    @Test func `a join that never ends waits for quorum, and its entry is there`() async throws {
        try await playing(joinsForEver: true) { place in
            let failed = try await failing { _ = try await place.join(.seconds(2)) }
            #expect(failed.kind == .tooLong)
            let cluster = await place.stage.model.look()
            #expect(cluster.members.map(\.isOnline) == [true, false])
        }
    }

    @Test func `what is asked of the node never touches the machine that it is played on`() async throws {
        try await playing { place in
            var session = try await place.session()
            let outcome = try await session.run(
                "hostname; echo hello > /root/file; cat /etc/pve/priv/authorized_keys | wc -l; command -v pvecm",
                limit: .seconds(20))
            #expect(outcome.text.split(separator: "\n").map(String.init) == ["new", "2", "\(place.folder)/bin/pvecm"])
            #expect(try Files.text("\(place.folder)/root/file") == "hello\n")
        }
    }

    @Test func `the key of an operation is taken out, and the others stay`() async throws {
        try await playing { place in
            #expect(await place.node.hasKeyOfOperation)
            var session = try await place.session()
            #expect(try await session.removeKey(place.key))
            #expect(await !place.node.hasKeyOfOperation)
            #expect(try await !Session.canLogIn(to: place.server, as: place.login, reactor))
            #expect(try Files.text("\(place.folder)/etc/pve/priv/authorized_keys").hasSuffix(" admin\n"))
        }
    }
}

private func failing(_ body: () async throws -> Void) async throws -> SSHFailed {
    try await #require(throws: SSHFailed.self) { try await body() }
}
