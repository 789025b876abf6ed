import Control
import HTTP
import Model
import Store

/// All machines that netboot and are no hosts, those that are ignored too.
extension Site {
    func discoveriesPage(_ request: Request) async throws -> Response {
        try await discoveriesPage(refusal: nil, status: 200)
    }

    func discoveriesPage(refusal: AdoptionRefusal?, status: Int) async throws -> Response {
        let newest = try await store.newestEventID()
        let discoveries = try await store.discoveries()
        let list = DiscoveryList(
            discoveries: discoveries, types: try await store.serverTypes().types,
            verdicts: try await store.verdicts(), refusal: refusal)
        // What was adopted or ignored meanwhile has no form any more.
        let isShown = discoveries.contains { "\($0.mac)" == refusal?.mac }
        let main: HTML = """
            <h1>Discoveries</h1>
            \(isShown ? nil : refusal?.problem.html(besides: []))
            <p class="sentence">Machines that netboot and are no hosts. They start from their own disk: nothing is ever
            installed by being seen.</p>
            <div data-fresh="discoveries" data-on="discovery. netboot.stalled identity. host.registered host.changed">
            \(list.html ?? Self.waiting)
            \(IgnoredList(discoveries: try await store.discoveries(ignored: true)).html)
            </div>
            """
        let title = refusal == nil ? "Discoveries" : "Not adopted"
        return Frame(title, in: .discoveries, newestEvent: newest, tally: try await Tally(store))
            .page(main, status: status)
    }

    private static let waiting: HTML = """
        <section class="empty waiting">
        <h2>Waiting for a machine</h2>
        <p>Connect one to this network, switch it on, and let it boot from the network: on most machines that is F12, F11
        or Esc right after power-on. It appears here by itself. If it does not, <a href="/wire">the wire</a> shows what
        was heard of it.</p>
        </section>
        """
}

/// The machines that somebody did not want to see.
private struct IgnoredList {
    let discoveries: [Discovery]

    var html: HTML? {
        guard !discoveries.isEmpty else { return nil }
        return """
            <details class="more" id="ignored"><summary>Ignored (\(discoveries.count))</summary>
            <ul class="rows" role="list">\(discoveries.map(row))</ul></details>
            """
    }

    private func row(_ discovery: Discovery) -> HTML {
        """
        <li><span>\(discovery.summary)</span> <code>\(discovery.mac)</code>
        <span class="quiet">seen \(Moment.html(discovery.lastSeen))</span>
        \(allowed(.operator, showAgain(discovery)))</li>
        """
    }

    private func showAgain(_ discovery: Discovery) -> HTML {
        """
        <form method="post" action="/discoveries/\(discovery.mac)/ignore">
        <input type="hidden" name="ignored" value="no"><button class="plain">Show it again</button></form>
        """
    }
}
