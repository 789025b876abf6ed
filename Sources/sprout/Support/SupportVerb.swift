import HTTP
import Linux
import Model

extension Verb {
    static let support: Verb = Verb(
        words: ["support"],
        summary: "collect what whoever helps needs to see, without secrets, here or at --url",
        operands: [Operand(name: "FILE", isRequired: false, completion: .file)], options: connectionOptions,
        example: "sprout support sprout-support.tar.gz"
    ) { invocation in
        let wish = invocation.operands.first ?? "sprout-support.tar.gz"
        let target = wish.hasPrefix("/") ? wish : "\(try Files.absolute("."))/\(wish)"
        if try SproutAddress(invocation).isRemote {
            try await fetch(to: target, API(invocation), invocation.reactor)
            return tellWritten(target)
        }
        var bundle = try SupportBundle(invocation.reactor)
        do {
            await bundle.collect(try API(invocation))
            let state = invocation.value("--state")
            try await bundle.pack(doctor: state.map { ["--state", $0] } ?? [], into: target)
        } catch {
            await bundle.discard()
            throw error
        }
        let gaps = bundle.gaps.count
        await bundle.discard()
        tellWritten(target)
        if gaps > 0 { Terminal.complain("\(gaps) things could not be had: missing.txt in it says which, and why.") }
    }

    private static func tellWritten(_ target: String) {
        Terminal.say("\(target) is written. Look into it before you give it to anybody.")
    }

    /// What the box collects of itself: its journal is not to be had otherwise.
    private static func fetch(to target: String, _ api: API, _ reactor: Reactor) async throws {
        try await api.send("POST", "/api/box/support", body: Array("{}".utf8))
        var report = SupportReport(isUnderWay: true)
        while report.isUnderWay {
            try await reactor.sleep(for: .milliseconds(300))
            report = try await api.get("/api/box/support", as: SupportReport.self).value
        }
        if let problem = report.problem { throw Failure(description: Terminal.harmless(problem)) }
        let answer = try await api.send("GET", "/api/box/support/file")
        do { try Files.write(answer.body, to: target, mode: 0o600) } catch {
            throw Failure(description: "\(target): \(error)")
        }
    }
}
