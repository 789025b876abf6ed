import Control
import HTTP
import Model
import Store

/// All hosts at once on a screen that nobody operates: big, with nothing to press and no way to anywhere else.
extension Site {
    func wallPage(_ request: Request) async throws -> Response {
        let (hosts, newest) = try await store.snapshot()
        let page = WallPage(tiles: try await tiles(hosts), tally: try await Tally(store), newestEvent: newest)
        return page.response
    }
}

struct WallPage {
    let tiles: [Tile]
    let tally: Tally
    let newestEvent: Int64

    static let path = "/wall"

    static func link(_ token: String) -> String { "\(path)?token=\(token)" }

    /// Without JavaScript the browser loads it again by itself.
    var response: Response {
        let page: HTML = """
            <!doctype html>
            <html lang="en">
            \(Frame.head("Wall", script: "sprout.js", "<noscript><meta http-equiv=\"refresh\" content=\"30\"></noscript>"))
            <body class="wall" data-event="\(newestEvent)" data-stream="\(Self.path)/events">
            <header>
            <h1><span data-hosts-count>\(tally.hosts)</span> hosts</h1>
            \(tally.words)
            <div class="now">\(Frame.live)<p class="time"><time data-now>\(Self.clock)</time></p></div>
            </header>
            <main>
            <p class="empty" data-empty \(tiles.isEmpty ? "" : "hidden" as HTML)>No host yet.</p>
            <ul class="grid" role="list" aria-label="Hosts" data-hosts>\(tiles.map { $0.wallHTML })</ul>
            <template id="tile">\(Tile.emptyOnWall)</template>
            </main>
            </body>
            </html>

            """
        return .html(page.description)
    }

    /// Told to who comes with a link that lets nobody in.
    static var closed: Response {
        let page: HTML = """
            <!doctype html>
            <html lang="en">
            \(Frame.head("This link is not valid", script: "sprout.js", nil))
            <body class="wall">
            <main class="closed">
            <h1>This link is not valid any more</h1>
            <p>It was revoked, or its time is over. An admin makes another one on the page of tokens, or by
            <code>sprout tokens create --role wall</code>.</p>
            </main>
            </body>
            </html>

            """
        return .html(page.description, status: 403)
    }

    private static var clock: String { "\("\(Timestamp.now())".dropFirst(11).prefix(5)) UTC" }
}

extension Tile {
    /// What may be seen in passing: how the host is, and no way to it.
    fileprivate var wallHTML: HTML {
        Self.wallHTML(
            id: host.id, hostname: "\(host.hostname)", host.state, sentence, since: host.stateSince, glance)
    }

    /// The form of a tile, which sprout.js fills.
    fileprivate static var emptyOnWall: HTML {
        wallHTML(
            id: "", hostname: "", nil, "", since: nil,
            Glance(needsYou: false, isUnderWay: false, usual: nil, past: []))
    }

    private static func wallHTML(
        id: String, hostname: String, _ state: HostState?, _ sentence: String, since: Timestamp?, _ glance: Glance
    ) -> HTML {
        """
        <li class="tile" id="host-\(id)" data-host="\(id)" data-state="\(state?.rawValue ?? "")" \
        data-rank="\(glance.rank(of: state))">
        <div class="title"><h2 data-field="hostname">\(hostname)</h2> \(badge(state))</div>
        <p class="sentence" data-field="sentence">\(sentence)</p>
        <p class="clock">\(Moment.html(since, field: "since", form: glance.isUnderWay ? .elapsed : .ago)) \
        \(Usual.html(glance.usual, since: since))</p>
        <span class="track" aria-hidden="true"></span>
        </li>
        """
    }
}

/// An event as a wall gets it: what its tiles and its counts show, and nothing of what happened, to whom and by whom.
struct WallEvent: Encodable {
    private let id: Int64
    private let host: String?
    private let current: Current?
    private let sentence: String?
    private let glance: ShortGlance?
    private let counts: Tally

    private struct Current: Encodable {
        let hostname: Hostname
        let state: HostState
        let stateSince: Timestamp

        enum CodingKeys: String, CodingKey {
            case hostname, state
            case stateSince = "state_since"
        }
    }

    private struct ShortGlance: Encodable {
        let needsYou: Bool
        let isUnderWay: Bool
        let usual: Int?

        enum CodingKeys: String, CodingKey {
            case usual
            case needsYou = "needs_you"
            case isUnderWay = "under_way"
        }
    }

    init(_ live: LiveEvent) {
        (id, host, counts) = (live.event.id, live.event.host, live.counts)
        current = live.current.map { Current(hostname: $0.hostname, state: $0.state, stateSince: $0.stateSince) }
        sentence = live.sentence
        glance = live.glance.map {
            ShortGlance(needsYou: $0.needsYou, isUnderWay: $0.isUnderWay, usual: $0.usual)
        }
    }
}
