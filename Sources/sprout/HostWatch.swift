import Control
import HTTP
import Linux
import Model

/// Events as they happen, for ever: all, or those of one host.
struct EventWatch: Sendable {
    private let api: API
    private let after: Int64?
    private let host: Host?
    private let isJSON: Bool
    /// The steps below the events, where there is a place for them.
    private let watch: HostWatch?

    init(_ api: API, after: Int64?, _ host: Host?, isJSON: Bool) {
        (self.api, self.after, self.host, self.isJSON) = (api, after, host, isJSON)
        watch = isJSON || !Screen.isWhole ? nil : host.map { HostWatch($0, api) }
    }

    func run(_ reactor: Reactor) async throws {
        guard let watch else { return try await follow() }
        await watch.begin()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await watch.run(reactor) }
            group.addTask { try await follow() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func follow() async throws {
        try await api.follow(after: after, remark: remark) { received in
            if received.event == "reset" { return await remark("(what came before is not kept any more)") }
            let data = Array(received.data.utf8)
            if received.event == "heartbeat", let now = try? JSON.decode([String: Timestamp].self, from: data)["now"] {
                await watch?.set(clock: now)
            }
            if received.event == "progress" {
                await watch?.set(progress: try JSON.decode(LiveProgress.self, from: data))
            }
            guard received.event == nil else { return }
            let event = try JSON.decode(Event.self, from: data)
            guard host == nil || event.host == host?.id else { return }
            let line = "\(event.at)  \(Terminal.harmless(event.message))"
            if let watch { return await watch.say(line) }
            Terminal.say(isJSON ? received.data : line)
        }
    }

    private func remark(_ sentence: String) async {
        if let watch { await watch.remark(sentence) } else { Terminal.complain(sentence) }
    }
}

/// A host that somebody watches: what happens line by line, and below that the steps of what is done with it.
///
/// The steps are for terminals; they are told in the words of the page of the operation.
actor HostWatch {
    private let host: Host
    private let api: API
    private var panel = Panel()
    private var record: OperationRecord?
    /// How far the clock there is ahead of the one here.
    private var lead = Duration.zero
    /// When it was told for how long its installer will be at work.
    private var toldAt = Timestamp.now()

    init(_ host: Host, _ api: API) {
        (self.host, self.api) = (host, api)
    }

    /// What was over before anybody watched is not shown.
    func begin() async {
        let newest = await newest()
        if newest?.operation.endedAt == nil { record = newest }
        draw()
    }

    /// Says what happened above the steps, and brings them up to date.
    func say(_ line: String) async {
        panel.clear()
        Terminal.say(line)
        if let newest = await newest(), newest.operation.endedAt == nil || newest.operation.id == record?.operation.id {
            record = newest
        }
        draw()
    }

    /// The same, of what is no event.
    func remark(_ sentence: String) {
        panel.clear()
        Terminal.complain(sentence)
        draw()
    }

    func set(clock now: Timestamp) { lead = now - .now() }

    func set(progress: LiveProgress) {
        guard progress.operation == record?.operation.id else { return }
        record?.installer = progress
        toldAt = .now()
        draw()
    }

    /// Draws the time that passes, for ever.
    func run(_ reactor: Reactor) async throws {
        while true {
            draw()
            try await reactor.sleep(for: .seconds(1))
        }
    }

    private func draw() {
        guard var record else { return }
        record.installer?.left? -= Elapsed.seconds(between: toldAt, .now())
        panel.show(OperationLines(record: record, host: host, now: .now() + lead).all)
    }

    /// One that is not answered now is asked for with the next event.
    private func newest() async -> OperationRecord? {
        guard Screen.canRedraw,
            let page = try? await api.get("/api/operations?host=\(host.id)&limit=1", as: Newest.self).value,
            let id = page.operations.first?.operation.id
        else { return nil }
        toldAt = .now()
        return try? await api.get("/api/operations/\(id)", as: OperationRecord.self).value
    }

    private struct Newest: Decodable {
        let operations: [OperationRecord]
    }
}

/// An operation as lines: what happens, then each step with what it took and what is usual.
struct OperationLines {
    let record: OperationRecord
    let host: Host
    let now: Timestamp

    var all: [Panel.Line] {
        let state = record.operation.outcome ?? record.steps.last?.state
        let title = "\(record.operation.title) \(host.hostname): \(state?.rawValue ?? "")"
        return [Panel.Line(text: ""), Panel.Line(text: title, style: .strong), Panel.Line(text: sentence)]
            + record.steps.enumerated().flatMap { lines($1, isLast: $0 == record.steps.count - 1) } + toCome
    }

    private var sentence: String {
        if let ending = record.ending { return "\(ending)." }
        guard let state = record.steps.last?.state else { return "" }
        let next = state.next?.sentence ?? "the end"
        let due = record.dueAt.map { "; at the latest in \(Elapsed.text(between: now, $0))" } ?? ""
        return "Now: \(state.sentence). Next: \(next)\(due)."
    }

    private func lines(_ step: OperationStep, isLast: Bool) -> [Panel.Line] {
        guard let end = step.endedAt else { return [current(step)] + inside }
        let took = Elapsed.text(between: step.startedAt, end)
        guard isLast, record.operation.outcome == .failed else {
            return [line("✓", step.state, took, usual(step.state), .good)]
        }
        let reason = step.reason ?? step.outcome?.words ?? ""
        return [line("✗", step.state, took, usual(step.state), .bad), Panel.Line(text: "  \(reason)")]
    }

    private func current(_ step: OperationStep) -> Panel.Line {
        let seconds = Elapsed.seconds(between: step.startedAt, now)
        guard let usual = record.usual?[step.state.rawValue] else {
            return line("▸", step.state, Elapsed.text(seconds), "", .strong)
        }
        let bar = Bar.text(Double(seconds) / Double(max(1, usual)), width: 20)
        let words = Elapsed.words(usual: usual, after: seconds)
        let style: Panel.Line.Style = Elapsed.isLong(seconds, usual: usual) ? .late : .strong
        return line("▸", step.state, Elapsed.text(seconds), "\(bar)  \(words)", style)
    }

    /// What is told from inside the installer while it is at work.
    private var inside: [Panel.Line] {
        guard let installer = record.installer, installer.isAtWork, let words = installer.words else { return [] }
        let stage = installer.stages.last { $0.startedAt != nil }.flatMap { $0.line(at: now) }
        return [Panel.Line(text: "  \(words)")]
            + [stage].compactMap(\.self).map { Panel.Line(text: "  \($0)", style: .quiet) }
    }

    private var toCome: [Panel.Line] {
        guard record.operation.endedAt == nil, let last = record.steps.last else { return [] }
        return HostState.way.drop { $0 != last.state }.dropFirst().map { line("·", $0, "", usual($0), .quiet) }
    }

    private func usual(_ state: HostState) -> String {
        record.usual?[state.rawValue].map { "usually \(Elapsed.text($0))" } ?? ""
    }

    private func line(
        _ mark: String, _ state: HostState, _ took: String, _ words: String, _ style: Panel.Line.Style
    ) -> Panel.Line {
        let time = String(repeating: " ", count: max(0, 7 - took.count)) + took
        var text = "\(Help.padded("\(mark) \(state.rawValue)", 13))\(time)  \(words)"
        while text.last == " " { text.removeLast() }
        return Panel.Line(text: text, style: style)
    }
}

extension LiveProgress.Stage {
    /// What it does, for how long, and what is usual; nil while it is to come.
    func line(at now: Timestamp) -> String? {
        guard let startedAt else { return nil }
        let seconds = Elapsed.seconds(between: startedAt, endedAt ?? now)
        let words = usual.map {
            endedAt == nil ? Elapsed.words(usual: $0, after: seconds) : "usually \(Elapsed.text($0))"
        }
        return ["\(stage.sentence)  \(Elapsed.text(seconds))", words].compactMap(\.self).joined(separator: "  ")
    }
}
