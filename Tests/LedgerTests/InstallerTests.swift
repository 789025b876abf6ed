import FoundationEssentials
import Model
import Store
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(5))) struct InstallerTests {
    /// A host that is armed, and what its machine shows.
    struct Armed {
        let scene: Scene
        let host: Host
        let hash: [UInt8] = Array(repeating: 7, count: 32)

        init(serverType body: String? = nil) async throws {
            scene = try await Scene()
            if let body {
                let types = [ServerTypeRecord(key: "vm", displayName: "vm", hostnamePrefix: "vm-", body: body)]
                _ = try await scene.ledger.load(types, from: "a test", by: Scene.author)
            }
            let image = InstallerImage(
                id: "proxmox-ve-9.2-1", product: "Proxmox VE", release: "9.2", build: "1", source: "pve.iso", size: 1,
                sha256: "", importedAt: scene.clock.now(), files: [], modeFile: .init(offset: 0, length: 1))
            try await scene.ledger.add(image, by: Scene.author)
            let registered = try await scene.register(1, hostname: "pve-1")
            let order = InstallationOrder(image, Installation()) { id in
                OperationKey(line: "ssh-ed25519 AAAA \(id)", sealed: Array("sealed for \(id)".utf8))
            }
            host = try await scene.ledger.arm(hostID: registered.id, with: order, by: Scene.author)
        }

        var caller: Ledger.Caller { Ledger.Caller(tokenHash: hash, address: "10.0.0.9") }

        static func machine(_ mac: String = "52:54:00:00:00:01", serial: String = "S-1") throws -> SystemInformation {
            let text = """
                {"product":{"product":"pve"},"iso":{"release":"9.2"},"dmi":{"system":{"serial":"\(serial)"}},
                "network_interfaces":[{"link":"eth0","mac":"\(mac)"}]}
                """
            return try JSONDecoder().decode(SystemInformation.self, from: Data(text.utf8))
        }

        func ask(_ machine: SystemInformation, _ caller: Ledger.Caller? = nil, request: String? = nil) async throws
            -> Ledger.Admission<Ledger.AnswerGrant>
        {
            let json = String(decoding: try JSONEncoder().encode(machine), as: UTF8.self)
            return try await scene.ledger.answer(
                machine, as: json, for: caller ?? self.caller, by: .init(actor: "a machine", request: request))
        }

        func tellInstalled(_ request: String? = nil) async throws -> Ledger.Admission<Host> {
            let report = try JSONDecoder().decode(
                InstalledReport.self,
                from: Data(#"{"fqdn":"a.b","network-interfaces":[{"mac":"52:54:00:00:00:02"}]}"#.utf8))
            return try await scene.ledger.installed(
                hostID: host.id, report, as: "{}", for: caller, by: .init(actor: "a machine", request: request))
        }

        func phoneHome(serial: String = "S-1") async throws -> Ledger.Admission<Host> {
            let report = try JSONDecoder().decode(
                StartReport.self, from: Data(#"{"serial":"\#(serial)","addresses":["10.0.0.5/24"]}"#.utf8))
            return try await scene.ledger.phonedHome(
                hostID: host.id, report, as: "{}", for: caller, reachedAt: "10.0.0.5", end: "it is done.",
                by: Scene.author)
        }

        var refusals: [String] {
            get async throws {
                try await scene.store().latestEvents(limit: 50).filter { $0.kind == .installerRefused }.map(\.message)
            }
        }

        var state: HostState? { get async throws { try await scene.store().host(host.id)?.state } }
    }

    @Test func `an armed host keeps its image, its settings and its key, and a second rebuild is told who was first`()
        async throws
    {
        let armed = try await Armed()
        #expect(try await armed.scene.store().operations(ofHost: armed.host.id).map(\.image) == ["proxmox-ve-9.2-1"])
        #expect(try armed.scene.count("SELECT count(*) FROM secret WHERE name LIKE 'operation.%.key'") == 1)
        let order = InstallationOrder(
            try #require(try await armed.scene.store().images().first), Installation()
        ) { _ in OperationKey(line: "", sealed: []) }
        let refused = await #expect(throws: Refused.self) {
            try await armed.scene.ledger.arm(hostID: armed.host.id, with: order, by: .init(actor: "another"))
        }
        #expect(
            refused?.reason.contains("pve-1 is already being rebuilt (a test, ") == true, "\(refused?.reason ?? "")")
        await #expect(throws: Refused.self) {
            try await armed.scene.ledger.removeImage("proxmox-ve-9.2-1", by: Scene.author)
        }
    }

    @Test func `only the latest token counts, and none after the end`() async throws {
        let armed = try await Armed()
        _ = try await armed.scene.ledger.grantBoot(hostID: armed.host.id, memory: nil, tokenHash: [1])
        _ = try await armed.scene.ledger.grantBoot(hostID: armed.host.id, memory: nil, tokenHash: armed.hash)
        let store = try armed.scene.store()
        #expect(try await store.operation(withToken: [1]) == nil)
        #expect(try await store.operation(withToken: armed.hash)?.1.id == armed.host.id)
        _ = try await armed.scene.ledger.advance(hostID: armed.host.id, on: .cancel, by: Scene.author)
        #expect(try await store.operation(withToken: armed.hash) == nil)
        #expect(try armed.scene.count("SELECT count(*) FROM operation WHERE token_hash IS NOT NULL") == 0)
        await #expect(throws: Refused.self) {
            try await armed.scene.ledger.grantBoot(hostID: armed.host.id, memory: nil, tokenHash: [1])
        }
    }

    @Test func `P5: the machine gets its answer again and again, and another one never`() async throws {
        let armed = try await Armed()
        _ = try await armed.scene.ledger.grantBoot(hostID: armed.host.id, memory: nil, tokenHash: armed.hash)
        guard case .granted(let first) = try await armed.ask(try Armed.machine()) else { return #expect(Bool(false)) }
        #expect(first.isFirst && first.publicKey.hasPrefix("ssh-ed25519 AAAA "))
        #expect(try await armed.state == .installing, "though its kernel was not seen")
        guard case .granted(let again) = try await armed.ask(try Armed.machine()) else { return #expect(Bool(false)) }
        #expect(!again.isFirst && again.publicKey == first.publicKey)
        let others: [(SystemInformation, Ledger.Caller?, String)] = [
            (try Armed.machine("52:54:00:00:00:99"), nil, "it has 52:54:00:00:00:99, and pve-1 is 52:54:00:00:00:01"),
            (try Armed.machine(serial: "S-2"), nil, "it is serial S-2, and pve-1 is serial S-1"),
            (try Armed.machine(), .init(tokenHash: [1], address: "10.0.0.66"), "with a token that is none, or is over"),
            (try Armed.machine(), .init(tokenHash: nil, address: "10.0.0.66"), "10.0.0.66 asked for an installer's"),
        ]
        for (machine, caller, words) in others {
            guard case .refused(let why) = try await armed.ask(machine, caller) else { return #expect(Bool(false)) }
            #expect(why.contains(words), "\(why)")
        }
        #expect(try await armed.refusals.count == others.count)
        #expect(try await armed.state == .installing)
    }

    @Test func `P7: the webhook counts once, in its state, and a request that is repeated is answered alike`()
        async throws
    {
        let armed = try await Armed()
        _ = try await armed.scene.ledger.grantBoot(hostID: armed.host.id, memory: nil, tokenHash: armed.hash)
        guard case .refused = try await armed.tellInstalled() else { return #expect(Bool(false), "before its time") }
        _ = try await armed.ask(try Armed.machine())
        for _ in 0..<2 {
            guard case .granted(let host) = try await armed.tellInstalled("r1") else { return #expect(Bool(false)) }
            #expect(host.state == .installed)
        }
        guard case .refused = try await armed.tellInstalled("r2") else { return #expect(Bool(false), "replayed") }
        #expect(
            try await armed.scene.store().host("52:54:00:00:00:02")?.id == armed.host.id, "P20: its ports are known")
        #expect(try await armed.scene.store().inventory(ofHost: armed.host.id) == nil, "what is no report is none")
        #expect(try armed.scene.count("SELECT count(*) FROM inventory") == 1)
    }

    @Test func `P8: the machine that was installed is ready, and another ends the operation`() async throws {
        for (serial, expected) in [("S-1", HostState.ready), ("S-9", .failed)] {
            let armed = try await Armed()
            _ = try await armed.scene.ledger.grantBoot(hostID: armed.host.id, memory: nil, tokenHash: armed.hash)
            _ = try await armed.ask(try Armed.machine())
            _ = try await armed.tellInstalled()
            guard case .granted(let host) = try await armed.phoneHome(serial: serial) else {
                return #expect(Bool(false))
            }
            #expect(host.state == expected)
            #expect(try await armed.scene.ledger.dueEffects().map(\.effect).contains(.removeKey), "P3: a duty")
            if expected == .failed {
                let reason = try await armed.scene.store().reasonOfFailure(host)
                #expect(
                    reason?.hasPrefix("this is not pve-1: it is serial S-9, and what was installed is serial S-1")
                        == true,
                    "\(reason ?? "")")
            }
            guard case .refused = try await armed.phoneHome() else { return #expect(Bool(false), "replayed") }
        }
    }

    @Test func `P3: the private key stays until somebody has done its duty, which is tried again when it did not work`()
        async throws
    {
        let armed = try await Armed()
        let (ledger, clock) = (armed.scene.ledger, armed.scene.clock)
        _ = try await ledger.advance(hostID: armed.host.id, on: .cancel, by: Scene.author)
        let due = try #require(try await ledger.dueEffects().first { $0.effect == .removeKey })
        #expect(due.operation.endedAt != nil && due.attempts == 0)
        for (problem, isNews) in [("no route.", true), ("no route.", false), ("refused.", true)] {
            let isTold = try await ledger.postpone(
                due, because: problem, for: .seconds(60), .hostNoticed, by: Scene.author)
            #expect(isTold == isNews)
            #expect(try await !ledger.dueEffects().contains { $0.id == due.id })
            #expect(try await ledger.nextEffect() != nil)
            clock.advance(.seconds(60))
        }
        #expect(try await ledger.dueEffects().first { $0.id == due.id }?.attempts == 3)
        #expect(try armed.scene.count("SELECT count(*) FROM event WHERE kind = 'host.noticed'") == 2, "what is new")
        let id = due.operation.id
        #expect(try await ledger.sealedKey(ofOperation: id) == Array("sealed for \(id)".utf8))
        try await ledger.forgetKey(ofOperation: id)
        try await ledger.finish(due, .hostNoticed, "it is gone.", by: Scene.author)
        #expect(try await ledger.sealedKey(ofOperation: id) == nil)
        #expect(try await !ledger.dueEffects().contains { $0.id == due.id })
    }

    @Test func `P3: of a host that is removed nothing is left to do, and its key is gone`() async throws {
        let armed = try await Armed()
        _ = try await armed.scene.ledger.advance(hostID: armed.host.id, on: .cancel, by: Scene.author)
        try await armed.scene.ledger.remove(hostID: armed.host.id, by: Scene.author)
        #expect(try await armed.scene.ledger.dueEffects().isEmpty)
        #expect(try await armed.scene.ledger.nextEffect() == nil)
        #expect(try armed.scene.count("SELECT count(*) FROM secret") == 0)
    }

    @Test func `P3: an installation ends the duties of those before, whose keys were on the disk that it wiped`()
        async throws
    {
        let armed = try await Armed()
        let ledger = armed.scene.ledger
        _ = try await ledger.advance(hostID: armed.host.id, on: .cancel, by: Scene.author)
        let image = try #require(try await armed.scene.store().images().first)
        let order = InstallationOrder(image, Installation()) {
            OperationKey(line: "ssh-ed25519 B", sealed: [UInt8($0.utf8.count)])
        }
        _ = try await ledger.arm(hostID: armed.host.id, with: order, by: Scene.author)
        #expect(try armed.scene.count("SELECT count(*) FROM secret") == 2)
        _ = try await ledger.grantBoot(hostID: armed.host.id, memory: nil, tokenHash: armed.hash)
        _ = try await armed.ask(try Armed.machine())
        _ = try await armed.tellInstalled()
        #expect(try armed.scene.count("SELECT count(*) FROM secret") == 1)
        #expect(try await !ledger.dueEffects().contains { $0.effect == .removeKey })
    }

    @Test func `however often somebody asks for what is not theirs, the timeline is not buried`() async throws {
        let armed = try await Armed()
        for _ in 0..<150 { _ = try await armed.ask(try Armed.machine(), .init(tokenHash: [1], address: "10.0.0.66")) }
        #expect(try armed.scene.count("SELECT count(*) FROM event WHERE kind = 'installer.refused'") == 100)
    }

    @Test func `what broke the loading of the installer ends the operation, and a kernel moves it on`() async throws {
        for (outcome, state) in [
            (ScriptFetch.Outcome.fetchedKernel, HostState.pxeBooted), (.couldNotLoad(file: "ISO"), .failed),
            (.damagedImage("body is missing."), .failed),
        ] {
            let armed = try await Armed()
            let fetch = ScriptFetch(host: armed.host, at: armed.scene.clock.now(), outcome)
            _ = try await armed.scene.ledger.fetchedScript(fetch, by: Scene.author)
            #expect(try await armed.state == state)
            #expect(try await armed.scene.ledger.fetchedScript(fetch, by: Scene.author) == nil || state == .failed)
        }
    }
}
