import Crypto
import Linux
import SSH
import Testing

@Suite(.timeLimit(.minutes(5))) struct RunTests {
    @Test func `a command's output, its two streams apart, and its status`() async throws {
        try await serving { place in
            var session = try await place.session()
            let outcome = try await session.run("echo out; echo err >&2; exit 42")
            #expect(outcome.end == .exited(42) && !outcome.hasSucceeded && !outcome.isCut)
            #expect(outcome.text == "out\n")
            #expect(String(decoding: outcome.errors, as: UTF8.self) == "err\n")
            #expect(try await session.run("kill -TERM $$").end == .killed(signal: "TERM"))
            #expect(try await session.run("true").hasSucceeded)
        }
    }

    @Test func `output is told as it comes, and input is given`() async throws {
        try await serving { place in
            var session = try await place.session()
            var said = ""
            // It goes on only when what it said was heard: a file is made then.
            let command = "echo first; while [ ! -e $HOME/heard ]; do sleep 0.01; done; echo second; cat"
            let outcome = try await session.run(command, input: Array("third".utf8)) { chunk in
                said += String(decoding: chunk.bytes, as: UTF8.self)
                try? Files.write("", to: place.file("home/heard"))
            }
            #expect(outcome.hasSucceeded && said == "first\nsecond\nthird")
        }
    }

    @Test(arguments: [[], ["RekeyLimit 1M"]])
    func `much goes both ways at once`(lines: [String]) async throws {
        try await serving(["ed25519"], lines) { place in
            var session = try await place.session()
            let bytes = SecureRandom.bytes(8_000_000)
            var received: [UInt8] = []
            let outcome = try await session.run("tee /dev/stderr", input: bytes) { chunk in
                if chunk.stream == .output { received += chunk.bytes }
            }
            // Comparing so many bytes one by one would keep the reactor, and all other tests, waiting.
            #expect(Digest.sha256(received) == Digest.sha256(bytes))
            let last = Digest.sha256(Array(bytes.suffix(1 << 20)))
            #expect(outcome.isCut && outcome.output.count == 1 << 20)
            #expect(Digest.sha256(outcome.output) == last && Digest.sha256(outcome.errors) == last)
        }
    }

    @Test func `input that is not read keeps nothing from its end`() async throws {
        try await serving { place in
            var session = try await place.session()
            let outcome = try await session.run("exit 3", input: [UInt8](repeating: 7, count: 5_000_000))
            #expect(outcome.end == .exited(3))
            #expect(try await session.run("echo on").text == "on\n")
        }
    }

    @Test func `a command that takes too long is given up, with what it said last`() async throws {
        try await serving { place in
            var session = try await place.session()
            let failed = try await failure {
                _ = try await session.run("while sleep 0.05; do echo tick; done", limit: .seconds(2))
            }
            #expect(failed.kind == .tooLong && failed.isUnclear)
            #expect(failed.description.contains("while on 127.0.0.1 port \(place.port) did not end within 2 s"))
            #expect(failed.description.contains("It said last: “tick”"))
            let over = try await failure { _ = try await session.run("true") }
            #expect(over.kind == .refused && over.description.contains("Open another"))
        }
    }

    @Test func `a command that falls silent is given up, and its input is not repeated`() async throws {
        try await serving { place in
            var session = try await place.session()
            let failed = try await failure {
                _ = try await session.run(
                    "read secret; echo \"is it $secret?\"; echo; exec sleep 100", input: Array("swordfish\n".utf8),
                    silence: .seconds(2))
            }
            #expect(failed.kind == .silent)
            #expect(failed.description.contains("read on 127.0.0.1 port \(place.port) said nothing for 2 s"))
            #expect(failed.description.contains("It said last: “is it …?”"))
        }
    }

    @Test func `a connection that breaks is an unclear end`() async throws {
        try await serving { place in
            var session = try await place.session()
            let failed = try await failure {
                // The parent of the shell is the sshd of this connection.
                _ = try await session.run("echo going; kill -KILL $PPID; exec sleep 100")
            }
            #expect(failed.kind == .unclear && failed.isUnclear)
            #expect(failed.description.contains("how it ended is not known"))
        }
    }

    @Test func `who waits for a command can be cancelled`() async throws {
        try await serving { place in
            try await withThrowingTaskGroup { group in
                let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
                group.addTask {
                    var session = try await place.session()
                    await #expect(throws: CancellationError.self) {
                        _ = try await session.run("echo begun; exec sleep 100") { _ in arrived.yield() }
                    }
                }
                for await _ in arrivals { break }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }
}
