import Glibc
import Linux
import Model

extension Verb {
    static let rehearseCluster: Verb = Verb(
        words: ["rehearse", "cluster"], summary: "a member of a cluster that does not exist, which nodes can join",
        operands: [],
        options: [
            Option(name: "--address", value: "IP", summary: "where it answers; default: 127.0.0.1"),
            Option(name: "--port", value: "PORT", summary: "default: 8006; 0 takes one that is free"),
            Option(name: "--name", value: "NAME", summary: "of the cluster; default: rehearsal"),
            Option(name: "--members", value: "N", summary: "how many it has already, 1 to 32; default: 1"),
            Option(name: "--speed", value: "X", summary: "how many times faster than real ones joins are; default: 1"),
            Option(
                name: "--state", value: "FOLDER", summary: "where its files, pvecm and root's socket are kept",
                completion: .folder),
        ],
        example: "sprout rehearse cluster --address 192.168.1.20 --state cluster"
    ) { invocation in
        let wish = try ClusterStage.Wish(invocation)
        let signals = try Signals([SIGINT, SIGTERM, SIGHUP], invocation.reactor)
        let kept = invocation.value("--state")
        let folder = kept ?? "\(Environment["TMPDIR"] ?? "/tmp")/sprout-cluster-\(UInt32.random(in: 0 ... .max))"
        let stage = try ClusterStage(wish, in: folder, invocation.reactor)
        Terminal.say(
            """
            The cluster \(wish.name) answers at https://\(Address.tcp(host: stage.address, port: stage.port))
            fingerprint: \(stage.fingerprint)
            password of root@pam: \(stage.password)
            files: \(stage.folder)   (Ctrl-C ends it)
            """)
        try await withThrowingTaskGroup { group in
            group.addTask { try await stage.run() }
            group.addTask { _ = try await signals.next() }
            defer { group.cancelAll() }
            try await group.next()
        }
        if kept == nil { try await Shell(invocation.reactor).run("rm -rf -- \"$1\"", [stage.folder]) }
    }
}

extension ClusterStage.Wish {
    init(_ invocation: Invocation) throws {
        func refuse(_ reason: String) -> UsageError { UsageError(description: reason, verb: invocation.verb) }
        func number<Value: LosslessStringConvertible>(
            _ option: String, _ isFine: (Value) -> Bool, _ range: String
        ) throws -> Value? {
            try invocation.value(option).map { text in
                guard let value = Value(text), isFine(value) else {
                    throw refuse("\(option) is \"\(text)\"; it must be a number from \(range)")
                }
                return value
            }
        }
        self.init()
        address = invocation.value("--address") ?? address
        guard DottedQuad.number(address[...]) != nil else {
            throw refuse("--address is \"\(address)\"; it must be an IPv4 address")
        }
        port = try number("--port", { (_: UInt16) in true }, "0 to 65535") ?? port
        members = try number("--members", { (1...32).contains($0) }, "1 to 32") ?? members
        speed = try number("--speed", { $0 >= 0.1 && $0 <= 100_000 }, "0.1 to 100000") ?? speed
        name = invocation.value("--name") ?? name
        // As pvecm create takes it: it becomes a line of corosync.conf.
        guard name.wholeMatch(of: /[A-Za-z0-9]([A-Za-z0-9-]{0,13}[A-Za-z0-9])?/) != nil else {
            throw refuse("--name is \"\(name)\"; it must be 1 to 15 letters, digits and dashes")
        }
    }
}
