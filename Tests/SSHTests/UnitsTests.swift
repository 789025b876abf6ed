import Linux
import SSH
import Testing

/// Needs a systemd on this machine: Tests/System boots one for it.
@Suite(.enabled(if: Environment["SPROUT_TEST_UNITS"] != nil), .timeLimit(.minutes(5))) struct UnitsTests {
    private static let patience = UnitPatience(limit: .seconds(30), pause: .milliseconds(50))

    @Test func `a unit outlives its session, and another one goes on with what it says`() async throws {
        try await serving { place in
            let unit = "sprout-test-outlives"
            let go = place.file("go")
            let words = ["sh", "-c", "read secret; echo begun $1; cat \"$2\"; echo \"$secret\" ended >&2; exit 7"]
            var first = try await place.session()
            _ = try await Place.shell("mkfifo \(go)")
            try await first.runDetached(
                unit, words + ["sh", "$HOME %n 'a'  b", go], input: Array("swordfish\n".utf8))
            var cursor: String?
            var said: [String] = []
            while said.isEmpty {
                #expect(
                    try await first.look(at: unit) { line in
                        said.append(line.text)
                        cursor = line.cursor
                    } == .running)
            }
            #expect(said == ["begun $HOME %n 'a' b"])
            _ = try? await first.run("kill -KILL $PPID")

            var second = try await place.session()
            try await second.runDetached(unit, ["false"])
            // What others can see of it.
            let shown = "systemctl show \(unit); cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline || :"
            #expect(try await !Place.shell(shown).contains("swordfish"))
            #expect(try await second.look(at: unit, after: cursor) == .running)
            _ = try await Place.shell("echo gone on > \(go)")
            let end = try await second.follow(unit, after: cursor, Self.patience) { said.append($0.text) }
            #expect(end == .ended(.exited(7)))
            #expect(said.dropFirst() == ["gone on", "swordfish ended"])
            #expect(try await Place.shell("ls /run").contains("sprout-test-outlives") == false)

            try await second.runDetached(unit, ["true"])
            #expect(try await second.look(at: unit) == .ended(.exited(7)))
            try await second.forget(unit)
            #expect(try await second.look(at: unit) == .unknown)
        }
    }

    @Test(arguments: [("exit 0", UnitState.ended(.exited(0))), ("kill -9 $$", .ended(.killed(signal: "KILL")))])
    func `how a unit ended is kept until it is forgotten`(command: String, state: UnitState) async throws {
        try await serving { place in
            let unit = "sprout-test-\(state == .ended(.exited(0)) ? "ends" : "dies")"
            var session = try await place.session()
            #expect(try await session.look(at: unit) == .unknown)
            for round in 1...2 {
                try await session.runDetached(unit, ["sh", "-c", "echo round \(round); \(command)"])
                var said: [String] = []
                #expect(try await session.follow(unit, Self.patience) { said.append($0.text) } == state)
                #expect(said == ["round \(round)"])
                try await session.forget(unit)
            }
        }
    }

    @Test func `a unit that takes too long is told of, and goes on`() async throws {
        try await serving { place in
            let unit = "sprout-test-slow"
            var session = try await place.session()
            try await session.runDetached(unit, ["sh", "-c", "echo waiting for quorum; exec sleep 1000"])
            let patience = UnitPatience(limit: .seconds(2), pause: .milliseconds(50))
            let failed = try await failure { _ = try await session.follow(unit, patience) { _ in } }
            #expect(failed.kind == .tooLong && failed.isUnclear)
            #expect(failed.description.contains("\(unit) on 127.0.0.1"))
            #expect(failed.description.contains("It said last: “waiting for quorum”"))
            try await session.forget(unit)
            #expect(try await session.look(at: unit) == .running)
            _ = try await Place.shell("systemctl stop \(unit)")
        }
    }

    @Test func `a program that is not there is told at once`() async throws {
        try await serving { place in
            var session = try await place.session()
            let failed = try await failure { try await session.runDetached("sprout-test-none", ["no-such-program"]) }
            #expect(failed.kind == .refused && failed.description.contains("no-such-program"))
        }
    }
}
