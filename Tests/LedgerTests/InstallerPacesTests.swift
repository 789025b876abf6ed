import FoundationEssentials
import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(5))) struct InstallerPacesTests {
    /// A host that is installed again and again.
    private struct Rebuilt {
        let scene: Scene
        let host: Host
        private let image: InstallerImage

        init(labels: [String: String] = [:]) async throws {
            scene = try await Scene()
            image = InstallerImage(
                id: "proxmox-ve-9.2-1", product: "Proxmox VE", release: "9.2", build: "1", source: "pve.iso", size: 1,
                sha256: "", importedAt: scene.clock.now(), files: [], modeFile: .init(offset: 0, length: 1))
            try await scene.ledger.add(image, by: Scene.author)
            host = try await scene.ledger.register(
                HostDraft(mac: "52:54:00:00:00:01", serverType: "vm", labels: labels), by: Scene.author)
        }

        private static func caller(_ round: UInt8) -> Ledger.Caller {
            .init(tokenHash: Array(repeating: round, count: 32), address: "10.0.0.9")
        }

        /// From where it rests to where its installer has its answer.
        func begin(_ round: UInt8) async throws {
            let order = InstallationOrder(image, Installation()) { id in
                OperationKey(line: "ssh-ed25519 AAAA \(id)", sealed: Array("sealed for \(id)".utf8))
            }
            _ = try await scene.ledger.arm(hostID: host.id, with: order, by: Scene.author)
            _ = try await scene.ledger.grantBoot(
                hostID: host.id, memory: nil, tokenHash: Self.caller(round).tokenHash ?? [])
            for event in [LifecycleEvent.fetchedKernel, .askedForAnswer] { try await advance(event) }
        }

        /// Tells lines, each of them ten seconds after the one before.
        func tell(_ round: UInt8, _ texts: [String], first: Int64 = 1) async throws {
            for (offset, text) in texts.enumerated() {
                scene.clock.advance(.seconds(10))
                let number = first + Int64(offset)
                let line = InstallerBatch.Line(
                    uptime: number * 10_000, source: text == "stopped" ? .agent : .auto, text: text)
                let batch = InstallerBatch(
                    run: "aaaaaaaaaaaaaaaa", first: number, uptime: number * 10_000, lines: [line])
                #expect(
                    try await scene.ledger.heard(batch, from: Self.caller(round), by: Scene.author)?.next == number + 1)
            }
        }

        func tellInstalled(_ round: UInt8) async throws {
            let report = try JSONDecoder().decode(
                InstalledReport.self,
                from: Data(#"{"fqdn":"a.b","network-interfaces":[{"mac":"52:54:00:00:00:02"}]}"#.utf8))
            let admission = try await scene.ledger.installed(
                hostID: host.id, report, as: "{}", for: Self.caller(round), by: Scene.author)
            guard case .granted = admission else {
                Issue.record("\(admission)")
                return
            }
        }

        func finish() async throws {
            for event in [LifecycleEvent.startedNewSystem, .phonedHome, .joined] { try await advance(event) }
        }

        private func advance(_ event: LifecycleEvent) async throws {
            _ = try await scene.ledger.advance(hostID: host.id, on: event, by: Scene.author)
        }

        var kept: Int64 { get throws { try scene.count("SELECT count(*) FROM installer_pace") } }
    }

    private static let lines = [
        "INFO: Starting auto installer", "INFO: progress   2.0 % - create partitions",
        "INFO: progress  25.0 % - extracting base system", "INFO: progress  50.0 % - configuring base system",
    ]

    @Test func `P6 what three installations took is what the next is said to need`() async throws {
        let rebuilt = try await Rebuilt()
        for round in UInt8(1)...3 {
            try await rebuilt.begin(round)
            try await rebuilt.tell(round, Self.lines)
            rebuilt.scene.clock.advance(.seconds(Int(round) * 100))
            try await rebuilt.tellInstalled(round)
            #expect(try rebuilt.kept == Int64(round))
            try await rebuilt.finish()
        }
        let store = try rebuilt.scene.store()
        let usual = try #require(try await store.usualTimes().pace(of: rebuilt.host))
        #expect(usual.whole == .seconds(230))
        #expect(usual.time(of: .unpacking) == .seconds(10))
        #expect(usual.time(of: .packages) == .seconds(200))
        try await rebuilt.begin(4)
        try await rebuilt.tell(4, Array(Self.lines.prefix(3)))
        let installing = try #require(try await store.host(rebuilt.host.id))
        let report = try #require(try await store.installerReport(ofHost: installing))
        let live = LiveProgress(report, isAtWork: true, usual, now: rebuilt.scene.clock.now())
        #expect(live.left == 210)
        #expect(live.stages.last { $0.startedAt != nil }?.stage == .unpacking)
    }

    @Test func `only the latest of a server type are kept, and they outlive the log and the host`() async throws {
        let rebuilt = try await Rebuilt()
        for round in UInt8(1)...UInt8(Ledger.mostPaces + 2) {
            try await rebuilt.begin(round)
            try await rebuilt.tell(round, Self.lines)
            try await rebuilt.tellInstalled(round)
            try await rebuilt.finish()
        }
        #expect(try rebuilt.kept == Ledger.mostPaces)
        let latest = try await rebuilt.scene.store().operations(ofHost: rebuilt.host.id).prefix(Int(Ledger.mostPaces))
        for operation in latest {
            #expect(
                try rebuilt.scene.count(
                    "SELECT count(*) FROM installer_pace WHERE operation = '\(operation.id)'") == 1)
        }
        #expect(try rebuilt.scene.count("SELECT max(length(pace)) FROM installer_pace") < 1000)
        rebuilt.scene.clock.advance(.seconds(1))
        try await rebuilt.scene.ledger.forgetInstallerLogs(endedBefore: rebuilt.scene.clock.now())
        #expect(try rebuilt.scene.count("SELECT count(*) FROM installer") == 0)
        try await rebuilt.scene.ledger.remove(hostID: rebuilt.host.id, by: Scene.author)
        #expect(try rebuilt.kept == Ledger.mostPaces)
    }

    @Test func `nothing is learned from one that failed, was rehearsed, or was not heard from the first line on`()
        async throws
    {
        let failed = try await Rebuilt()
        try await failed.begin(1)
        try await failed.tell(1, Self.lines + ["stopped"])
        #expect(try failed.kept == 0)
        let rehearsed = try await Rebuilt(labels: ["rehearsal": "yes"])
        try await rehearsed.begin(1)
        try await rehearsed.tell(1, Self.lines)
        try await rehearsed.tellInstalled(1)
        #expect(try rehearsed.kept == 0)
        let unheard = try await Rebuilt()
        try await unheard.begin(1)
        try await unheard.tellInstalled(1)
        #expect(try unheard.kept == 0)
    }

    @Test func `a machine that starts again is timed anew, and what its first start tells later changes nothing`()
        async throws
    {
        let rebuilt = try await Rebuilt()
        try await rebuilt.begin(1)
        try await rebuilt.tell(1, Self.lines)
        let batch = InstallerBatch(
            run: "bbbbbbbbbbbbbbbb", first: 1, uptime: 5000, lines: [.init(uptime: 5000, source: .auto, text: "x")])
        let caller = Ledger.Caller(tokenHash: Array(repeating: 1, count: 32), address: "10.0.0.9")
        _ = try await rebuilt.scene.ledger.heard(batch, from: caller, by: Scene.author)
        let late = InstallerBatch(
            run: "aaaaaaaaaaaaaaaa", first: 5, uptime: 90_000,
            lines: [.init(uptime: 90_000, source: .auto, text: "INFO: progress  75.0 % - configuring x")])
        #expect(try await rebuilt.scene.ledger.heard(late, from: caller, by: Scene.author)?.next == 5)
        let store = try rebuilt.scene.store()
        let id = try #require(try await store.operations(ofHost: rebuilt.host.id).first?.id)
        let progress = try #require(try await store.installerReport(ofOperation: id)?.progress)
        #expect(progress.percent == nil)
        #expect(progress.pace?.stages == [.start: 0])
        #expect(progress.pace?.startedAt == rebuilt.scene.clock.now())
        #expect(try await store.installerLines(ofOperation: id, after: 0, limit: 9).map(\.text) == Self.lines + ["x"])
    }

    @Test func `what the release before has kept of an installer is read, and is no pace`() throws {
        let kept = try #require(InstallerProgress(json: #"{"percent":42,"doing":"unpacking","hasStopped":false}"#))
        #expect(kept.sentence == "42 %: unpacking" && kept.pace == nil)
    }
}
