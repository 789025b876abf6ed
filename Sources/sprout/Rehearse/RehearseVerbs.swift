import Control
import Glibc
import HTTP
import Linux
import Model

extension Verb {
    static let rehearse: Verb = Verb(
        words: ["rehearse"], summary: "play machines that are installed, against a running Sprout", operands: [],
        options: [
            Option(name: "--hosts", value: "N", summary: "how many machines at once, 1 to 200"),
            Option(
                name: "--release", value: "RELEASE", summary: "of Proxmox VE: 8.3 to 9.2; default: the newest image's"),
            Option(name: "--type", value: "TYPE", summary: "of the hosts; default: the first with DHCP"),
            Option(
                name: "--fail", value: "STEP", summary: "they do what real ones do when this step goes wrong",
                completion: steps),
            Option(
                name: "--hang", value: "STEP", summary: "nothing is heard of them from this step on", completion: steps),
            Option(name: "--speed", value: "X", summary: "how many times faster than real ones they are; default: 60"),
            Option(name: "--light", value: nil, summary: "do not load the ISO, only ask how long it is"),
            Option(name: "--without-cluster", value: nil, summary: "do not let them join one"),
            Option(
                name: "--interface", value: "NAME", summary: "ask over DHCP on this network port first; only root may"),
            Option(name: "--keep", value: nil, summary: "leave the hosts there, and an image that was made for them"),
            Option(name: "--beside-real-hosts", value: nil, summary: "also while real hosts are being installed"),
            outputOption,
        ] + connectionOptions,
        example: "sprout rehearse --hosts 5 --state .sprout"
    ) { invocation in
        let wish = try RehearsalWish(invocation)
        let base = try MachineDoor.base(invocation)
        if let interface = wish.interface { try MachineWire.check(interface, invocation.reactor) }
        let setup = RehearsalSetup(api: try API(invocation), wish: wish, reactor: invocation.reactor)
        let stage = try RehearsalStage(setup, base: base)
        let signals = try Signals([SIGINT, SIGTERM, SIGHUP], invocation.reactor)
        let result = await interruptible(signals) { try await stage.run() }
        do {
            try await stage.end()
            try await setup.clear(keepingHosts: wish.keepsHosts)
            if !wish.keepsHosts { try await setup.removeSyntheticImages() }
        } catch {
            Terminal.complain("What was made for the rehearsal is still there: \(error)")
        }
        let report = RehearsalReport(playbill: try result.get())
        Terminal.say(invocation.isJSON ? try report.json() : report.table)
        guard report.failures == 0 else {
            throw Failure(description: "\(report.failures) of \(wish.count) hosts did not end as they should")
        }
    }

    static let rehearseISO: Verb = Verb(
        words: ["rehearse", "iso"], summary: "make a small ISO to rehearse with, which installs nothing",
        operands: [Operand(name: "FILE", completion: .file)],
        options: [
            Option(name: "--release", value: "RELEASE", summary: "of Proxmox VE that it says it is, such as 9.2"),
            Option(name: "--size", value: "MB", summary: "how large it is; default: 30"),
            Option(
                name: "--kernel", value: "FILE", summary: "the kernel in it, in the place of none", completion: .file),
            Option(
                name: "--initrd", value: "FILE", summary: "the initrd in it, in the place of none", completion: .file),
        ],
        example: "sprout rehearse iso rehearsal.iso --release 9.2"
    ) { invocation in
        guard let release = invocation.value("--release") else {
            throw UsageError(description: "--release is missing: what it says it is, such as 9.2", verb: rehearseISO)
        }
        try SyntheticISO.check(release)
        let size = invocation.value("--size") ?? "30"
        guard let megabytes = Int(size), (1...4000).contains(megabytes) else {
            throw UsageError(description: "--size is \"\(size)\"; it must be 1 to 4000 megabytes", verb: rehearseISO)
        }
        let iso = SyntheticISO(
            release: release, megabytes: megabytes, kernel: invocation.value("--kernel"),
            initrd: invocation.value("--initrd"))
        try await iso.write(to: invocation.operands[0], invocation.reactor)
        Terminal.say("\(invocation.operands[0]) is made. Import it: sprout images import \(invocation.operands[0])")
    }

    private static let steps = Completion.words(RehearsalStep.allCases.map(\.rawValue))

    /// What `body` gives, or why not; a person who has seen enough ends it.
    private static func interruptible<Value: Sendable>(
        _ signals: Signals, _ body: @escaping @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        await withTaskGroup(of: Result<Value, any Error>.self) { group in
            group.addTask {
                do { return .success(try await body()) } catch { return .failure(error) }
            }
            group.addTask {
                do {
                    _ = try await signals.next()
                    return .failure(Failure(description: "interrupted: what was made for the rehearsal is taken away"))
                } catch {
                    return .failure(error)
                }
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(CancellationError())
        }
    }
}
