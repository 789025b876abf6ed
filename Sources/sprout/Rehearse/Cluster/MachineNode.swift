import Glibc
import Linux
import Rehearsal

/// The system that a rehearsed machine has installed: a real sshd, behind which a node of Proxmox VE is played.
actor MachineNode {
    /// What it is made from.
    struct Wish: Sendable {
        let folder: String
        let speed: Double
        let cluster: ClusterStage
        let refusesToJoin: Bool
        let joinsForEver: Bool
    }

    private let wish: Wish
    private let reactor: Reactor
    private var sshd: Child?
    /// What it took to make keys and to start; a real one does that in the times that are played.
    private var preparation = Duration.zero

    init(_ wish: Wish, _ reactor: Reactor) {
        (self.wish, self.reactor) = (wish, reactor)
    }

    /// Makes the keys by which the system is recognised, and gives the public ones by their kinds.
    func makeHostKeys(of hostname: String) async throws -> [String: String] {
        let start = Reactor.Deadline.now
        defer { preparation += .now - start }
        try Files.makeFolder("\(wish.folder)/ssh", mode: 0o700)
        try await Shell(reactor).run(
            """
            for kind in ed25519 ecdsa; do ssh-keygen -q -t $kind -N '' -C "root@$2" -f "$1/ssh/$kind"; done
            """, [wish.folder, hostname])
        let pairs = try ["ed25519", "ecdsa"].map { kind in
            (kind, String(try Files.text("\(wish.folder)/ssh/\(kind).pub").prefix { !$0.isNewline }))
        }
        return Dictionary(pairs) { $1 }
    }

    /// Starts the system, and gives what it tells Sprout of how it is reached.
    func start(_ plan: InstallationPlan) async throws -> JSONTree {
        let start = Reactor.Deadline.now
        defer { preparation += .now - start }
        let address = String(plan.address.prefix { $0 != "/" })
        var settings = NodePrograms.Settings(
            node: plan.hostname, addresses: [address, "127.0.0.1"], root: wish.folder, home: "\(wish.folder)/root",
            port: wish.cluster.port, speed: wish.speed)
        (settings.isCutOff, settings.owner) = (wish.joinsForEver, getpid())
        let programs = [NodePrograms.ofCluster, NodePrograms.ofUnits, NodePrograms.ofMachine]
        try NodeFolder(path: wish.folder).write(programs.reduce([:]) { $0.merging($1) { $1 } }, settings)
        try Files.write(
            plan.keys.map { "\($0)\n" }.joined(), to: "\(wish.folder)/etc/pve/priv/authorized_keys", mode: 0o600)
        if wish.refusesToJoin {
            // A node that has guests already cannot join.
            let guests = "\(wish.folder)/etc/pve/nodes/\(plan.hostname)/qemu-server"
            try Files.makeFolder(guests, mode: 0o700)
            try Files.write("name: left-behind\n", to: "\(guests)/100.conf")
        }
        let port = try await listen()
        return .object([
            "ssh_port": .number(Int(port)), "user": .text(String(cString: getpwuid(getuid()).pointee.pw_name)),
            "cluster": .object([
                "port": .number(Int(wish.cluster.port)), "fingerprint": .text(wish.cluster.fingerprint),
                "password": .text(wish.cluster.password),
            ]),
        ])
    }

    /// How long the node was at work, for itself and for whoever has logged in.
    func worked() -> Duration {
        let text = (try? Files.text("\(wish.folder)/run/worked")) ?? ""
        return text.split(whereSeparator: \.isNewline).compactMap { Int($0) }.reduce(preparation) {
            $0 + .microseconds($1)
        }
    }

    /// Whether a key that was made for one operation still logs in: Sprout takes it out when the host is ready.
    var hasKeyOfOperation: Bool {
        ["authorized_keys", "authorized_keys2"].contains { name in
            let lines = (try? Files.text("\(wish.folder)/root/.ssh/\(name)"))?.split(whereSeparator: \.isNewline)
            return lines?.contains { $0.split(separator: " ").dropFirst(2).first == "sprout" } == true
        }
    }

    /// Ends the system and all that was started on it, and takes its folder away.
    func end() async throws {
        if let sshd {
            sshd.signal(SIGKILL)
            sshd.endGroup()
            _ = try await sshd.end()
        }
        try await Shell(reactor).run(
            """
            for unit in "$1"/run/units/*/pid; do [ -e "$unit" ] && kill -KILL "-$(cat "$unit")" || :; done
            rm -rf -- "$1"
            """, [wish.folder])
    }

    // MARK: sshd

    /// Starts sshd on a port that is free, and returns when it answers there.
    private func listen() async throws -> UInt16 {
        guard let program = Program.find("sshd") else { throw MachinePlayer.Stopped(sentence: "there is no sshd here") }
        // Where sshd of Debian parts from its rights; its unit would make it.
        if getuid() == 0 { try Files.makeFolder("/run/sshd") }
        for _ in 0..<5 {
            let port = try FileDescriptor.listening(on: .tcp(host: "127.0.0.1", port: 0)).localPort()
            try Files.write(configuration(port), to: "\(wish.folder)/sshd_config")
            let log = try FileDescriptor(writing: "\(wish.folder)/sshd.log")
            let child = try Program(
                path: program, arguments: ["-D", "-e", "-f", "\(wish.folder)/sshd_config"], environment: [:]
            ).start(descriptors: [], output: log, reactor)
            sshd = child
            if try await answers(at: port, child) { return port }
            // Somebody else has taken the port in between.
            sshd = nil
        }
        let words = (try? Files.text("\(wish.folder)/sshd.log"))?.split(whereSeparator: \.isNewline).last ?? ""
        throw MachinePlayer.Stopped(sentence: "its sshd does not start: \(words)")
    }

    private func answers(at port: UInt16, _ child: Child) async throws -> Bool {
        while true {
            if (try? Linux.Stream(connectingTo: .tcp(host: "127.0.0.1", port: port), reactor)) != nil { return true }
            do {
                _ = try await child.end(until: .now + .milliseconds(20))
                return false
            } catch is Errno {
                // It still runs, and does not listen yet.
            }
        }
    }

    private func configuration(_ port: UInt16) -> String {
        let home = "\(wish.folder)/root/.ssh"
        return """
            AllowTcpForwarding no
            AuthenticationMethods publickey
            AuthorizedKeysFile \(home)/authorized_keys \(home)/authorized_keys2
            ForceCommand /bin/sh \(wish.folder)/lib/login \(wish.folder)
            HostKey \(wish.folder)/ssh/ed25519
            HostKey \(wish.folder)/ssh/ecdsa
            ListenAddress 127.0.0.1:\(port)
            LogLevel ERROR
            MaxStartups 100
            PermitRootLogin prohibit-password
            PermitTTY no
            PermitUserRC no
            PidFile none
            StrictModes no
            UsePAM no

            """
    }
}
