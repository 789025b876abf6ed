import Control
import HTTP
import Model
import Recipes
import Store

/// The pages: rendered here, useful as they are, and kept live by sprout.js.
extension Site {
    func hostPage(_ request: Request) async throws -> Response {
        try await hostPage(request, status: 200)
    }

    /// The newest event is asked for first: what happens while the rest is read is then sent to the page again.
    func hostPage(
        _ request: Request, refusal: RemovalRefusal? = nil, netboot: NetbootRefusal? = nil,
        power: PowerForm.Notice? = nil, status: Int
    ) async throws -> Response {
        let newest = try await store.newestEventID()
        let host = try await host(request)
        let events = try await store.events(ofHost: host.id, limit: 100)
        let history = try await store.history(ofHost: host.id, limit: 20)
        let main: HTML = """
            <nav aria-label="Way back"><a class="back" href="/">All hosts</a></nav>
            <article class="host" data-host="\(host.id)" data-state="\(host.state.rawValue)">
            <div class="title"><h1>\(host.hostname)</h1> \(Tile.badge(host.state))</div>
            <p class="sentence" data-field="sentence">\(try await store.sentence(of: host))</p>
            <span class="track" aria-hidden="true"></span>
            <div data-fresh="held" data-on="network. host.">\(try await store.isHeld(host) ? HeldNotice(host: host).html : nil)</div>
            <div data-fresh="verdict" data-on="netboot. host.">\(try await verdictNotice(on: host, request))</div>
            <div data-fresh="rebuild" data-on="host.">\
            \(allowed(.operator, RebuildForm(host: host, operation: history.first?.operation).html))</div>
            <div data-fresh="tasks" data-on="host.">\
            \(TaskList(host: host, tasks: try await store.tasks(ofHost: host.id)).html)</div>
            \(Self.facts(host))
            <div data-fresh="inventory" data-on="host.">\(try await store.inventory(ofHost: host.id).map(Self.facts))</div>
            <div data-fresh="ticks" data-on="host.">\(history.first?.preflight.map { JoinTicks(report: $0).html })</div>
            <div data-fresh="operations" data-on="host.">\(OperationList(records: history).html)</div>
            \(allowed(.operator, PowerForm(host: host, notice: power).html))
            \(allowed(.operator, NetbootForm(host: host, refusal: netboot).html))
            <div class="twin">
            <section><h2 id="timeline-title">Timeline</h2>
            <ol class="timeline" role="list" aria-labelledby="timeline-title" data-timeline="100">\
            \(events.map(TimelineEntry.html))</ol></section>
            <section><h2 id="wire-title">On the wire</h2>
            <div data-fresh="wire" data-on="netboot. host.">\
            \(WireList(sightings: try await store.sightings(of: host.mac, limit: 40)).html)</div></section>
            </div>
            \(allowed(.operator, RemovalForm(host: host, refusal: refusal).html))
            </article>
            <template id="entry">\(TimelineEntry.empty)</template>
            <template id="gone"><p class="notice" role="alert"><strong data-field="message"></strong> What you see is
            how it was; its history is kept. <a href="/">All hosts</a></p></template>
            """
        let prefix = refusal != nil ? "Not removed: " : netboot != nil ? "Not changed: " : ""
        return Frame(
            "\(prefix)\(host.hostname)", in: .hosts, newestEvent: newest, tally: try await Tally(store)
        ).page(main, status: status)
    }

    private func verdictNotice(on host: Host, _ request: Request) async throws -> HTML? {
        guard let verdict = try await store.verdict(on: host.mac) else { return nil }
        let server = try await ownAddress(request)
        let routers = RouterOptions.all(server: server, port: Surroundings().httpPort)
        return VerdictNotice(verdict: verdict, host: host, routers: routers).html
    }

    private static func facts(_ host: Host) -> HTML {
        """
        <dl class="facts">
        <div><dt>MAC address</dt><dd>\(host.macs.map { "<code>\($0)</code> " as HTML })</dd></div>
        <div><dt>Server type</dt><dd>\(host.serverType)</dd></div>
        <div><dt>In this state since</dt><dd>\(Moment.html(host.stateSince, field: "since"))</dd></div>
        <div><dt>Registered</dt><dd>\(Moment.html(host.createdAt))</dd></div>
        <div><dt>Labels</dt><dd>\(labels(host))</dd></div>
        <div><dt>Id</dt><dd><code>\(host.id)</code></dd></div>
        </dl>
        """
    }

    /// What it is made of, where its installer has told.
    private static func facts(_ inventory: Inventory) -> HTML {
        let report = inventory.report
        let disks = report.disks.map { "\($0.disk)\($0.isBootDisk ? " (installed on)" : "")" }
        return """
            <dl class="facts">
            <div><dt>Installed</dt><dd>Proxmox VE \(report.version ?? "") \(Moment.html(inventory.installedAt))</dd></div>
            <div><dt>Address</dt><dd>\((inventory.start?.addresses ?? []).joined(separator: ", "))</dd></div>
            <div><dt>Machine</dt><dd>\(report.dmi.system.name ?? "") \(report.dmi.system.serial ?? "")</dd></div>
            <div><dt>Disks</dt><dd>\(disks.joined(separator: "; "))</dd></div>
            <div><dt>File system</dt><dd>\(report.filesystem ?? "")</dd></div>
            <div><dt>Kernel</dt><dd>\(report.kernel ?? "")</dd></div>
            </dl>
            """
    }

    private static func labels(_ host: Host) -> HTML {
        guard !host.labels.isEmpty else { return "none" }
        let labels = host.labels.sorted { $0.key < $1.key }
        return "\(labels.map { "<span class=\"label\">\($0.key)=\($0.value)</span> " as HTML })"
    }

    // MARK: What could not be shown

    /// A browser gets a page to read and a way back; everybody else, and the API always, gets the problem as JSON.
    static func present(_ problem: Problem, to request: Request) -> Response {
        guard request.isForPage else { return problem.response }
        let title: HTML =
            switch problem.status {
            case 404: "Not found"
            case 500...: "This did not work"
            default: "Not accepted"
            }
        let main: HTML = """
            <section class="problem">
            <h1>\(title)</h1>
            <p>\(problem.detail)</p>
            <p><a class="button" href="/">All hosts</a></p>
            <p class="quiet">Status \(problem.status)\(request.id.map { ", request <code>\($0)</code>" as HTML })</p>
            </section>
            """
        var page = Frame(title.description, newestEvent: nil, tally: nil).page(main, status: problem.status)
        page.add(problem.headers)
        return page
    }
}
