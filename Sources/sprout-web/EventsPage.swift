import Control
import HTTP
import Model
import Store

/// What happened and who caused it, page by page.
extension Site {
    func eventsPage(_ request: Request) async throws -> Response {
        let newest = try await store.newestEventID()
        let search = try EventSearch(request)
        let filter = EventFilter(
            host: try await hostID(request), kind: search.kind,
            since: search.day.map { Timestamp.now() + .seconds(-86_400 * $0) }, actor: search.actor)
        let found = try await store.events(filter, before: search.before, limit: EventSearch.pageSize + 1)
        let events = Array(found.prefix(EventSearch.pageSize))
        let isLive = search.isEmpty && search.before == nil
        let main: HTML = """
            <h1>Events</h1>
            <p class="sentence">All that happened, and who caused it: nothing is ever changed here.
            Work on hosts has <a href="/ops">a list of its own</a>.</p>
            \(search.html)
            \(events.isEmpty ? "<p class=\"empty\">Nothing like that has happened. <a href=\"/timeline\">Show all</a></p>" : "" as HTML)
            <ol class="timeline" role="list" aria-label="Events, the latest first" \
            \(isLive ? "data-timeline=\"\(EventSearch.pageSize)\"" : "" as HTML)>\(events.map(TimelineEntry.html))</ol>
            \(found.count > events.count ? events.last.map { search.older(than: $0.id) } : nil)
            <template id="entry">\(TimelineEntry.empty)</template>
            """
        return Frame("Events", in: .events, newestEvent: newest, tally: try await Tally(store)).page(main, status: 200)
    }
}

/// Which events are looked for.
private struct EventSearch {
    static let pageSize = 100
    /// How far back, in days.
    private static let spans = [1, 7, 30]

    let host: String?
    let actor: String?
    let kind: Event.Kind?
    let day: Int?
    let before: Int64?

    init(_ request: Request) throws(Problem) {
        func text(_ name: String) -> String? {
            request.query[name].flatMap { $0.isEmpty ? nil : String($0.prefix(200)) }
        }
        (host, actor) = (text("host"), text("actor"))
        kind = text("kind") == nil ? nil : try request.choice("kind", of: Event.Kind.allCases)
        day = text("days").flatMap { Int($0) }.flatMap { Self.spans.contains($0) ? $0 : nil }
        before = try request.number("after")
    }

    var isEmpty: Bool { host == nil && actor == nil && kind == nil && day == nil }

    var html: HTML {
        """
        <form class="filters" action="/timeline">
        <p class="field"><label for="q">Host</label><input id="q" name="host" value="\(host ?? "")" autocomplete="off"
        autocapitalize="none" spellcheck="false" aria-keyshortcuts="/"></p>
        <p class="field"><label for="kind">What</label><select id="kind" name="kind"><option value="">everything</option>\
        \(Event.Kind.allCases.map { option($0.rawValue, $0.rawValue, isChosen: $0 == kind) })</select></p>
        <p class="field"><label for="actor">Who</label><input id="actor" name="actor" value="\(actor ?? "")"
        autocomplete="off" autocapitalize="none" spellcheck="false"></p>
        <p class="field"><label for="days">When</label><select id="days" name="days"><option value="">ever</option>\
        \(Self.spans.map { option("\($0)", $0 == 1 ? "today and yesterday" : "the last \($0) days", isChosen: $0 == day) })\
        </select></p>
        <button class="plain">Show</button>
        </form>
        """
    }

    private func option(_ value: String, _ text: String, isChosen: Bool) -> HTML {
        "<option value=\"\(value)\" \(isChosen ? "selected" : "" as HTML)>\(text)</option>"
    }

    func older(than id: Int64) -> HTML {
        let pairs = [
            ("host", host), ("actor", actor), ("kind", kind?.rawValue), ("days", day.map { "\($0)" }),
            ("after", "\(id)"),
        ]
        let query = pairs.compactMap { name, value in value.map { "\(name)=\(Percent.encoded($0))" } }
        return
            "<p><a class=\"button plain\" rel=\"next\" href=\"/timeline?\(query.joined(separator: "&"))\">Older</a></p>"
    }
}
