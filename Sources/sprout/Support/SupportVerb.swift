import Backup
import Glibc
import HTTP
import Linux
import Model

extension Verb {
    static let support: Verb = Verb(
        words: ["support"],
        summary: "collect what whoever helps needs to see, without secrets, here or at --url",
        operands: [Operand(name: "FILE", isRequired: false, completion: .file)],
        options: [
            Option(
                name: "--encrypt", value: nil, summary: "with a passphrase that is typed; sprout support open opens it")
        ] + connectionOptions,
        example: "sprout support sprout-support.tar.gz"
    ) { invocation in
        let isSealed = invocation.has("--encrypt")
        let wish = invocation.operands.first ?? (isSealed ? "sprout-support.sealed" : plainName)
        let target = try absolute(wish)
        guard isSealed else {
            try await write(to: target, invocation)
            return Terminal.say("\(target) is written. Look into it before you give it to anybody.")
        }
        let passphrase = try passphrase("A passphrase for it: ")
        let plain = "\(target).part"
        defer { unlink(plain) }
        try await write(to: plain, invocation)
        do {
            var writer = try BackupWriter(to: target, passphrase: passphrase)
            try writer.add(plainName, contentsOf: plain)
            try writer.finish()
            chmod(target, 0o600)
        } catch let error as Errno {
            throw Failure(description: "\(target): \(error)")
        }
        Terminal.say("\(target) is written. Whoever is to read it needs the passphrase: sprout support open \(wish)")
    }

    static let supportOpen: Verb = Verb(
        words: ["support", "open"], summary: "open what sprout support --encrypt wrote, into \(plainName)",
        operands: [Operand(name: "FILE", completion: .file)], options: [],
        example: "sprout support open sprout-support.sealed"
    ) { invocation in
        let file = invocation.operands[0]
        let target = try absolute(plainName)
        if Files.exists(target) {
            throw Failure(description: "\(target) is there already: move it away, so that it is not lost")
        }
        let passphrase = try passphrase("Its passphrase: ")
        do {
            let reader = try BackupReader(file, passphrase: passphrase)
            guard try reader.unpack([plainName], into: absolute("."))[plainName] != nil else {
                throw BackupError.entry(plainName)
            }
            chmod(target, 0o600)
        } catch let error as BackupError {
            throw Failure(description: "\(file): \(error)")
        } catch let error as Errno {
            throw Failure(description: "\(file): \(error)")
        }
        Terminal.say("\(target) is written.")
    }

    private static let plainName = "sprout-support.tar.gz"

    private static func absolute(_ path: String) throws -> String {
        path.hasPrefix("/") ? path : "\(try Files.absolute("."))/\(path)"
    }

    private static func write(to target: String, _ invocation: Invocation) async throws {
        if try SproutAddress(invocation).isRemote {
            return try await fetch(to: target, API(invocation), invocation.reactor)
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
        if gaps > 0 { Terminal.complain("\(gaps) things could not be had: missing.txt in it says which, and why.") }
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
