import Control
import HTTP
import Model
import Store

/// All logs inside an installer as one file: asked of its agent, and fetched here once they have come.
extension Site {
    func askForLogs(_ request: Request) async throws -> Response {
        try requireJSON(request)
        return try await sendAskForLogs(request.body, request)
    }

    func askForLogsByForm(_ request: Request) async throws -> Response {
        let wish = ["reason": try form(request)["reason"] ?? ""]
        let answer = try await sendAskForLogs(try JSON.encode(wish), request)
        guard answer.status == 202 else { throw Problem(answer.status, try problem(of: answer).detail) }
        return .redirect(to: "/ops/\(try await operation(of: request).id)#log-title")
    }

    private func sendAskForLogs(_ body: [UInt8], _ request: Request) async throws -> Response {
        let id = try await operation(of: request).id
        return try await sendOnce("POST", "/operations/\(id)/log/bundle", body, request)
    }

    func logBundle(_ request: Request) async throws -> Response {
        let operation = try await operation(of: request)
        guard let bytes = try await store.installerBundleFile(ofOperation: operation.id) else {
            let bundle = try await store.installerBundle(ofOperation: operation.id, at: .now())
            throw Problem(404, bundle.map(Self.words) ?? "Nobody has asked for all logs inside this installer.")
        }
        let host = try await store.host(operation.host)
        let name = "\(host.map { "\($0.hostname)" } ?? "installer")-\(operation.id)-logs.tar.gz"
        return Response(
            status: 200,
            headers: [
                "content-type": "application/gzip", "cache-control": "no-store",
                "content-disposition": "attachment; filename=\"\(name)\"",
            ], body: .bytes(bytes))
    }

    private static func words(_ bundle: InstallerBundle) -> String {
        bundle.problem.map { "All logs inside this installer were asked for, and have not come. \($0)" }
            ?? "All logs inside this installer are asked for, and have not come yet."
    }
}

/// The part of the log's pane that is about all logs as one file.
struct LogBundlePart {
    let operation: Operation
    let bundle: InstallerBundle?
    /// Whether its agent is there to be asked.
    let isHeard: Bool

    var html: HTML {
        """
        <div class="bundle" data-fresh="bundle" data-on="installer. host.">\(file)\(state)\
        \(bundle?.state == .asked ? nil : allowed(.operator, isHeard ? form : Self.unheard))</div>
        """
    }

    private var file: HTML? {
        guard let bundle, let moment = bundle.arrivedAt, let size = bundle.size else { return nil }
        return """
            <p><a class="button plain" href="/api/operations/\(operation.id)/log/bundle" download>Download all logs</a>
            <span class="quiet">\(Size.text(size)) · came \(Moment.html(moment))</span></p>
            """
    }

    private var state: HTML? {
        switch bundle?.state {
        case .asked:
            """
            <p class="quiet" role="status">All logs are asked for, \(Moment.html(bundle?.askedAt)): its agent collects them.
            <span class="unscripted">Load this page again to see whether they are there.</span></p>
            """
        case .failed: bundle?.problem.map { "<p class=\"error\" role=\"alert\">All logs were asked for: \($0)</p>" }
        case .arrived, nil: nil
        }
    }

    private var form: HTML {
        """
        <form method="post" action="/ops/\(operation.id)/log/bundle">
        <label class="hidden" for="bundle-reason">Why all logs are fetched</label>
        <input id="bundle-reason" name="reason" maxlength="200" placeholder="Why, if you like" autocomplete="off">
        <button class="plain">\(bundle?.arrivedAt == nil ? "Fetch all logs" : "Fetch all logs again")</button></form>
        """
    }

    /// Found by sprout.js, which asks for this part again once its agent is heard.
    private static var unheard: HTML { "<i data-unheard hidden></i>" }
}
