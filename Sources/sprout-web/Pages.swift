import Control
import HTTP
import Model
import Store

/// The pages: rendered here, useful as they are, and kept live by sprout.js.
extension Site {
    func dashboard(_ request: Request) async throws -> Response { try await dashboard(refusal: nil, status: 200) }

    func dashboard(refusal: FormRefusal?, status: Int) async throws -> Response {
        let (hosts, newest) = try await store.snapshot()
        let types = try await store.serverTypes()
        let body: HTML = """
            \(types.problem.map(Self.settingsProblem))
            <section aria-labelledby="hosts-title">
            <h1 id="hosts-title">Hosts <span class="count" data-count>\(hosts.count)</span></h1>
            <div class="grid" data-hosts>\(hosts.map(Self.tile))</div>
            <p class="empty" data-empty \(hosts.isEmpty ? "" : "hidden" as HTML)>No host yet. Register your first machine below: \
            all it needs is the MAC address that is printed on it.</p>
            </section>
            \(Self.registration(types, refusal))
            <template id="tile">\(Self.tile(nil))</template>
            """
        return .html(Self.page(title: "Hosts", newestEvent: newest, hosts: hosts, body).description, status: status)
    }

    func hostPage(_ request: Request) async throws -> Response {
        try await page(of: try await host(request), notice: nil, status: 200)
    }

    func page(of host: Host, notice: String?, status: Int) async throws -> Response {
        let (hosts, newest) = try await store.snapshot()
        let events = try await store.events(ofHost: host.id, limit: 100)
        let body: HTML = """
            <p><a href="/">← All hosts</a></p>
            \(notice.map { "<p class=\"notice\" role=\"alert\">\($0)</p>" })
            <section class="host" data-page-host="\(host.id)">
            <h1>\(host.hostname) \(Self.badge(host.state))</h1>
            <p data-field="sentence">\(host.state.sentence)</p>
            <dl>
            <dt>MAC address</dt><dd>\(host.macs.map { "<code>\($0)</code> " as HTML })</dd>
            <dt>Server type</dt><dd>\(host.serverType)</dd>
            <dt>In this state since</dt><dd>\(Self.time(host.stateSince, name: "since"))</dd>
            <dt>Registered</dt><dd>\(Self.time(host.createdAt))</dd>
            <dt>Labels</dt><dd>\(Self.labels(host))</dd>
            <dt>Id</dt><dd><code>\(host.id)</code></dd>
            </dl>
            <h2>Timeline</h2>
            <ol class="timeline" data-timeline>\(events.map(Self.line))</ol>
            <template id="line"><li><time data-field="at"></time> <span data-field="message"></span></li></template>
            \(Self.removal(host))
            </section>
            """
        let page = Self.page(title: "\(host.hostname)", newestEvent: newest, hosts: hosts, body)
        return .html(page.description, status: status)
    }

    // MARK: Parts

    private static func page(title: String, newestEvent: Int64, hosts: [Host], _ body: HTML) -> HTML {
        let underWay = hosts.filter(\.state.isUnderWay).count
        let failed = hosts.filter { $0.state == .failed }.count
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title) · Sprout</title>
            <link rel="stylesheet" href="/assets/sprout.css">
            <link rel="icon" href="/assets/sprout.svg" type="image/svg+xml">
            <script src="/assets/sprout.js" type="module"></script>
            </head>
            <body data-event="\(newestEvent)">
            <header><a class="brand" href="/"><img src="/assets/sprout.svg" alt="" width="28" height="28"> Sprout</a>
            <p class="pill"><span data-under-way>\(underWay)</span> under way · <span data-failed>\(failed)</span> failed</p>
            <p class="live" data-live role="status">as of the page's load</p></header>
            <main>\(body)</main>
            </body>
            </html>

            """
    }

    /// A host's tile; without a host, the empty form of it that sprout.js fills.
    private static func tile(_ host: Host?) -> HTML {
        """
        <article class="tile" data-host="\(host?.id ?? "")" data-state="\(host?.state.rawValue ?? "")">
        <h2><a data-field="hostname" href="/hosts/\(host?.id ?? "")">\(host?.hostname.description ?? "")</a></h2>
        <p>\(badge(host?.state))</p>
        <p class="sentence" data-field="sentence">\(host?.state.sentence ?? "")</p>
        <p class="facts"><code data-field="mac">\(host?.mac.description ?? "")</code>
        <span data-field="server_type">\(host?.serverType ?? "")</span></p>
        </article>
        """
    }

    private static func badge(_ state: HostState?) -> HTML {
        "<span class=\"badge\" data-field=\"state\" data-state=\"\(state?.rawValue ?? "")\">\(state?.rawValue ?? "")</span>"
    }

    private static func time(_ moment: Timestamp, name: String = "at") -> HTML {
        "<time data-field=\"\(name)\" datetime=\"\(moment)\">\(moment)</time>"
    }

    private static func line(_ event: Event) -> HTML {
        "<li data-event=\"\(event.id)\">\(time(event.at)) <span>\(event.message)</span> <small>\(event.actor)</small></li>"
    }

    private static func labels(_ host: Host) -> HTML {
        guard !host.labels.isEmpty else { return "none" }
        let labels = host.labels.sorted { $0.key < $1.key }
        return "\(labels.map { "<span class=\"label\">\($0.key)=\($0.value)</span> " as HTML })"
    }

    private static func settingsProblem(_ problem: String) -> HTML {
        """
        <div class="notice" role="alert"><p><strong>server-types.yaml has a mistake; the last good version stays in
        force.</strong></p><pre>\(problem)</pre></div>
        """
    }

    private static func registration(_ types: ServerTypesInForce, _ refusal: FormRefusal?) -> HTML {
        """
        <section aria-labelledby="register-title">
        <h2 id="register-title">Register a machine</h2>
        <form method="post" action="/hosts" class="register">
        \(field("mac", "MAC address", "52:54:00:12:34:56", refusal?.draft.mac, refusal, isRequired: true))
        \(field("hostname", "Host name (left empty: the next free one)", "pve-01", refusal?.draft.hostname, refusal))
        <p class="field"><label for="server_type">Server type</label>
        <select id="server_type" name="server_type" \(mark(refusal, "server_type"))>
        \(types.types.map { option($0, isChosen: $0.key == refusal?.draft.serverType) })
        </select>\(message(refusal, "server_type"))</p>
        \(refusal.flatMap { $0.problem.field == nil ? "<p class=\"error\" role=\"alert\">\($0.problem.detail)</p>" : nil })
        <p><button>Register</button></p>
        </form>
        </section>
        """
    }

    private static func option(_ type: ServerTypesInForce.Entry, isChosen: Bool) -> HTML {
        "<option value=\"\(type.key)\" \(isChosen ? "selected" : "" as HTML)>\(type.displayName)</option>"
    }

    private static func field(
        _ name: String, _ label: String, _ example: String, _ value: String?, _ refusal: FormRefusal?,
        isRequired: Bool = false
    ) -> HTML {
        """
        <p class="field"><label for="\(name)">\(label)</label>
        <input id="\(name)" name="\(name)" value="\(value ?? "")" placeholder="\(example)" autocomplete="off"
        spellcheck="false" \(isRequired ? "required" : "" as HTML) \(mark(refusal, name))>\(message(refusal, name))</p>
        """
    }

    private static func mark(_ refusal: FormRefusal?, _ name: String) -> HTML {
        guard refusal?.problem.field == name else { return "" }
        return "aria-invalid=\"true\" aria-describedby=\"\(name)-error\""
    }

    private static func message(_ refusal: FormRefusal?, _ name: String) -> HTML? {
        guard let refusal, refusal.problem.field == name else { return nil }
        return "<span class=\"error\" role=\"alert\" id=\"\(name)-error\">\(refusal.problem.detail)</span>"
    }

    private static func removal(_ host: Host) -> HTML {
        """
        <details class="danger"><summary>Remove this host</summary>
        <form method="post" action="/hosts/\(host.id)/remove">
        <p>Sprout forgets \(host.hostname); the machine itself is not touched, and its history stays in the events.</p>
        <p class="field"><label for="confirm">Type <strong>\(host.hostname)</strong> to confirm</label>
        <input id="confirm" name="confirm" autocomplete="off" spellcheck="false" required></p>
        <p><button>Remove</button></p></form></details>
        """
    }
}
