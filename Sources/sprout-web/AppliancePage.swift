import Control
import HTTP
import Linux
import Model
import Store

/// How the box itself is: what it runs, what it has room for, what else answers on its network.
extension Site {
    func appliancePage(_ request: Request) async throws -> Response {
        try await appliancePage(request, problem: nil, status: 200)
    }

    func appliancePage(_ request: Request, problem: ReceivedProblem?, status: Int) async throws -> Response {
        let newest = try await store.newestEventID()
        var ticks = [HealthTick(.good, "Dashboard", "sprout-web \(Release.version) shows this page.")]
        ticks.append(await orchestratorTick(request))
        ticks.append(try await databaseTick())
        let places = Surroundings()
        ticks.append(Self.room("Database", at: places.database))
        ticks.append(Self.room("Images", at: places.images))
        ticks.append(try await clockTick())
        ticks.append(try await certificateTick())
        ticks += try await networkTicks()
        let started = try await store.events(EventFilter(kind: .daemonStarted), before: nil, limit: 20)
        let box = BoxSection(report: try? await told("/box", as: BoxReport.self, request), problem: problem)
        let main: HTML = """
            <nav aria-label="Way back"><a class="back" href="/settings">Settings</a></nav>
            <h1>This appliance</h1>
            <p class="sentence">\(HealthTick.summary(ticks))</p>
            <ul class="rows health" role="list" aria-label="What was looked at">\(ticks.map(\.html))</ul>
            <p class="hint">As it was \(Moment.html(.now())). <code>sprout doctor</code> looks at more, from end to end.</p>
            \(box.html)
            <h2>Programs that were started</h2>
            <ol class="timeline" role="list">\(started.map(TimelineEntry.html))</ol>
            """
        return Frame(
            "This appliance", in: .settings, newestEvent: newest, tally: try await Tally(store), script: "box.js"
        ).page(main, status: status)
    }

    private func orchestratorTick(_ request: Request) async -> HealthTick {
        do {
            let answer = try await orchestrator.send("GET", "/health", actor: actor(request), request: request.id ?? "")
            guard case .bytes(let bytes) = answer.body else {
                return HealthTick(.bad, "Orchestrator", "It says nothing.")
            }
            let report = try JSON.decode(HealthAnswer.self, from: bytes)
            let sentence = "\(report.daemon) \(report.version): \(report.detail)"
            return HealthTick(answer.status == 200 ? .good : .bad, "Orchestrator", sentence)
        } catch {
            return HealthTick(.bad, "Orchestrator", "\(error)")
        }
    }

    private func databaseTick() async throws -> HealthTick {
        let problems = try await store.integrityProblems()
        guard let first = problems.first else { return HealthTick(.good, "Database", "Its file is whole.") }
        return HealthTick(
            .bad, "Database", "Its file is damaged: \(first). Stop Sprout, keep a copy, and put a backup back.")
    }

    /// An import needs three times the size of its ISO.
    private static func room(_ name: String, at path: String) -> HealthTick {
        let folder = path.hasSuffix(".db") ? path.split(separator: "/").dropLast().joined(separator: "/") : path
        do throws(Errno) {
            let free = try Files.freeBytes(at: folder.hasPrefix("/") ? folder : "/\(folder)")
            let title = "Room for the \(name.lowercased())"
            if free < 200_000_000 {
                return HealthTick(.bad, title, "Only \(Size.text(free)) are free: remove images that nobody needs.")
            }
            if free < 6_000_000_000 {
                return HealthTick(
                    .caution, title, "\(Size.text(free)) are free; to import an ISO takes three times its size.")
            }
            return HealthTick(.good, title, "\(Size.text(free)) are free.")
        } catch {
            return HealthTick(.caution, "Room for the \(name.lowercased())", "It cannot be seen from here: \(error).")
        }
    }

    private func clockTick() async throws -> HealthTick {
        let now = Timestamp.now()
        let changed = try await store.events(EventFilter(kind: .clockChanged), before: nil, limit: 1).first
        let sentence = "It is \(now). \(changed?.message ?? "It has not been set since Sprout was set up.")"
        if !now.isPlausible { return HealthTick(.bad, "Clock", "\(sentence) That cannot be: set it.") }
        let isSynchronized = Files.exists(Surroundings().synchronizedClock)
        return HealthTick(.good, "Clock", isSynchronized ? "\(sentence) The network (NTP) sets it." : sentence)
    }

    private func certificateTick() async throws -> HealthTick {
        guard let certificate = try await store.certificate() else {
            return HealthTick(
                .caution, "Certificate", "There is none yet: sprout-orchestrator makes one when it starts.")
        }
        let shown = "Browsers are shown \(certificate.fingerprint), valid until \(certificate.validUntil)."
        let days = certificate.daysLeft(at: .now())
        if days >= 0, let problem = try await store.certificateProblem() {
            return HealthTick(.caution, "Certificate", "\(shown) \(problem)")
        }
        if days >= 30 { return HealthTick(.good, "Certificate", shown) }
        return HealthTick(days < 0 ? .bad : .caution, "Certificate", "\(shown) \(certificate.remedy)")
    }

    private func networkTicks() async throws -> [HealthTick] {
        let settings = try await store.settings()
        let mode = settings["pxe.mode"] == "server" ? "gives out addresses" : "answers beside the router"
        let boot =
            settings["pxe.enabled"] == "true"
            ? HealthTick(.good, "Network boot", "Sprout \(mode), on \(settings["pxe.interface"] ?? "its port").")
            : HealthTick(
                .caution, "Network boot",
                "It is off: no machine is answered, and none is seen. Switch it on under Settings, Network.")
        let others = try await store.foreignServers(at: .now())
        let told = others.map { server in
            HealthTick(
                server.kind == .boot ? .bad : .good, "Also on this network",
                "\(server.name) offers \(server.offers)\(server.kind == .boot ? ": machines may obey it instead" : "")."
            )
        }
        let own = try await store.ownNetworks().map { "\($0.address), in \($0.network), at its port \($0.interface)" }
        let reached = HealthTick(
            own.isEmpty ? .caution : .good, "Address",
            own.isEmpty
                ? "This box is in no network." : "This box is reached at \(own.joined(separator: "; at ")).")
        return [reached, boot] + told
    }
}

private struct HealthAnswer: Decodable {
    let daemon: String
    let detail: String
    let version: String
}

/// One thing that was looked at, and what was found.
private struct HealthTick {
    private let outcome: ClusterTick.Outcome
    private let title: String
    private let sentence: String

    init(_ outcome: ClusterTick.Outcome, _ title: String, _ sentence: String) {
        (self.outcome, self.title, self.sentence) = (outcome, title, sentence)
    }

    var html: HTML {
        """
        <li class="tick" data-outcome="\(outcome.rawValue)">\(TickMark.html(outcome)) <strong>\(title)</strong>
        <span>\(sentence)</span></li>
        """
    }

    static func summary(_ ticks: [HealthTick]) -> String {
        let bad = ticks.count { $0.outcome == .bad }
        if bad > 0 { return bad == 1 ? "One thing is in the way." : "\(bad) things are in the way." }
        return ticks.contains { $0.outcome == .caution } ? "It works; something is worth knowing." : "All is well."
    }
}
