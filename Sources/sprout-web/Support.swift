import Control
import HTTP
import Linux
import Model

/// What whoever helps is given: collected by one press, and sent to admins alone.
extension Site {
    func collectSupportByForm(_ request: Request) async throws -> Response {
        _ = try form(request)
        let answer = try await ask("/box/support", [String: String](), request)
        guard answer.status < 300 else { throw Problem(answer.status, try problem(of: answer).detail) }
        return .redirect(to: "/settings#support")
    }

    func downloadSupport(_ request: Request) async throws -> Response {
        let name = SupportReport.fileName
        guard let folder = Surroundings().support, let file = try? File("\(folder)/\(name)") else {
            throw Problem(404, "Nothing is collected: POST /api/box/support has it collected.")
        }
        var response = Response.file(file, type: "application/gzip", for: request)
        response.headers["content-disposition"] = "attachment; filename=\"\(name)\""
        return response
    }
}

struct SupportSection {
    let report: SupportReport

    var html: HTML {
        """
        <section class="card settings" id="support" aria-labelledby="support-title">
        <h2 id="support-title">For whoever helps</h2>
        <p>One file says what happened here: hosts, events, settings, what was seen of machines that fail, and the journal of two
        days. Secrets are taken out of it; names and addresses are not: look into it before you give it away.</p>
        \(state)</section>
        """
    }

    private var state: HTML {
        if let obstacle = report.obstacle { return "<p class=\"notice\">\(obstacle)</p>" }
        if report.isUnderWay { return "<p class=\"waiting\" role=\"status\">It is being collected…</p>" }
        guard let moment = report.collectedAt, let size = report.size else {
            return """
                \(report.problem.map { "<p class=\"error\" role=\"alert\">\($0)</p>" as HTML })
                \(collect("Collect it"))
                """
        }
        return """
            <p role="status"><a class="button" href="/api/box/support/file" download>Download it</a>
            <span class="quiet">\(Size.text(size)) · collected \(Moment.html(moment))</span></p>
            \(collect("Collect it again"))
            """
    }

    private func collect(_ label: HTML) -> HTML {
        "<form method=\"post\" action=\"/settings/support\"><button class=\"plain\">\(label)</button></form>"
    }
}
