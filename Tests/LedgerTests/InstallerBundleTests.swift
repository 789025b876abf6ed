import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(5))) struct InstallerBundleTests {
    private typealias Telling = InstallerLogTests.Telling
    private static let file: [UInt8] = [0x1f, 0x8b, 8, 1, 2, 3]

    @Test func `all logs are asked for once, come, and are kept with who asked and why`() async throws {
        let telling = try await Telling()
        _ = try await telling.tell(["a"], first: 1)
        _ = try await telling.askForLogs("a disk is missing")
        _ = try await telling.askForLogs(nil, request: "another")
        let orders = try await telling.tell([], first: 2)?.orders
        #expect(orders?.map(\.verb) == [.logs])
        let id = try #require(orders?.first?.id)
        #expect(try await telling.tell(["order \(id) logs"], first: 2, source: .agent)?.orders.isEmpty == true)
        #expect(try await telling.bundle?.state == .asked)
        telling.clock.advance(.seconds(4))
        #expect(try await telling.send(Self.file, order: id) != nil)
        let bundle = try #require(try await telling.bundle)
        #expect(bundle.state == .arrived && bundle.size == 6 && bundle.arrivedAt == bundle.askedAt + .seconds(4))
        #expect(try await telling.kept == Self.file)
        let events = try await telling.events
        #expect(events.map(\.kind) == [.installerLogsRequested, .installerLogsRequested, .installerLogsArrived])
        #expect(events.map(\.reason) == ["a disk is missing", nil, nil])
        #expect(events.map(\.actor) == ["anna", "anna", "the machine at 10.0.0.9"])
        #expect(Set(events.map(\.operation)) == [telling.operation])
    }

    @Test func `a command that is sent again asks once`() async throws {
        let telling = try await Telling()
        _ = try await telling.tell(["a"], first: 1)
        _ = try await telling.askForLogs(nil, request: "one")
        _ = try await telling.askForLogs(nil, request: "one")
        #expect(try await telling.events.count == 1)
    }

    @Test func `nobody is asked where no agent is heard, or not any more`() async throws {
        let telling = try await Telling()
        await #expect(throws: Refused.self) { try await telling.askForLogs(nil) }
        _ = try await telling.tell(["a"], first: 1)
        telling.clock.advance(.seconds(26))
        let refused = await #expect(throws: Refused.self) { try await telling.askForLogs(nil) }
        #expect(refused?.kind == .conflict)
        #expect(refused?.reason.hasPrefix("No agent is heard inside the installer of pve-1 now") == true)
        #expect(try await telling.bundle == nil)
        #expect(try await telling.events.isEmpty)
        await #expect(throws: Refused.self) { try await telling.askForLogs(nil, operation: "none") }
    }

    @Test func `what was not asked of who sends it is not kept`() async throws {
        let telling = try await Telling()
        _ = try await telling.tell(["a"], first: 1)
        let ledger = telling.armed.scene.ledger
        #expect(try await ledger.order(.reboot, hostID: telling.armed.host.id))
        let reboot = try #require(try await telling.tell([], first: 2)?.orders.first?.id)
        _ = try await telling.askForLogs(nil)
        let orders = try #require(try await telling.tell([], first: 2)?.orders)
        #expect(orders.map(\.verb) == [.reboot, .logs], "the one does not take the place of the other")
        let id = try #require(orders.last?.id)
        #expect(try await telling.send(Self.file, order: reboot) == nil)
        #expect(try await telling.send(Self.file, order: id + 1) == nil)
        #expect(try await telling.send(Self.file, order: id, hash: Array(repeating: 9, count: 32)) == nil)
        #expect(try await telling.kept == nil)
        #expect(try await telling.send(Self.file, order: id) != nil)
        #expect(try await telling.send([0x1f, 0x8b, 9], order: id) != nil, "its answer may have been lost")
        #expect(try await telling.kept == Self.file)
        #expect(
            try await telling.tell([], first: 2)?.orders.map(\.verb) == [.reboot], "what came is not asked for again")
        #expect(try await telling.events.map(\.kind) == [.installerLogsRequested, .installerLogsArrived])
    }

    @Test func `an agent that could not send them says so once, and they can be asked for again`() async throws {
        let telling = try await Telling()
        _ = try await telling.tell(["a"], first: 1)
        _ = try await telling.askForLogs(nil)
        let first = try #require(try await telling.tell([], first: 2)?.orders.first?.id)
        let heard = try await telling.tell(
            ["order \(first) logs", "order \(first) failed", "order \(first) failed"], first: 2, source: .agent)
        #expect(heard?.lostLogs?.id == telling.armed.host.id)
        #expect(try await telling.bundle?.problem == "The agent inside the installer could not send them.")
        _ = try await telling.askForLogs(nil)
        let second = try #require(try await telling.tell([], first: 5)?.orders.first?.id)
        #expect(second > first)
        #expect(try await telling.send(Self.file, order: second) != nil)
        #expect(try await telling.tell(["order \(second) failed"], first: 5, source: .agent)?.lostLogs == nil)
        #expect(try await telling.bundle?.state == .arrived)
        let kinds = try await telling.events.map(\.kind)
        #expect(
            kinds == [
                .installerLogsRequested, .installerLogsFailed, .installerLogsRequested, .installerLogsArrived,
            ])
    }

    @Test func `what will not come any more is told as failed, and what came before stays`() async throws {
        let telling = try await Telling()
        _ = try await telling.tell(["a"], first: 1)
        _ = try await telling.askForLogs(nil)
        let id = try #require(try await telling.tell([], first: 2)?.orders.first?.id)
        _ = try await telling.send(Self.file, order: id)
        _ = try await telling.askForLogs(nil)
        #expect(try await telling.bundle?.state == .asked)
        telling.clock.advance(.seconds(26))
        let silent = try #require(try await telling.bundle)
        #expect(silent.state == .failed && silent.size == 6)
        #expect(silent.problem == "The machine was restarted or switched off before they came.")
        telling.clock.advance(.seconds(395))
        _ = try await telling.tell([], first: 2)
        #expect(try await telling.bundle?.problem == "The agent inside the installer was asked, and sent nothing.")
        _ = try await telling.askForLogs(nil)
        #expect(try await telling.bundle?.state == .asked)
        _ = try await telling.tell(["b"], first: 1, run: "bbbbbbbbbbbbbbbb")
        #expect(try await telling.bundle?.state == .failed, "the machine has started anew")
        #expect(try await telling.kept == Self.file)
    }

    @Test func `they go a week after the end with whatever else was told`() async throws {
        let telling = try await Telling()
        _ = try await telling.tell(["stopped"], first: 1, source: .agent)
        let end = telling.clock.now()
        _ = try await telling.askForLogs(nil)
        let id = try #require(try await telling.tell([], first: 2)?.orders.first?.id)
        _ = try await telling.send(Self.file, order: id)
        try await telling.armed.scene.ledger.forgetInstallerLogs(endedBefore: end)
        #expect(try await telling.kept == Self.file)
        try await telling.armed.scene.ledger.forgetInstallerLogs(endedBefore: end + .milliseconds(1))
        #expect(try await telling.kept == nil)
    }
}

extension InstallerLogTests.Telling {
    fileprivate var clock: Clock { armed.scene.clock }

    fileprivate func askForLogs(
        _ reason: String?, operation id: String? = nil, request: String? = nil
    ) async throws -> Host {
        try await armed.scene.ledger.askForLogs(
            ofOperation: id ?? operation, reason: reason, by: .init(actor: "anna", request: request))
    }

    fileprivate func send(_ file: [UInt8], order id: Int64, hash: [UInt8]? = nil) async throws -> Host? {
        try await armed.scene.ledger.keepLogs(
            file, ofOrder: id, from: .init(tokenHash: hash ?? armed.hash, address: "10.0.0.9"),
            by: .init(actor: "the machine at 10.0.0.9"))
    }

    fileprivate var bundle: InstallerBundle? {
        get async throws {
            try await armed.scene.store().installerBundle(ofOperation: operation, at: clock.now())
        }
    }

    fileprivate var kept: [UInt8]? {
        get async throws { try await armed.scene.store().installerBundleFile(ofOperation: operation) }
    }

    fileprivate var events: [Event] {
        get async throws {
            try await armed.scene.store().events(after: 0, limit: 1000).filter {
                $0.kind.rawValue.hasPrefix("installer.logs")
            }
        }
    }
}
