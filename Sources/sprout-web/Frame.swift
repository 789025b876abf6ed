import Control
import HTTP
import Model
import Store

/// What is around every page: its head, its header, and the event up to which it is current.
struct Frame {
    private let title: String
    private let section: Section?
    private let newestEvent: Int64?
    private let tally: Tally?
    private let script: String

    /// A page without an event does not follow what happens; one that does more than follow names its own script.
    init(
        _ title: String, in section: Section? = nil, newestEvent: Int64?, tally: Tally?, script: String = "sprout.js"
    ) {
        self.title = title
        self.section = section
        self.newestEvent = newestEvent
        self.tally = tally
        self.script = script
    }

    func page(_ main: HTML, status: Int) -> Response {
        let caller = Caller.current
        let page: HTML = """
            <!doctype html>
            <html lang="en">
            \(Self.head(title, script: script, caller.proof.map { "<meta name=\"csrf\" content=\"\($0)\">" }))
            <body \(newestEvent.map { "data-event=\"\($0)\"" as HTML })>
            <a class="skip" href="#main">To the content</a>
            <header class="top">
            <a class="brand" href="/"><img src="/assets/sprout.svg" alt="" width="28" height="28"> Sprout</a>
            \(allowed(.viewer, "<nav class=\"sections\" aria-label=\"Parts of the dashboard\">\(Section.allCases.map(link))</nav>"))
            <div class="now">\(tally.map(\.pill))\(newestEvent.map { _ in Self.live })\
            \(caller.user.map { Self.account($0.user) })</div>
            </header>
            <main id="main">\(tally.map(Self.network))\(main)</main>
            \(Self.keys)
            </body>
            </html>

            """
        return .html(caller.proving(page.description), status: status)
    }

    static func head(_ title: String, script: String, _ more: HTML?) -> HTML {
        """
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
        <meta name="color-scheme" content="light dark">
        <title>\(title) · Sprout</title>
        <link rel="stylesheet" href="/assets/sprout.css">
        <link rel="icon" href="/assets/sprout.svg" type="image/svg+xml">
        <script src="/assets/\(script)" type="module"></script>
        \(more)
        </head>
        """
    }

    private static func network(_ tally: Tally) -> HTML {
        "<div data-fresh=\"network\" data-on=\"network. host. clock. update.\">\(clock)\(tally.update?.html)\(tally.network?.html)</div>"
    }

    private static var clock: HTML? {
        guard !Timestamp.now().isPlausible else { return nil }
        return """
            <p class="notice" role="alert">The clock of this box says that it is \("\(Timestamp.now())"), which cannot be. Machines are
            answered all the same; but what is valid for a time (certificates of others, sessions, tokens) may be refused. <a
            href="/appliance">Set it</a></p>
            """
    }

    private static func account(_ user: User) -> HTML {
        "<p class=\"account\"><a href=\"/account\">\(user.name)</a></p>"
    }

    private func link(_ other: Section) -> HTML {
        let mark: HTML = other == section ? "aria-current=\"page\"" : ""
        return "<a href=\"\(other.path)\" \(mark)>\(other.icon) <span>\(other.name)</span></a>"
    }

    static var live: HTML {
        """
        <p class="live"><span role="status" data-live>as of</span> <span aria-hidden="true" data-live-age>\
        \(Moment.html(.now()))</span></p>
        """
    }

    /// What sprout.js makes of single keys; without it there are none, and nothing is shown.
    private static let keys: HTML = """
        <dialog id="keys" aria-labelledby="keys-title">
        <h2 id="keys-title">Keys</h2>
        <dl>
        <div><dt><kbd>/</kbd></dt><dd>search</dd></div>
        <div><dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next and previous host or row</dd></div>
        <div><dt><kbd>Enter</kbd></dt><dd>open it</dd></div>
        <div><dt><kbd>?</kbd></dt><dd>show these keys</dd></div>
        <div><dt><kbd>Esc</kbd></dt><dd>close them, or clear the search</dd></div>
        </dl>
        <form method="dialog"><button class="plain">Close</button></form>
        </dialog>
        """
}

/// How many hosts there are, and how many want to be looked at.
struct Tally: Encodable {
    let hosts: Int
    let underWay: Int
    let failed: Int
    let needsYou: Int
    /// What a page says above all else.
    private(set) var network: NetworkNotice?
    private(set) var update: UpdateNotice?

    init(_ counts: [HostState: Int], needsYou: Int) {
        hosts = counts.values.reduce(0, +)
        underWay = counts.filter(\.key.isUnderWay).values.reduce(0, +)
        failed = counts[.failed] ?? 0
        self.needsYou = needsYou
    }

    init(_ store: Store) async throws {
        self.init(try await store.stateCounts(), needsYou: try await store.hostsInNeed().count)
        network = try await NetworkNotice(store)
        update = try await store.updateProblem().map { UpdateNotice(sentence: $0) }
    }

    var pill: HTML { "<a class=\"pill\" href=\"/?show=needs_you\">\(words)</a>" }

    /// sprout.js writes the same when a number changes.
    var words: HTML {
        """
        <span role="status"><span data-under-way="\(underWay)">\(underWay) installing</span> · \
        <span class="need" data-needs-you="\(needsYou)">\(needsYou) \(needsYou == 1 ? "needs" : "need") you</span></span>
        """
    }

    enum CodingKeys: String, CodingKey {
        case hosts, failed
        case underWay = "under_way"
        case needsYou = "needs_you"
    }
}
