import Control
import HTTP
import Model
import Store

/// What can be installed, what is being imported, and how more comes here.
extension Site {
    func imagesPage(_ request: Request) async throws -> Response {
        try await imagesPage(request, notice: nil, status: 200)
    }

    private func imagesPage(
        _ request: Request, notice: String?, refused: AddressForm.Refusal? = nil, status: Int
    ) async throws -> Response {
        let newest = try await store.newestEventID()
        let used = try await store.operations(
            OperationFilter(outcome: OperationFilter.underWay), after: nil, limit: 200)
        let list = ImageList(
            images: try await store.images(), imports: await imports(request),
            inUse: Set(used.compactMap(\.operation.image)))
        let main: HTML = """
            <h1>Images</h1>
            <p class="sentence">What can be installed: Proxmox VE 8.2 or newer, made ready from its ISO.</p>
            \(notice.map { "<p class=\"notice\" role=\"alert\">\($0)</p>" as HTML })
            <div data-fresh="images" data-on="image. host.advanced">\(list.html)</div>
            <div class="columns">\(allowed(.operator, "\(Self.upload)\(AddressForm(refusal: refused).html)"))</div>
            """
        return Frame(
            "Images", in: .images, newestEvent: newest, tally: try await Tally(store), script: "images.js"
        ).page(main, status: status)
    }

    /// Imports are the orchestrator's own memory: while it is away there are none to show.
    private func imports(_ request: Request) async -> [ImageImport] {
        let answer = try? await orchestrator.send(
            "GET", "/images/imports", actor: actor(request), request: request.id ?? "")
        guard let answer, answer.status == 200, case .bytes(let bytes) = answer.body else { return [] }
        return (try? JSON.decode(Imports.self, from: bytes).imports) ?? []
    }

    private struct Imports: Decodable { let imports: [ImageImport] }

    private static let upload: HTML = """
        <section class="card" aria-labelledby="upload-title">
        <h2 id="upload-title">Upload an ISO</h2>
        <noscript><p>That needs JavaScript. Without it: <code>sprout images import FILE</code>.</p></noscript>
        <form data-upload>
        <p class="field"><label for="iso">ISO as you downloaded it</label>
        <input id="iso" type="file" accept=".iso" required></p>
        <p class="field"><label for="sha256">Its SHA-256, if you have it</label>
        <input id="sha256" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="sha256-hint">
        <span class="hint" id="sha256-hint">Proxmox shows it beside the download: what is another is not imported.</span></p>
        <div data-progress hidden>
        <progress max="1" value="0" aria-label="Sent"></progress>
        <p role="status" data-said></p>
        </div>
        <p class="error" role="alert" data-refused hidden></p>
        <p><button>Upload</button> <button class="plain" type="button" data-pause hidden>Pause</button></p>
        <p class="hint">If this is cut off, choose the same file again: it goes on where it stopped.</p>
        </form>
        </section>
        """

    // MARK: What is fetched from an address

    func downloadByForm(_ request: Request) async throws -> Response {
        let fields = try form(request)
        let (url, sum) = (fields["url"] ?? "", fields["sha256"] ?? "")
        let body = try JSON.encode(["url": url].merging(sum.isEmpty ? [:] : ["sha256": sum]) { $1 })
        let answer = try await answer {
            try await orchestrator.send(
                "POST", "/images/downloads", body: body, actor: actor(request), request: try id(of: request))
        }
        if answer.status == 202 { return .redirect(to: "/images") }
        let refusal = AddressForm.Refusal(url: url, sha256: sum, problem: try problem(of: answer))
        return try await imagesPage(request, notice: nil, refused: refusal, status: answer.status)
    }

    func cancelDownloadByForm(_ request: Request) async throws -> Response {
        _ = try form(request)
        let id = Percent.encoded(request.parameters["id"] ?? "")
        let answer = try await answer {
            try await orchestrator.send(
                "DELETE", "/images/downloads/\(id)", actor: actor(request), request: try self.id(of: request))
        }
        if answer.status == 204 { return .redirect(to: "/images") }
        return try await imagesPage(request, notice: try problem(of: answer).detail, status: answer.status)
    }

    // MARK: What is done with one: below /image, since nginx keeps what is below /images to itself

    func verifyImageByForm(_ request: Request) async throws -> Response {
        try await tellImage(request, "POST", "/verify") { image in
            "All files of \(image) are as they were imported."
        }
    }

    func removeImageByForm(_ request: Request) async throws -> Response {
        let id = request.parameters["id"] ?? ""
        guard try form(request)["sure"] == "yes" else {
            return try await imagesPage(
                request, notice: "To remove \(id.prefix(60)), say that you mean it: tick the box.", status: 422)
        }
        return try await tellImage(request, "DELETE", "") { "\($0) was removed." }
    }

    private func tellImage(
        _ request: Request, _ method: String, _ verb: String, _ sentence: (String) -> String
    ) async throws -> Response {
        _ = try form(request)
        let image = request.parameters["id"] ?? ""
        let answer = try await answer {
            try await orchestrator.send(
                method, "/images/\(Percent.encoded(image))\(verb)", actor: actor(request), request: try id(of: request))
        }
        if answer.status < 300 {
            return try await imagesPage(request, notice: sentence(image), status: 200)
        }
        return try await imagesPage(request, notice: try problem(of: answer).detail, status: answer.status)
    }
}

/// The form that imports from an address.
private struct AddressForm {
    let refusal: Refusal?

    /// What was asked for in vain, to be shown again as it was filled in.
    struct Refusal {
        let url: String
        let sha256: String
        let problem: ReceivedProblem

        var isAboutSum: Bool { problem.field == "sha256" }
    }

    var html: HTML {
        """
        <section class="card" aria-labelledby="address-title">
        <h2 id="address-title">From an address</h2>
        <form method="post" action="/image/download" data-download>
        <p class="field"><label for="url">Address of the ISO</label>
        <input id="url" name="url" type="url" required maxlength="2000" value="\(refusal?.url ?? "")" autocomplete="off" \
        autocapitalize="none" spellcheck="false" placeholder="https://" aria-describedby="url-hint\(mark(false))">
        \(error(false))<span class="hint" id="url-hint">The box fetches it itself, on this network or from the Internet.</span></p>
        <p class="field"><label for="url-sha256">SHA-256 of the ISO, if you have it</label>
        <input id="url-sha256" name="sha256" value="\(refusal?.sha256 ?? "")" autocomplete="off" autocapitalize="none" \
        spellcheck="false" aria-describedby="url-sha256-hint\(mark(true))">
        \(error(true))<span class="hint" id="url-sha256-hint">Without it, the one that lies beside the file is taken: in a file \
        of its own (<code>.sha256</code>), or in <code>SHA256SUMS</code>.</span></p>
        <p class="error" role="alert" data-refused hidden></p>
        <p><button>Fetch</button></p>
        <p class="hint">It goes on when this page is closed, and after a restart.</p>
        </form>
        </section>
        """
    }

    private func mark(_ isAboutSum: Bool) -> HTML {
        refusal?.isAboutSum == isAboutSum ? " \(isAboutSum ? "url-sha256" : "url")-error\" aria-invalid=\"true" : ""
    }

    private func error(_ isAboutSum: Bool) -> HTML? {
        guard let refusal, refusal.isAboutSum == isAboutSum else { return nil }
        let id = isAboutSum ? "url-sha256-error" : "url-error"
        return "<span class=\"error\" role=\"alert\" id=\"\(id)\">\(refusal.problem.detail)</span>"
    }
}

private struct ImageList {
    let images: [InstallerImage]
    let imports: [ImageImport]
    /// Those that an operation under way installs.
    let inUse: Set<String>

    var html: HTML {
        let running = imports.filter { $0.image == nil }
        guard !images.isEmpty || !running.isEmpty else {
            return """
                <p class="empty">There is nothing to install yet. Upload the ISO of Proxmox VE: you get it at
                proxmox.com/downloads.</p>
                """
        }
        return """
            <ul class="rows images" role="list" aria-label="Imports and images">\(running.map(row))\(images.map(row))</ul>
            """
    }

    private func row(_ one: ImageImport) -> HTML {
        if let problem = one.problem {
            return """
                <li data-import="\(one.id)"><strong>\(one.source)</strong> <p class="notice">\(problem)</p>
                \(allowed(.operator, ending(one, "Dismiss")))</li>
                """
        }
        return """
            <li data-import="\(one.id)" data-running><strong>\(one.source)</strong> <span data-step>\(progress(one))</span>
            <progress max="\(max(1, one.total))" value="\(one.done)" aria-label="\(one.source)"></progress>
            \(one.step == "fetching" ? allowed(.operator, ending(one, "Cancel")) : nil)
            <p class="hint" data-note>\(one.note ?? "")</p></li>
            """
    }

    /// As images.js says it too.
    private func progress(_ one: ImageImport) -> String {
        one.total > 1 ? "\(one.step): \(one.done * 100 / one.total) %" : one.step
    }

    private func ending(_ one: ImageImport, _ word: HTML) -> HTML {
        """
        <form method="post" action="/image/download/\(one.id)/cancel" data-cancel>
        <button class="plain">\(word)</button></form>
        """
    }

    private func row(_ image: InstallerImage) -> HTML {
        """
        <li><strong>\(image.product) \(image.release)-\(image.build)</strong> <code>\(image.id)</code>
        \(image.isForRehearsal ? "<span class=\"label\">installs nothing</span>" : "" as HTML)
        <span class="quiet">\(Size.text(image.size)) · imported \(Moment.html(image.importedAt)) · \(checked(image))</span>
        \(image.damage.map { "<p class=\"notice\" role=\"alert\">\($0)</p>" as HTML })
        \(withoutProgress(image))
        <details id="image-\(image.id)"><summary>More</summary>
        <dl><div><dt>From</dt><dd>\(image.source)</dd></div>
        <div><dt>SHA-256</dt><dd><code>\(image.sha256)</code></dd></div></dl>
        \(allowed(.operator, "\(check(image))\(removal(image))"))
        </details></li>
        """
    }

    private func withoutProgress(_ image: InstallerImage) -> HTML? {
        guard !image.isForRehearsal, let reason = image.agentObstacle else { return nil }
        return "<p class=\"quiet\">No live progress for this release, because \(reason).</p>"
    }

    private func checked(_ image: InstallerImage) -> HTML {
        if image.damage != nil { return "damaged" }
        return image.checkedAt.map { "checked \(Moment.html($0))" } ?? "checked when it was imported"
    }

    private func check(_ image: InstallerImage) -> HTML {
        """
        <form method="post" action="/image/\(image.id)/verify"><button class="plain">Check all its files now</button></form>
        """
    }

    private func removal(_ image: InstallerImage) -> HTML {
        if inUse.contains(image.id) {
            return "<p class=\"hint\">It is being installed: it can be removed afterwards.</p>"
        }
        return """
            <form method="post" action="/image/\(image.id)/remove">
            <p class="field"><label><input type="checkbox" name="sure" value="yes" required> Nobody needs it any more</label></p>
            <button class="destructive">Remove \(image.id)</button></form>
            """
    }
}

/// A number of bytes as people say it.
enum Size {
    static func text(_ bytes: Int64) -> String {
        let units = [("GB", Int64(1_000_000_000)), ("MB", 1_000_000), ("kB", 1000)]
        guard let (name, size) = units.first(where: { bytes >= $0.1 }) else { return "\(bytes) bytes" }
        let tenths = bytes * 10 / size
        return tenths >= 100 ? "\(tenths / 10) \(name)" : "\(tenths / 10).\(tenths % 10) \(name)"
    }
}
