import Control
import HTTP
import Model

/// What is around every page: its head, its header, and the event up to which it is current.
struct Frame {
    private let title: String
    private let newestEvent: Int64?
    private let tally: Tally?

    /// A page without an event does not follow what happens.
    init(_ title: String, newestEvent: Int64?, tally: Tally?) {
        self.title = title
        self.newestEvent = newestEvent
        self.tally = tally
    }

    func page(_ main: HTML, status: Int) -> Response {
        let page: HTML = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(title) · Sprout</title>
            <link rel="stylesheet" href="/assets/sprout.css">
            <link rel="icon" href="/assets/sprout.svg" type="image/svg+xml">
            <script src="/assets/sprout.js" type="module"></script>
            </head>
            <body \(newestEvent.map { "data-event=\"\($0)\"" as HTML })>
            <a class="skip" href="#main">To the content</a>
            <header class="top"><a class="brand" href="/"><img src="/assets/sprout.svg" alt="" width="28" height="28"> \
            Sprout</a>\(tally.map(Self.status))</header>
            <main id="main">\(main)</main>
            </body>
            </html>

            """
        return .html(page.description, status: status)
    }

    private static func status(_ tally: Tally) -> HTML {
        """
        <p class="pill" role="status"><span data-under-way="\(tally.underWay)">\(tally.underWay)</span> under way · \
        <span class="failures" data-failed="\(tally.failed)"><span>\(tally.failed)</span> failed</span></p>
        <p class="live"><span role="status" data-live>as of</span> <span aria-hidden="true" data-live-age>\
        \(Moment.html(.now()))</span></p>
        """
    }
}

/// How many hosts there are, and how many want to be looked at.
struct Tally: Encodable {
    let hosts: Int
    let underWay: Int
    let failed: Int

    init(_ counts: [HostState: Int]) {
        hosts = counts.values.reduce(0, +)
        underWay = counts.filter(\.key.isUnderWay).values.reduce(0, +)
        failed = counts[.failed] ?? 0
    }

    init(_ hosts: [Host]) { self.init(Dictionary(hosts.map { ($0.state, 1) }, uniquingKeysWith: +)) }

    enum CodingKeys: String, CodingKey {
        case hosts, failed
        case underWay = "under_way"
    }
}
