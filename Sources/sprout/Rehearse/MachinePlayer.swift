import Control
import HTTP
import Linux
import Model
import Rehearsal

/// Plays one machine, from power-on to the new system that phones home.
struct MachinePlayer: Sendable {
    let index: Int
    let machine: FakeMachine
    let base: String
    let wish: RehearsalWish
    let release: InstallerRelease
    let build: String
    let door: MachineDoor
    let board: RehearsalBoard
    /// The system that is installed, where it can be logged in to.
    let node: MachineNode?

    /// Nothing more is heard of a machine: what its screen says stays there until somebody looks.
    struct Silent: Error {
        let screen: String
    }

    /// What Sprout did is not what a machine needs.
    struct Stopped: Error {
        let sentence: String
    }

    func play() async throws {
        try await pause(20)
        let (boot, installation) = try await netboot()
        await board.reach(.script, index)
        let mode = try await load(boot, installation)
        await board.reach(.files, index)
        try await pause(20)
        let answer = try await ask(mode)
        await board.reach(.answer, index)
        let script = try await fetchFirstBootScript(answer)
        let plan = try await install(answer)
        try await report(plan)
        await board.reach(.installed, index)
        try await restart()
        await board.reach(.restarted, index)
        try await phoneHome(script, plan)
        await board.reach(.home, index)
        if node != nil { try await begin(.join) }
    }

    // MARK: The installer

    private func ask(_ mode: ModeFile) async throws -> InstallerAnswer {
        try await begin(.answer)
        guard mode.mode == "http", let url = mode.url else {
            throw Stopped(sentence: "the mode file does not say where the answer is")
        }
        let asker = wish.fails(at: .answer) ? stranger : machine
        let messages = InstallerMessages(release, asker, build: build)
        let body = try JSON.encode(messages.systemInformation)
        let answer = try await door.post(url, headers(messages.answerFields(token: mode.token)), body)
        let isGiven = answer.status == 200 || answer.status == 201
        if wish.fails(at: .answer) {
            guard !isGiven else { throw Stopped(sentence: "another machine, \(asker.mac), was given its answer") }
            throw Silent(screen: "http error: \(answer.status)")
        }
        guard isGiven else {
            throw Stopped(
                sentence: "its question for the answer was refused (\(Self.words(answer))): it asks only once")
        }
        guard answer.headers["content-type"]?.hasPrefix("application/json") != true else {
            throw Stopped(sentence: "the answer is JSON, which no installer before 9.2 reads")
        }
        return try stopping { () throws(InstallerRefusal) in
            try InstallerRules(release).read(String(decoding: answer.body, as: UTF8.self))
        }
    }

    private func fetchFirstBootScript(_ answer: InstallerAnswer) async throws -> FirstBootScript {
        guard let url = answer.firstBootURL else {
            throw Stopped(sentence: "the answer names no first-boot script: nobody would hear of the new system")
        }
        try await begin(.firstBootScript)
        if wish.fails(at: .firstBootScript) {
            try await door.breakOff(url, [:])
            throw Silent(screen: "Autoinstaller setup error: the first-boot script could not be fetched")
        }
        let script = try await door.get(url, ["user-agent": "ureq/3.0.11"])
        guard script.status == 200 else {
            throw Stopped(
                sentence: "Autoinstaller setup error: http status: \(script.status) for the first-boot script")
        }
        guard let read = FirstBootScript(String(decoding: script.body, as: UTF8.self)) else {
            throw Stopped(sentence: "the first-boot script has no lines url='…' and token='…'")
        }
        return read
    }

    private func install(_ answer: InstallerAnswer) async throws -> InstallationPlan {
        try await begin(.install)
        let plan = try stopping { () throws(InstallerRefusal) in
            try InstallerRules(release).plan(answer, on: machine)
        }
        guard !wish.fails(at: .install) else {
            try await pause(60)
            throw Silent(
                screen: "Installation failed: low level installer returned early: unable to partition the disk")
        }
        try await pause(240)
        return plan
    }

    private func report(_ plan: InstallationPlan) async throws {
        guard let webhook = plan.webhook else {
            throw Stopped(sentence: "the answer names no webhook: nobody would hear that it is installed")
        }
        try await begin(.webhook)
        let messages = InstallerMessages(release, machine, build: build)
        let isWrong = wish.fails(at: .webhook)
        let hostKeys = try await node?.makeHostKeys(of: plan.hostname)
        let body = try JSON.encode(messages.report(plan, hostKeys: hostKeys, isTokenWrong: isWrong))
        let url = isWrong ? Self.withWrongToken(webhook.url) : webhook.url
        let answer = try await door.post(url, headers(messages.webhookFields), body)
        let isTaken = answer.status == 200 || answer.status == 201
        if isWrong {
            guard !isTaken else { throw Stopped(sentence: "its report was taken with a wrong token") }
            throw Silent(screen: "Error occurred during post-installation-webhook: http status: \(answer.status)")
        }
        guard isTaken else {
            throw Stopped(
                sentence: "its report was refused (\(Self.words(answer))): the machine is installed, and never restarts"
            )
        }
    }

    // MARK: Pieces

    /// Another machine, with other addresses and another serial number.
    var stranger: FakeMachine {
        FakeMachine(30_000 + machine.number, type: ServerType(key: "", bootDisk: .path("sda")))
    }

    /// Goes on to a step, unless nothing is to be heard from there on.
    ///
    /// A join that never ends is heard of: the node waits in it.
    func begin(_ step: RehearsalStep) async throws {
        await board.begin(step, index)
        if step != .join, wish.hangs(at: step) { throw Silent(screen: "nothing: it hangs at \(step.rawValue)") }
    }

    func pause(_ seconds: Double) async throws {
        let start = Reactor.Deadline.now
        try await door.reactor.sleep(for: wish.time(seconds))
        await board.worked(.now - start, index)
    }

    func headers(_ fields: InstallerMessages.Fields) -> Headers {
        var headers = Headers()
        for field in fields { headers.add(field.name, field.value) }
        return headers
    }

    private func stopping<Value>(_ work: () throws(InstallerRefusal) -> Value) throws -> Value {
        do throws(InstallerRefusal) { return try work() } catch { throw Stopped(sentence: "\(error)") }
    }

    static func words(_ answer: Client.Answer) -> String {
        let problem = try? JSON.decode(ReceivedProblem.self, from: answer.body)
        return "HTTP \(answer.status)" + (problem.map { ": \($0.detail)" } ?? "")
    }

    /// Releases before 9.2 have the token in the URL.
    private static func withWrongToken(_ url: String) -> String {
        let parts = url.split(separator: "token=", maxSplits: 1)
        guard parts.count == 2 else { return url }
        let token = parts[1].prefix { $0 != "&" }
        return "\(parts[0])token=\(String(token.reversed()))\(parts[1].dropFirst(token.count))"
    }
}
