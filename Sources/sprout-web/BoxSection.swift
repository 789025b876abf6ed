import Control
import HTTP
import Model

/// Update, restart, switch off and reset: what is done to the box as a whole.
extension Site {
    func changeBoxByForm(_ request: Request) async throws -> Response {
        let fields = try form(request)
        let action = fields["action"] ?? ""
        let body: [String: BoxFormValue]
        switch action {
        case "seen": body = [:]
        case "restart", "power-off": body = ["anyway": .flag(fields["anyway"] == "yes")]
        case "factory-reset":
            body = ["confirm": .text(fields["confirm"] ?? ""), "keep_images": .flag(fields["keep_images"] == "yes")]
        default: throw Problem(400, "The field action is missing: restart, power-off, factory-reset or seen.")
        }
        let answer = try await ask("/box/\(action)", body, request)
        if answer.status < 300 { return .redirect(to: "/appliance") }
        return try await appliancePage(request, problem: try problem(of: answer), status: answer.status)
    }
}

private enum BoxFormValue: Encodable {
    case flag(Bool)
    case text(String)

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .flag(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        }
    }
}

struct BoxSection {
    /// Nil while the orchestrator is away.
    let report: BoxReport?
    let problem: ReceivedProblem?

    var html: HTML? {
        guard let report else { return nil }
        if let obstacle = report.obstacle {
            return "<h2>Version \(report.version)</h2><p class=\"hint\">\(obstacle)</p>"
        }
        return """
            <h2>Version \(report.version)</h2>
            <div data-box="\(report.version)" data-fresh="box" data-on="update.">
            \(report.progress.flatMap(underWay))
            \(report.last.map(ended))
            </div>
            \(problem?.html(besides: ["confirm"]))
            \(allowed(.admin, "\(clock)<div class=\"columns\">\(update(report))\(end)\(reset)</div>"))
            """
    }

    /// What sprout-system does now, or why it did not: box.js goes on from there.
    private func underWay(_ progress: BoxProgress) -> HTML? {
        if let problem = progress.problem {
            return "<p class=\"notice bad\" role=\"alert\">That was not done: \(problem).</p>"
        }
        return
            "<p class=\"notice\" role=\"status\" data-under-way=\"\(progress.act.rawValue)\">The box is \(progress.step).</p>"
    }

    private func ended(_ last: BoxHistory.Ended) -> HTML {
        guard let problem = last.problem else {
            return "<p class=\"notice good\">Updated from \(last.from) to \(last.version), \(Moment.html(last.at)).</p>"
        }
        return """
            <p class="notice bad" role="alert">This box went back to \(last.from) by itself, \(Moment.html(last.at)). \(problem)</p>
            """
    }

    /// Shown by box.js where the browser's clock says otherwise.
    private var clock: HTML {
        """
        <section class="card" data-clock="\(Timestamp.now().milliseconds)" hidden aria-labelledby="clock-title">
        <h2 id="clock-title">Clock</h2>
        <p>This browser says that it is <strong data-browser></strong>. If that is right, the clock of this box can be set by it. You
        may have to sign in again then.</p>
        <p class="error" role="alert" data-unset hidden></p>
        <p><button type="button">Set the clock by this browser</button></p></section>
        """
    }

    private func update(_ report: BoxReport) -> HTML {
        """
        <section class="card" aria-labelledby="update-title"><h2 id="update-title">Update</h2>
        <noscript><p>That needs JavaScript. Without it: <code>sprout box update FILE</code>.</p></noscript>
        <form data-update>
        <p>The new version is written beside the one that runs, and started: hosts, settings and images stay. If it does not
        answer, the box goes back by itself.</p>
        <p class="field"><label for="update">The file of the new version</label>
        <input id="update" type="file" accept=".update" required></p>
        \(report.bad.isEmpty ? nil : again(report))
        <div data-progress hidden><progress max="1" value="0" aria-label="Done"></progress><p role="status" data-said></p></div>
        <p class="error" role="alert" data-refused hidden></p>
        <p><button>Update</button></p></form></section>
        """
    }

    private func again(_ report: BoxReport) -> HTML {
        """
        <p class="field"><label><input id="again" type="checkbox"> Though it was tried before
        (\(report.bad.map(\.version).joined(separator: ", ")))</label></p>
        """
    }

    private var end: HTML {
        """
        <section class="card" aria-labelledby="end-title"><h2 id="end-title">Restart, switch off</h2>
        <form method="post" action="/appliance">
        <p>What is under way goes on when the box is back.</p>
        <p class="field"><label><input name="anyway" type="checkbox" value="yes"> Though hosts are being installed</label></p>
        <p><button name="action" value="restart">Restart</button>
        <button class="plain" name="action" value="power-off">Switch off</button></p></form></section>
        """
    }

    private var reset: HTML {
        let confirm = FormField(
            name: "confirm", label: "To erase it, type <strong>\(BoxReport.eraseWords)</strong>",
            attributes: "autocomplete=\"off\" autocapitalize=\"none\" required", problem: problem)
        return """
            <section class="card" aria-labelledby="reset-title"><h2 id="reset-title">Factory reset</h2>
            <details id="reset" \(problem?.field == "confirm" ? "open" : "" as HTML)><summary>Erase everything that this box knows</summary>
            <form method="post" action="/appliance">
            <p>Hosts, users, settings, keys, backups and the journal are gone, and no backup on this box is left. The machines that were installed
            stay as they are. It starts as it did when it was new, with another setup code on its screen.</p>
            <p class="field"><label><input name="keep_images" type="checkbox" value="yes" checked> Keep the images</label></p>
            \(confirm.html)
            <p><button class="destructive" name="action" value="factory-reset">Erase and restart</button></p></form></details></section>
            """
    }
}

/// On every page, until somebody has seen it: the box went back to the version from before, and why.
struct UpdateNotice {
    let sentence: String

    var html: HTML {
        """
        <div class="notice bad" role="alert"><p><strong>\(sentence)</strong></p>
        \(allowed(.admin, "<form method=\"post\" action=\"/appliance\"><p><button class=\"plain\" name=\"action\" value=\"seen\">I have seen it</button></p></form>"))
        </div>
        """
    }
}
