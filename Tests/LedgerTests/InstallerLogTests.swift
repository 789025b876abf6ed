import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(5))) struct InstallerLogTests {
    /// A host whose installer tells what it does.
    struct Telling {
        let armed: InstallerTests.Armed
        let operation: String

        init(serverType body: String? = nil) async throws {
            armed = try await InstallerTests.Armed(serverType: body)
            _ = try await armed.scene.ledger.grantBoot(hostID: armed.host.id, memory: nil, tokenHash: armed.hash)
            operation = try #require(try await armed.scene.store().operations(ofHost: armed.host.id).first?.id)
            _ = try await armed.ask(InstallerTests.Armed.machine())
        }

        func tell(
            _ texts: [String], first: Int64, run: String = "aaaaaaaaaaaaaaaa", source: InstallerLine.Source = .auto,
            hash: [UInt8]? = nil
        ) async throws -> Ledger.Heard? {
            let lines = texts.map { InstallerBatch.Line(uptime: 9000, source: source, text: $0) }
            let batch = InstallerBatch(run: run, first: first, uptime: 10_000, lines: lines)
            return try await armed.scene.ledger.heard(
                batch, from: .init(tokenHash: hash ?? armed.hash, address: "10.0.0.9"),
                by: .init(actor: "the machine at 10.0.0.9", request: nil))
        }

        var texts: [String] {
            get async throws {
                try await armed.scene.store().installerLines(ofOperation: operation, after: 0, limit: 100_000)
                    .map { "\($0.number) \($0.text)" }
            }
        }
    }

    @Test func `P6 each line counts once, in its order, however often it is told`() async throws {
        let telling = try await Telling()
        #expect(try await telling.tell(["a", "b"], first: 1)?.next == 3)
        #expect(try await telling.tell(["a", "b"], first: 1)?.next == 3)
        #expect(try await telling.tell(["b", "c"], first: 2)?.next == 4)
        #expect(try await telling.tell(["e"], first: 5)?.next == 4, "a gap is asked for again")
        #expect(try await telling.tell([], first: 4)?.next == 4)
        #expect(try await telling.tell(["d", "e"], first: 4)?.next == 6)
        #expect(try await telling.texts == ["1 a", "2 b", "3 c", "4 d", "5 e"])
        let lines = try await telling.armed.scene.store().installerLines(
            ofOperation: telling.operation, after: 4, limit: 9)
        #expect(lines.first?.at == telling.armed.scene.clock.now() + .seconds(-1))
    }

    @Test func `a machine that starts again counts anew, and what its first start repeats is known`() async throws {
        let telling = try await Telling()
        _ = try await telling.tell(["a", "b"], first: 1)
        #expect(try await telling.tell(["c"], first: 1, run: "bbbbbbbbbbbbbbbb")?.next == 2)
        #expect(try await telling.tell(["a", "b"], first: 1)?.next == 3)
        #expect(try await telling.texts == ["1 a", "2 b", "3 c"])
    }

    @Test func `who has no token of an installer is told nothing, and changes nothing`() async throws {
        let telling = try await Telling()
        #expect(try await telling.tell(["a"], first: 1, hash: Array(repeating: 9, count: 32)) == nil)
        #expect(try await telling.texts.isEmpty)
    }

    @Test func `E10 an installer that stopped fails its host with its words, and tells on afterwards`() async throws {
        let telling = try await Telling()
        _ = try await telling.tell(["ERROR: no disk"], first: 1)
        let heard = try #require(try await telling.tell(["stopped"], first: 2, source: .agent))
        #expect(heard.failed?.state == .failed)
        let record = try await telling.armed.scene.store().operation(id: telling.operation)
        #expect(record?.steps.last?.reason == "its installer stopped: no disk.")
        #expect(try await telling.tell(["more"], first: 3)?.next == 4)
        #expect(
            try await telling.tell(["x"], first: 1, run: "cccccccccccccccc") == nil, "a new start needs a new token")
    }

    @Test func `a stop after the installer's report changes nothing`() async throws {
        let telling = try await Telling()
        _ = try await telling.tell(["a"], first: 1)
        _ = try await telling.armed.tellInstalled()
        #expect(try await telling.tell(["stopped"], first: 2, source: .agent)?.failed == nil)
        #expect(try await telling.armed.state == .installed)
    }

    @Test func `a long log is thinned from its old end, but for what was seen beside it and for errors`() async throws {
        let telling = try await Telling()
        let long = String(repeating: "x", count: 1000)
        _ = try await telling.tell(["started 1"], first: 1, source: .agent)
        _ = try await telling.tell(["ERROR: early"], first: 2)
        for round in 0..<20 {
            _ = try await telling.tell(Array(repeating: long, count: 250), first: Int64(3 + round * 250))
        }
        let texts = try await telling.texts
        #expect(texts.reduce(0) { $0 + $1.utf8.count } < Int(Ledger.mostBytes) + 100_000)
        #expect(texts.contains("1 started 1") && texts.contains("2 ERROR: early"))
        #expect(texts.last?.hasPrefix("5002 ") == true)
        #expect(texts.suffix(250).count == 250 && texts.suffix(250).first?.hasPrefix("4753 ") == true)
    }

    @Test func `P6 it is readable for a week after the end`() async throws {
        let telling = try await Telling()
        _ = try await telling.tell(["a"], first: 1)
        _ = try await telling.tell(["stopped"], first: 2, source: .agent)
        let end = telling.armed.scene.clock.now()
        try await telling.armed.scene.ledger.forgetInstallerLogs(endedBefore: end)
        #expect(try await telling.texts.count == 2)
        try await telling.armed.scene.ledger.forgetInstallerLogs(endedBefore: end + .milliseconds(1))
        #expect(try await telling.texts.isEmpty)
        #expect(try await telling.armed.scene.store().installerReport(ofOperation: telling.operation) == nil)
    }

    @Test func `P6 how far each installer is can be followed by its revision`() async throws {
        let telling = try await Telling()
        _ = try await telling.tell(["INFO: progress  42.0 % - unpacking"], first: 1)
        let store = try telling.armed.scene.store()
        let reports = try await store.installerReports(after: 0)
        #expect(reports.map(\.progress.sentence) == ["42 %: unpacking"])
        #expect(reports.map(\.host) == [telling.armed.host.id])
        let revision = try await store.newestInstallerRevision()
        #expect(try await store.installerReports(after: revision).isEmpty)
        _ = try await telling.tell([], first: 2)
        #expect(try await store.installerReports(after: revision).map(\.lines) == [1])
    }

    @Test func `E9 an installer that is heard has time as long as it writes, and hangs when it does not`() async throws
    {
        let telling = try await Telling()
        let (scene, clock) = (telling.armed.scene, telling.armed.scene.clock)
        var line: Int64 = 1
        for _ in 0..<10 {
            _ = try await telling.tell(["INFO: progress  63.0 % - unpacking"], first: line)
            line += 1
            clock.advance(.seconds(10 * 60))
            #expect(try await scene.ledger.passDeadlines(by: Scene.author).isEmpty)
        }
        clock.advance(.seconds(5 * 60))
        _ = try await telling.tell([], first: line)
        #expect(try await scene.ledger.passDeadlines(by: Scene.author) == ["pve-1"])
        let record = try await scene.store().operation(id: telling.operation)
        #expect(
            record?.steps.last?.reason?.hasPrefix(
                "its installer hung at 63 %: unpacking, and wrote nothing for 15 minutes.") == true)
    }

    @Test(arguments: [
        ("INFO: starting", ["disarm_netboot", "remove_key", "retry_installation"]),
        ("INFO: progress   4.0 % - creating LVs", ["disarm_netboot", "remove_key", "notify"]),
    ]) func `E9 what hung before it wrote is to be tried once more, where the server type says so`(
        line: String, effects: [String]
    ) async throws {
        let telling = try await Telling(serverType: #"{"key":"vm","boot_disk":{"path":"/dev/vda"},"retry":true}"#)
        let (scene, clock) = (telling.armed.scene, telling.armed.scene.clock)
        _ = try await telling.tell([line], first: 1)
        clock.advance(.seconds(15 * 60))
        _ = try await telling.tell([], first: 2)
        #expect(try await scene.ledger.passDeadlines(by: Scene.author) == ["pve-1"])
        let due = try await scene.ledger.dueEffects().filter { $0.operation.id == telling.operation }
        #expect(due.map(\.effect.rawValue).filter { $0 != "arm_netboot" } == effects)
    }

    @Test func `E9 an installer whose agent is lost has the time that it would have had without`() async throws {
        let telling = try await Telling()
        let (scene, clock) = (telling.armed.scene, telling.armed.scene.clock)
        _ = try await telling.tell(["a"], first: 1)
        clock.advance(.seconds(6 * 60))
        #expect(try await scene.ledger.passDeadlines(by: Scene.author).isEmpty)
        #expect(try await telling.armed.state == .installing)
        clock.advance(.seconds(18 * 60))
        #expect(try await scene.ledger.passDeadlines(by: Scene.author).isEmpty)
        clock.advance(.seconds(2 * 60))
        #expect(try await scene.ledger.passDeadlines(by: Scene.author) == ["pve-1"])
    }

    @Test func `an order is told until the agent says that it does it, and only while somebody listens`() async throws {
        let telling = try await Telling()
        let ledger = telling.armed.scene.ledger
        #expect(try await ledger.order(.reboot, hostID: telling.armed.host.id) == false)
        _ = try await telling.tell(["stopped"], first: 1, source: .agent)
        #expect(try await ledger.order(.powerOff, hostID: telling.armed.host.id))
        #expect(try await ledger.order(.reboot, hostID: telling.armed.host.id))
        let orders = try await telling.tell([], first: 2)?.orders
        #expect(orders?.map(\.verb) == [.reboot], "the latest counts")
        let id = try #require(orders?.first?.id)
        #expect(try await telling.tell(["order \(id) reboot"], first: 2, source: .low)?.orders.count == 1)
        #expect(try await telling.tell(["order \(id) reboot"], first: 3, source: .agent)?.orders.isEmpty == true)
        telling.armed.scene.clock.advance(.seconds(26))
        #expect(try await ledger.order(.reboot, hostID: telling.armed.host.id) == false)
    }
}
