import Control
import HTTP
import Linux
import Model

extension Verb {
    static let boxShow: Verb = Verb(
        words: ["box", "show"], summary: "show which version the box runs, and what became of its last update",
        operands: [], options: [outputOption] + connectionOptions, example: "sprout box show"
    ) { invocation in
        let (report, json) = try await API(invocation).get("/api/box", as: BoxReport.self)
        if invocation.isJSON { return Terminal.say(json) }
        var lines = ["Version \(Terminal.harmless(report.version))"]
        if let obstacle = report.obstacle { lines.append(obstacle) }
        if let last = report.last {
            lines.append(
                last.problem.map { "It went back to \(last.from) by itself at \(last.at). \($0)" }
                    ?? "Updated from \(last.from) to \(last.version) at \(last.at).")
        }
        if let arrived = report.arrived {
            lines.append("\(arrived.version) has arrived (\(Meter.megabytes(arrived.size))), and is not installed.")
        }
        if let progress = report.progress {
            lines.append(progress.problem.map { "Not done: \($0)." } ?? "The box is \(progress.step).")
        }
        Terminal.say(lines.map(Terminal.harmless).joined(separator: "\n"))
    }

    static let boxUpdate: Verb = Verb(
        words: ["box", "update"],
        summary: "send a new version to the box, and wait until it answers, or the one before",
        operands: [Operand(name: "FILE", completion: .file)],
        options: [
            Option(name: "--again", value: nil, summary: "though this version was tried here, and did not work")
        ] + connectionOptions,
        example: "sprout box update sprout-0.2.0-amd64.update --url https://sprout.local"
    ) { invocation in
        let source = try FileSource(invocation.operands[0])
        let api = try API(invocation)
        let before = try await api.get("/api/box", as: BoxReport.self).value
        if let obstacle = before.obstacle { throw Failure(description: obstacle) }
        let meter = Meter()
        var offset: Int64 = 0
        while offset < source.size {
            let piece = try source.read(at: offset, upTo: Int(min(1 << 20, source.size - offset)))
            guard !piece.isEmpty else { throw Failure(description: "\(source.name) became shorter while it was sent") }
            try await api.send(
                "PUT", "/api/box/update?offset=\(offset)", body: piece, type: "application/octet-stream")
            offset += Int64(piece.count)
            meter.show("sending", offset, of: source.size)
        }
        meter.clear()
        try await api.send("POST", "/api/box/update/check", body: try JSON.encode([String: Bool]()))
        try await api.send("POST", "/api/box/update", body: try JSON.encode(["again": invocation.has("--again")]))
        try await follow(api, before, invocation.reactor)
    }

    static let boxRestart: Verb = Verb(
        words: ["box", "restart"], summary: "restart the box; what is under way goes on when it is back", operands: [],
        options: [anywayOption] + connectionOptions, example: "sprout box restart"
    ) { invocation in
        let body = try JSON.encode(["anyway": invocation.has("--anyway")])
        try await API(invocation).send("POST", "/api/box/restart", body: body)
        Terminal.say("The box restarts.")
    }

    static let boxPowerOff: Verb = Verb(
        words: ["box", "power-off"], summary: "switch the box off; its own button switches it on again", operands: [],
        options: [anywayOption] + connectionOptions, example: "sprout box power-off"
    ) { invocation in
        let body = try JSON.encode(["anyway": invocation.has("--anyway")])
        try await API(invocation).send("POST", "/api/box/power-off", body: body)
        Terminal.say("The box switches itself off.")
    }

    static let boxClock: Verb = Verb(
        words: ["box", "clock"], summary: "set the clock of the box by this machine's, where no network sets it",
        operands: [], options: connectionOptions, example: "sprout box clock --url https://sprout.local"
    ) { invocation in
        let body = try JSON.encode(["time": WallClock.milliseconds()])
        try await API(invocation).send("POST", "/api/box/clock", body: body)
        Terminal.say("The box sets its clock.")
    }

    static let boxSeen: Verb = Verb(
        words: ["box", "seen"], summary: "say that you have seen that the last update did not work", operands: [],
        options: connectionOptions, example: "sprout box seen"
    ) { invocation in
        try await API(invocation).send("POST", "/api/box/seen", body: Array("{}".utf8))
        Terminal.say("It is told no more.")
    }

    static let boxReset: Verb = Verb(
        words: ["box", "factory-reset"],
        summary:
            "erase what the box knows, and start it as when it was new",
        operands: [],
        options: [
            Option(name: "--keep-images", value: nil, summary: "leave what was imported"),
            Option(
                name: "--confirm", value: "WORDS",
                summary: "\"\(BoxReport.eraseWords)\"; without it, you are asked"),
        ] + connectionOptions,
        example: "sprout box factory-reset --keep-images"
    ) { invocation in
        let question = "Everything that the box knows is erased. Type \(BoxReport.eraseWords): "
        let words = invocation.value("--confirm") ?? (Terminal.isInteractive ? Terminal.ask(question) : nil) ?? ""
        let wish = ResetWish(confirm: words, keep_images: invocation.has("--keep-images"))
        try await API(invocation).send("POST", "/api/box/factory-reset", body: try JSON.encode(wish))
        Terminal.say("The box restarts, erases what it knows, and shows another setup code on its screen.")
    }

    private static let anywayOption = Option(name: "--anyway", value: nil, summary: "though hosts are being installed")

    /// A version that does not answer is started three times, with four minutes to answer in each, and then the one before.
    private static let minutes = 30

    /// Shows how far the box is, also while it is away, and says how it ended.
    private static func follow(_ api: API, _ before: BoxReport, _ reactor: Reactor) async throws {
        let meter = Meter()
        let deadline = Reactor.Deadline.now + .seconds(minutes * 60)
        while Reactor.Deadline.now < deadline {
            try await reactor.sleep(for: .seconds(1))
            // Nobody answers, or nginx does for those who do not yet.
            guard let report = try? await api.get("/api/box", as: BoxReport.self).value else {
                Terminal.status("The box restarts")
                continue
            }
            if let last = report.last, last != before.last {
                meter.clear()
                guard let problem = last.problem else { return Terminal.say("The box runs \(last.version).") }
                throw Failure(description: "the box runs \(last.from) again. \(Terminal.harmless(problem))")
            }
            guard let progress = report.progress else { continue }
            if let problem = progress.problem { throw Failure(description: "not done: \(Terminal.harmless(problem))") }
            if progress.total > 0 { meter.show(progress.step, progress.done, of: progress.total) }
        }
        throw Unreachable(description: "the box has not come back in \(minutes) minutes: its screen says how it is")
    }
}

private struct ResetWish: Encodable {
    let confirm: String
    let keep_images: Bool
}
