import Control
import HTTP
import Model
import Store

/// What is seen on the wire as it happens, and why machines do not get on.
extension Site {
    func wirePage(_ request: Request) async throws -> Response {
        let newest = try await store.newestEventID()
        let sightings = try await store.sightings(limit: 200)
        let names = try await hostnames()
        let verdicts = try await store.verdicts().sorted { $0.key.bits < $1.key.bits }
        let main: HTML = """
            <h1>Wire</h1>
            <p class="sentence">Each step of every machine that netboots, as it happens.</p>
            <div data-fresh="verdicts" data-on="netboot. discovery. host.noticed host.advanced identity.">
            \(verdicts.map { Self.verdict($0.key, $0.value, names[$0.key]) })</div>
            <div class="search"><label class="hidden" for="q">Only lines with</label>
            <input id="q" type="search" placeholder="Name, MAC address or words" autocomplete="off" autocapitalize="none"
            spellcheck="false" aria-keyshortcuts="/" data-lines hidden>
            <button class="plain shown" type="button" aria-pressed="false" data-pause hidden>Pause</button></div>
            <p class="empty" data-nothing \(sightings.isEmpty ? "" : "hidden" as HTML)>Nothing was seen yet. Let a machine
            boot from the network: its first question appears here. If nothing does, it is not connected to this network,
            or network boot is off: see <a href="/settings">the settings</a>.</p>
            <ol class="wire" role="list" aria-label="Seen on the wire, the latest first" \
            data-wire="\(sightings.last?.id ?? 0)">\
            \(sightings.reversed().map { WireRow(sighting: $0, hostname: $0.mac.flatMap { names[$0] }).html })</ol>
            <template id="sighting">\(WireRow.empty)</template>
            """
        return Frame(
            "Wire", in: .wire, newestEvent: newest, tally: try await Tally(store), script: "wire.js"
        ).page(main, status: 200)
    }

    private func hostnames() async throws -> [MACAddress: Hostname] {
        let (hosts, _) = try await store.snapshot()
        return Dictionary(hosts.flatMap { host in host.macs.map { ($0, host.hostname) } }) { $1 }
    }

    private static func verdict(_ mac: MACAddress, _ verdict: Verdict, _ hostname: Hostname?) -> HTML {
        let who: HTML = hostname.map { "<a href=\"/hosts/\($0)\">See \($0)</a>" } ?? "<code>\(mac)</code>"
        return "<p class=\"notice\" role=\"status\">\(verdict.sentence) \(verdict.remedy) \(who)</p>"
    }
}

/// A step of one machine as a line.
private struct WireRow {
    let sighting: Sighting
    let hostname: Hostname?

    var html: HTML {
        Self.html(
            at: sighting.at, mac: sighting.mac.map { "\($0)" } ?? "", hostname: hostname.map { "\($0)" } ?? "",
            sentence: "\(sighting)")
    }

    /// The form of a line, which wire.js fills.
    static var empty: HTML { html(at: nil, mac: "", hostname: "", sentence: "") }

    private static func html(at moment: Timestamp?, mac: String, hostname: String, sentence: String) -> HTML {
        """
        <li>\(Moment.html(moment, form: .clock)) <span class="who"><strong data-field="hostname">\(hostname)</strong> \
        <code data-field="mac">\(mac)</code></span> <span data-field="sentence">\(sentence)</span></li>
        """
    }
}
