import HTTP
import Linux
import Model
import Rehearsal

/// What a machine does before its installer runs, and when that is done.
extension MachinePlayer {
    private static let agent: Headers = ["user-agent": "iPXE/1.21.1+git20250501.dad20602+dfsg-1"]

    private var scriptURL: String {
        "\(base)/ipxe/\(String("\(machine.mac)".map { $0 == ":" ? "-" : $0 }))"
    }

    /// Asks for its script until that installs something.
    func netboot() async throws -> (NetbootScript, NetbootScript.Installation) {
        try await begin(.script)
        if wish.fails(at: .script) {
            try await door.breakOff(scriptURL, Self.agent)
            throw Silent(screen: "\(scriptURL)... Connection reset")
        }
        var url = scriptURL
        if let interface = wish.interface {
            url = try await MachineWire(interface: interface, machine: machine, reactor: door.reactor).scriptURL()
        }
        let (script, run) = try await followScript(url)
        guard case .installation(let installation) = run.end else {
            let words = run.screen.filter { !$0.isEmpty }.joined(separator: " ")
            throw Stopped(sentence: "it was sent to its own disk instead of the installer: \(words)")
        }
        return (script, installation)
    }

    /// The machine starts again, from the network first as it always does: it must be sent to its own disk.
    func restart() async throws {
        try await begin(.reboot)
        if wish.fails(at: .reboot) { throw Silent(screen: "nothing: it did not come up again") }
        try await pause(30)
        let (_, run) = try await followScript(scriptURL)
        guard run.end == .ownDisk else { throw Stopped(sentence: "it would be installed again: a loop") }
        try await pause(20)
    }

    /// Follows the script of this machine over every question that it is asked.
    private func followScript(_ first: String) async throws -> (NetbootScript, NetbootScript.Run) {
        var url = first
        for _ in 0..<1000 {
            let answer = try await door.get(url, Self.agent)
            if answer.status == 503 {
                let seconds = answer.headers["retry-after"].flatMap { Double($0) } ?? 5
                try await door.reactor.sleep(for: max(wish.time(seconds), .milliseconds(500)))
                continue
            }
            guard answer.status == 200 else {
                throw Stopped(sentence: "it got no script (\(Self.words(answer)))")
            }
            do throws(NetbootScript.Malformed) {
                let script = try NetbootScript(String(decoding: answer.body, as: UTF8.self))
                let run = try script.follow(on: machine)
                guard case .chain(let next) = run.end else { return (script, run) }
                url = next
            } catch {
                throw Stopped(sentence: "\(error)")
            }
        }
        throw Stopped(sentence: "its script leads from one question to the next for ever")
    }

    /// Loads all that the script names, and gives what the installer finds in it.
    func load(_ script: NetbootScript, _ installation: NetbootScript.Installation) async throws -> ModeFile {
        // A fourth is what brings the agent.
        guard (3...4).contains(installation.initrds.count) else {
            throw Stopped(
                sentence: "its script loads \(installation.initrds.count) files beside the kernel, not three or four")
        }
        if let problem = KernelWords.problems(installation.words).first { throw Stopped(sentence: problem) }
        let (initrd, body, tail) = (installation.initrds[0], installation.initrds[1], installation.initrds[2])
        _ = try await load(.kernel, installation.kernel, script)
        _ = try await load(.initrd, initrd, script)
        let loaded = try await load(.body, body, script)
        let end = try await load(.tail, tail, script, keeping: 16 << 20)
        do throws(BootArchive.Malformed) {
            let archive = try archive(loaded, end)
            return try archive.modeFile(bodySize: loaded.size, tail: end.beginning)
        } catch {
            throw Stopped(sentence: "the installer would not start: \(error)")
        }
    }

    private func archive(
        _ body: MachineDoor.Loaded, _ tail: MachineDoor.Loaded
    ) throws(BootArchive.Malformed) -> BootArchive {
        body.beginning.isEmpty
            ? try BootArchive(bodySize: body.size, tail: tail.beginning)
            : try BootArchive(beginning: body.beginning, bodySize: body.size, tail: tail.beginning)
    }

    private func load(
        _ step: RehearsalStep, _ url: String, _ script: NetbootScript, keeping most: Int = 512
    ) async throws -> MachineDoor.Loaded {
        try await begin(step)
        if wish.fails(at: step) { try await lose(url, script) }
        if wish.isLight, step == .body { return try await look(url) }
        let loaded = try await door.load(url, Self.agent, keeping: most)
        guard loaded.status == 200 else {
            throw Stopped(sentence: "it could not load \(step.rawValue) (HTTP \(loaded.status))")
        }
        return loaded
    }

    private func look(_ url: String) async throws -> MachineDoor.Loaded {
        let head = try await door.head(url, Self.agent)
        guard head.status == 200, let size = head.headers["content-length"].flatMap({ Int($0) }) else {
            throw Stopped(sentence: "it was not told how long the body is (HTTP \(head.status))")
        }
        return MachineDoor.Loaded(status: 200, size: size, beginning: [])
    }

    /// A download that breaks off leads on where the script says.
    private func lose(_ url: String, _ script: NetbootScript) async throws -> Never {
        try await door.breakOff(url, Self.agent)
        let run: NetbootScript.Run
        do throws(NetbootScript.Malformed) {
            run = try script.follow(on: machine, failing: [url])
        } catch {
            throw Stopped(sentence: "\(error)")
        }
        for report in run.reports { _ = try await door.get(report, Self.agent) }
        throw Silent(screen: run.screen.suffix(2).joined(separator: " "))
    }
}
