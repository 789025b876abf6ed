import Control
import HTTP
import Model
import Store

/// What is told from inside the installer of an operation: how far it is, and every line of its logs.
extension Site {
    /// Some lines, and how far the installer is.
    func installerLog(_ request: Request) async throws -> Response {
        let operation = try await operation(of: request)
        let after = try number(request.query["after"], 0...Int64.max, "after") ?? 0
        let limit = try number(request.query["limit"], 1...1000, "limit") ?? 500
        let lines = try await store.installerLines(ofOperation: operation.id, after: after, limit: Int(limit))
        let report = try await store.installerReport(ofOperation: operation.id)
        var page = LogPage(lines: lines)
        if let report { page.report = try await store.progress(report, try await usual.times()) }
        page.bundle = try await store.installerBundle(ofOperation: operation.id, at: .now())
        return try .json(page)
    }

    /// Each line as it comes.
    func followInstallerLog(_ request: Request) async throws -> Response {
        let operation = try await operation(of: request)
        let point = request.headers["last-event-id"] ?? request.query["after"]
        let start = try number(point, 0...Int64.max, "after") ?? 0
        var response = Response.events { writer in
            var seen = start
            for await _ in await reel.feed.rings() {
                let before = seen
                while true {
                    let lines = try await store.installerLines(ofOperation: operation.id, after: seen, limit: 500)
                    for line in lines {
                        try await writer.send(
                            id: line.number, data: String(decoding: try JSON.encode(line), as: UTF8.self))
                    }
                    guard let last = lines.last else { break }
                    seen = last.number
                }
                if seen == before { try await writer.sendHeartbeat() }
            }
        }
        response.headers["x-accel-buffering"] = "no"
        return response
    }

    /// All lines that are kept, as a file.
    func installerLogFile(_ request: Request) async throws -> Response {
        let operation = try await operation(of: request)
        let host = try await store.host(operation.host)
        var text = ""
        var seen: Int64 = 0
        while true {
            let lines = try await store.installerLines(ofOperation: operation.id, after: seen, limit: 1000)
            guard let last = lines.last else { break }
            for line in lines { text += "\(line.number) \(line.at) \(line.source.rawValue) \(line.text)\n" }
            seen = last.number
        }
        guard seen > 0 else { throw Problem(404, "Nothing was told from inside the installer of \(operation.id).") }
        var response = Response.text(text)
        let name = "\(host.map { "\($0.hostname)" } ?? "installer")-\(operation.id).log"
        response.headers["content-disposition"] = "attachment; filename=\"\(name)\""
        return response
    }

    /// The operation that a path names.
    func operation(of request: Request) async throws -> Operation {
        let id = request.parameters["id"] ?? ""
        guard let record = try await store.operation(id: id) else {
            throw Problem(404, "There is no operation \(id.prefix(60)).")
        }
        return record.operation
    }

    private func number(_ text: String?, _ range: ClosedRange<Int64>, _ name: String) throws -> Int64? {
        guard let text else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            throw Problem(
                400, "\(name) is \"\(text.prefix(40))\", and has to be a number from \(range.lowerBound) on.",
                field: name)
        }
        return number
    }
}

extension Store {
    /// What was told from inside an installer, with what is usual on machines such as its host.
    func progress(_ report: InstallerReport, _ times: UsualTimes) throws -> LiveProgress {
        let host = try host(report.host)
        let atWork = try host.flatMap { try installerReport(ofHost: $0) }
        return LiveProgress(
            report, isAtWork: atWork?.operation == report.operation, host.flatMap { times.pace(of: $0) }, now: .now())
    }

    /// The same of a host, while its installer is at work.
    func progress(ofHost host: Host, _ times: UsualTimes) throws -> LiveProgress? {
        try installerReport(ofHost: host).map {
            LiveProgress($0, isAtWork: true, times.pace(of: host), now: .now())
        }
    }
}

private struct LogPage: Encodable {
    var report: LiveProgress?
    var bundle: InstallerBundle?
    let lines: [InstallerLine]
}

/// The installer's log on the page of its operation, which log.js follows.
struct LogPane {
    static let shown = 500

    let operation: Operation
    /// Why nothing will be heard, as a sentence.
    let obstacle: HTML?
    let report: LiveProgress?
    let bundle: InstallerBundle?
    let lines: [InstallerLine]

    var html: HTML? {
        guard report != nil || operation.endedAt == nil && operation.image != nil else { return nil }
        return """
            <section class="log" aria-labelledby="log-title" data-log="\(operation.id)" \
            data-seen="\(lines.last?.number ?? 0)" data-stages="\(report?.begun ?? 0)">
            <div class="title"><h2 id="log-title">Inside the installer</h2>
            <p class="quiet" data-log-words>\(words)</p></div>
            <div data-fresh="progress" data-on="installer. host.">\(Share.html(report))\(report.flatMap { StageList($0, of: operation).html })</div>
            <div class="search"><label class="hidden" for="log-q">Only lines with</label>
            <input id="log-q" type="search" placeholder="Words" autocomplete="off" autocapitalize="none" spellcheck="false" \
            data-log-search hidden>
            <button class="plain shown" type="button" aria-pressed="true" data-log-follow hidden>Follow</button>
            <button class="plain shown" type="button" aria-pressed="true" data-log-wrap hidden>Wrap</button>
            <button class="plain shown" type="button" data-log-copy hidden>Copy</button>
            <a class="button plain" href="/ops/\(operation.id)/log" download>Download</a></div>
            \(LogBundlePart(operation: operation, bundle: bundle, isHeard: report?.isHeard(at: .now()) ?? false).html)
            <ol class="wire log-lines" role="log" aria-label="Lines of the installer's logs, the latest last" tabindex="0">\
            \(lines.map { LogRow(line: $0).html })</ol>
            </section>
            <template id="log-line">\(LogRow.empty)</template>
            """
    }

    private var words: HTML {
        guard let report else { return obstacle ?? "Nothing is heard from inside yet." }
        let sentence = report.sentence ?? "it has said nothing of how far it is"
        return "\(sentence) · heard \(Moment.html(report.heardAt))"
    }
}

extension LiveProgress {
    fileprivate var begun: Int { stages.count { $0.startedAt != nil } }
}

/// The stages of an installation, as its installer tells them apart.
private struct StageList {
    let progress: LiveProgress
    /// Whether what it did last is what failed.
    let isFailure: Bool

    init(_ progress: LiveProgress, of operation: Operation) {
        self.progress = progress
        isFailure = progress.hasStopped || operation.outcome == .failed && progress.percent != 100
    }

    var html: HTML? {
        guard !progress.stages.isEmpty else { return nil }
        return """
            <ol class="steps stages" role="list" aria-label="Stages">\(progress.stages.map(item))</ol>
            """
    }

    private func item(_ stage: LiveProgress.Stage) -> HTML {
        let mark = mark(stage)
        return """
            <li data-step="\(mark.rawValue)"><span class="mark" role="img" aria-label="\(mark.word)"></span> \
            <span class="name">\(stage.stage.sentence)</span> <span class="took">\(took(stage, mark))</span></li>
            """
    }

    private func mark(_ stage: LiveProgress.Stage) -> StepMark {
        guard stage.startedAt != nil else { return .next }
        guard stage.endedAt == nil else { return .done }
        return progress.isAtWork ? .now : isFailure ? .failed : .done
    }

    private func took(_ stage: LiveProgress.Stage, _ mark: StepMark) -> HTML {
        guard let start = stage.startedAt else { return "\(Usual.html(stage.usual))" }
        guard mark != .now else {
            return "\(Usual.html(stage.usual, since: start)) \(Moment.html(start, form: .elapsed))"
        }
        return "\(Usual.html(stage.usual)) \(Elapsed.text(between: start, stage.endedAt ?? progress.heardAt))"
    }
}

private struct LogRow {
    let line: InstallerLine

    var html: HTML { Self.html(at: line.at, source: line.source.rawValue, text: line.text) }

    /// The form of a line, which log.js fills.
    static var empty: HTML { html(at: nil, source: "", text: "") }

    private static func html(at moment: Timestamp?, source: String, text: String) -> HTML {
        """
        <li data-source="\(source)">\(Moment.html(moment, form: .clock)) <code data-field="source">\(source)</code> \
        <span data-field="text">\(text)</span></li>
        """
    }
}
