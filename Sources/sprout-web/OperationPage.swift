import Control
import HTTP
import Model
import Store

/// One operation from its beginning to its end: each step with what it took, what is usual, and what was seen.
extension Site {
    func operationPage(_ request: Request) async throws -> Response {
        let newest = try await store.newestEventID()
        let id = request.parameters["id"] ?? ""
        guard let record = try await store.operation(id: id), let host = try await store.host(record.operation.host)
        else { throw Problem(404, "There is no operation \(id.prefix(60)).") }
        let times = try await usual.times()
        let steps = StepList(
            record: record, host: host, times: times,
            events: try await store.events(ofOperation: record.operation),
            sightings: try await store.sightings(of: host.mac, limit: 400))
        let first = try await store.installerLine(ofOperation: id, beforeLatest: LogPane.shown)
        var progress: LiveProgress?
        if let report = try await store.installerReport(ofOperation: id) {
            progress = try await store.progress(report, times)
        }
        let log = LogPane(
            operation: record.operation, obstacle: try await obstacle(ofLogOf: record.operation, host),
            report: progress,
            bundle: try await store.installerBundle(ofOperation: id, at: .now()),
            lines: try await store.installerLines(ofOperation: id, after: first, limit: LogPane.shown))
        let isLatest = try await store.operations(ofHost: host.id).first?.id == id
        let main: HTML = """
            <nav aria-label="Way back"><a class="back" href="/hosts/\(host.id)">\(host.hostname)</a></nav>
            <article class="host" data-about="\(host.id)"><div data-fresh="operation" data-on="host. installer. netboot.">
            \(OperationHead(record: record, host: host).html)
            \(FailureCard(record: record, host: host, last: steps.lastLines, isLatest: isLatest).html)
            \(steps.html)
            </div>
            \(log.html)
            <div data-fresh="facts" data-on="host.">\(Self.facts(record, host))</div></article>
            """
        return Frame(
            "\(record.operation.title) \(host.hostname)", in: .hosts, newestEvent: newest,
            tally: try await Tally(store), script: "log.js"
        ).page(main, status: 200)
    }

    /// Why nothing will be heard from inside the installer, as a sentence.
    private func obstacle(ofLogOf operation: Operation, _ host: Host) async throws -> HTML? {
        guard let id = operation.image, let image = try await store.image(id) else { return nil }
        if let reason = image.agentObstacle { return "No live progress for this release, because \(reason)." }
        return try await store.installation().hasLiveProgress && host.hasLiveProgress
            ? nil : "Live progress is turned off \(host.hasLiveProgress ? "in the settings" : "for this host")."
    }

    private static func facts(_ record: OperationRecord, _ host: Host) -> HTML {
        let operation = record.operation
        return """
            <dl class="facts">
            <div><dt>Image</dt><dd>\(operation.image ?? "none: only its states were set")</dd></div>
            <div><dt>Began</dt><dd>\(Moment.html(operation.startedAt))</dd></div>
            <div><dt>Server type</dt><dd>\(host.serverType), version \(operation.serverTypesVersion)</dd></div>
            <div><dt>Restarts during the installation</dt><dd>\(operation.reentries)</dd></div>
            <div><dt>Id</dt><dd><code>\(operation.id)</code></dd></div>
            </dl>
            """
    }
}

/// What happens, what comes next, and by when; of one that is over, how and when it ended.
struct OperationHead {
    let record: OperationRecord
    let host: Host

    var html: HTML {
        """
        <div data-state="\(state.rawValue)">
        <div class="title"><h1>\(record.operation.title) \(host.hostname)</h1> \(Tile.badge(state))</div>
        <p class="sentence">\(sentence)</p>
        <span class="track" aria-hidden="true"></span>
        </div>
        """
    }

    private var state: HostState { record.operation.outcome ?? record.steps.last?.state ?? host.state }

    private var sentence: HTML {
        if let ending = record.ending, let end = record.operation.endedAt { return "\(ending); \(Moment.html(end))." }
        let due = record.dueAt.map { "; at the latest in \(Moment.html($0, form: .left))" as HTML }
        return "Now: \(state.sentence). Next: \(state.next?.sentence ?? "the end")\(due)."
    }
}

/// What failed, what was seen last, and what can be done.
struct FailureCard {
    let record: OperationRecord
    let host: Host
    let last: [HTML]
    let isLatest: Bool

    var html: HTML? {
        guard record.operation.outcome == .failed, let step = record.steps.last else { return nil }
        return """
            <section class="notice failure" aria-labelledby="failure-title">
            <h2 id="failure-title">Failed in \(step.state.rawValue)</h2>
            <p>\(step.reason ?? step.outcome?.words ?? "")</p>
            \(lastSeen)
            \(isLatest && host.state == .failed ? actions : nil)
            </section>
            """
    }

    private var lastSeen: HTML? {
        guard !last.isEmpty else { return nil }
        return "<h3>What was seen last</h3><ol class=\"lines\" role=\"list\">\(last)</ol>"
    }

    private var actions: HTML {
        """
        <p class="actions"><a class="button" href="/hosts/\(host.id)/rebuild">Rebuild from the start</a>
        <a class="button plain" href="/hosts/\(host.id)#power">Switch its power</a></p>
        """
    }
}

/// The steps of an operation, those that are over, the one that lasts, and those to come.
struct StepList {
    let record: OperationRecord
    let host: Host
    let times: UsualTimes
    let events: [Event]
    let sightings: [Sighting]

    var html: HTML {
        """
        <h2 id="steps-title">Steps</h2>
        <ol class="steps" role="list" aria-labelledby="steps-title">\
        \(record.steps.enumerated().map { item($0.offset, $0.element) })\(toCome.map(item))</ol>
        """
    }

    /// What was seen last before the end.
    var lastLines: [HTML] {
        Array(lines(from: record.operation.startedAt, to: record.operation.endedAt).suffix(8))
    }

    /// The states that are still to come, unless it is over.
    private var toCome: [HostState] {
        guard record.operation.endedAt == nil, let last = record.steps.last else { return [] }
        return Array(HostState.way.drop { $0 != last.state }.dropFirst())
    }

    private func item(_ number: Int, _ step: OperationStep) -> HTML {
        let isFailure = record.operation.outcome == .failed && number == record.steps.count - 1
        let mark: StepMark = step.endedAt == nil ? .now : isFailure ? .failed : .done
        let seen = lines(from: step.startedAt, to: step.endedAt)
        return """
            <li data-step="\(mark.rawValue)"><details id="step-\(number)" \(mark == .done ? "" : "open" as HTML)>
            <summary><span class="mark" role="img" aria-label="\(mark.word)"></span>
            <span class="name">\(step.state.rawValue)</span> <span class="took">\(took(step))</span></summary>
            <p>\(ending(step))</p>
            <ol class="lines" role="list">\(seen)</ol>
            </details></li>
            """
    }

    private func item(_ state: HostState) -> HTML {
        let mark = StepMark.next
        return """
            <li data-step="\(mark.rawValue)"><span class="mark" role="img" aria-label="\(mark.word)"></span> \
            <span class="name">\(state.rawValue)</span> <span class="took">\(Usual.html(usual(state)))</span></li>
            """
    }

    private func took(_ step: OperationStep) -> HTML {
        let usual = usual(step.state)
        guard let end = step.endedAt else {
            return "\(Usual.html(usual, since: step.startedAt)) \(Moment.html(step.startedAt, form: .elapsed))"
        }
        return "\(Usual.html(usual)) \(Elapsed.text(between: step.startedAt, end))"
    }

    private func usual(_ state: HostState) -> Int? {
        times.time(of: host, in: state).map { Int($0.components.seconds) }
    }

    private func ending(_ step: OperationStep) -> HTML {
        let began: HTML = "Began \(Moment.html(step.startedAt))"
        guard let outcome = step.outcome else { return "\(began): \(step.state.sentence)." }
        return "\(began); ended because \(outcome.words)\(step.reason.map { ": \($0)" } ?? ".")"
    }

    /// What happened and what was seen on the wire, in the order of time.
    ///
    /// That an operation has ended is written a moment after its end: its last step has all events to come.
    private func lines(from start: Timestamp, to end: Timestamp?) -> [HTML] {
        let isLast = end == record.operation.endedAt
        let limit = end ?? Timestamp(milliseconds: .max)
        let happened = events.filter { $0.at >= start && (isLast || $0.at < limit) }.map {
            ($0.at, $0.message, "event")
        }
        let seen = sightings.filter { $0.at >= start && $0.at < limit }.map { ($0.at, "it \($0)", "wire") }
        let ordered = (happened + seen).enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }
        return ordered.map(\.element).map { moment, text, source in
            """
            <li data-source="\(source)">\(Moment.html(moment, form: .clock)) <span>\(text)</span></li>
            """
        }
    }
}

/// How it is with a step, which a list shows as a shape.
enum StepMark: String {
    case done, now, failed, next

    var word: String {
        switch self {
        case .done: "done"
        case .now: "at work"
        case .failed: "failed"
        case .next: "to come"
        }
    }
}

/// The latest operations of a host, each with a way to its page.
struct OperationList {
    let records: [OperationRecord]
    /// The names of their hosts, where there are more hosts than one.
    var names: [String: Hostname] = [:]

    var html: HTML? {
        guard !records.isEmpty else { return nil }
        return """
            <h2 id="operations-title">Operations</h2>
            <ol class="rows" role="list" aria-labelledby="operations-title">\(records.map(row))</ol>
            """
    }

    private func row(_ record: OperationRecord) -> HTML {
        let operation = record.operation
        let took: HTML =
            if let end = operation.endedAt {
                "in \(Elapsed.text(between: operation.startedAt, end))"
            } else {
                "for \(Moment.html(operation.startedAt, form: .elapsed))"
            }
        let state = operation.outcome ?? record.steps.last?.state
        return """
            <li data-state="\(state?.rawValue ?? "")"><a data-row href="/ops/\(operation.id)">\
            \(names[operation.host].map { "\($0): " })\(operation.image ?? "its states were set")</a> \(Tile.badge(state))
            <span class="quiet">\(took) · \(Moment.html(operation.startedAt))</span></li>
            """
    }
}
