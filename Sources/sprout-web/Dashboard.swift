import Control
import HTTP
import Model
import Store

/// The first page: all hosts, those that need somebody first, what else netboots, and what happened.
extension Site {
    func dashboard(_ request: Request) async throws -> Response {
        try await dashboard(
            HostSearch(request), refusal: nil, notice: try await gettingStarted(), status: 200)
    }

    func dashboard(
        _ search: HostSearch = HostSearch(), refusal: FormRefusal?, notice: HTML? = nil, status: Int
    ) async throws -> Response {
        let (hosts, newest) = try await store.snapshot()
        let tiles = try await tiles(hosts)
        let happened = try await store.latestEvents(limit: 20)
        let types = try await store.serverTypes()
        let form = RegistrationForm(types: types, refusal: refusal)
        let discoveries = DiscoveryList(
            discoveries: try await store.discoveries(), types: types.types, verdicts: try await store.verdicts())
        let main: HTML = """
            <div data-settings>\(form.settingsProblem)</div>
            \(notice)
            \(try await otherServersNotice())
            <section aria-labelledby="hosts-title">
            <div class="title">
            <h1 id="hosts-title" tabindex="-1">Hosts <span class="count" data-hosts-count>\(hosts.count)</span></h1>
            \(allowed(.operator, "<a class=\"jump\" href=\"#register\">Register a machine</a>"))
            </div>
            <p class="empty" data-empty \(hosts.isEmpty ? "" : "hidden" as HTML)>No host yet. Register your first
            machine: all Sprout needs is the MAC address that is printed on it. Or let it boot from the network: it
            appears here by itself.</p>
            \(search.html)
            <ul class="grid" role="list" aria-labelledby="hosts-title" data-hosts>\
            \(tiles.map { $0.html(hidden: !search.finds($0)) })</ul>
            <p class="empty" role="status" data-none \(tiles.isEmpty || tiles.contains(where: search.finds)
                ? "hidden" : "" as HTML)>No host is like that. <a href="/">Show all</a></p>
            </section>
            <div data-fresh="discoveries" data-on="discovery. netboot.stalled identity. host.registered host.changed">\(discoveries.html)</div>
            <div class="columns">
            \(allowed(.operator, form.html))
            <section aria-labelledby="happened-title">
            <h2 id="happened-title">What happened</h2>
            <ol class="timeline" role="list" data-timeline="20">\(happened.map(TimelineEntry.html))</ol>
            <p class="quiet"><a href="/notifications">Who is told</a></p>
            </section>
            </div>
            <template id="tile">\(Tile.empty)</template>
            <template id="entry">\(TimelineEntry.empty)</template>
            """
        let title = refusal == nil ? "Hosts" : "Not registered"
        return Frame(title, in: .hosts, newestEvent: newest, tally: try await Tally(store)).page(main, status: status)
    }

    /// All hosts in the order of how much they want to be looked at, and then by name.
    func tiles(_ hosts: [Host]) async throws -> [Tile] {
        let (needs, times) = (try await store.hostsInNeed(), try await usual.times())
        let past = try await store.latestOperations(perHost: Glance.pastShown)
        var tiles: [Tile] = []
        for host in hosts {
            let glance = Glance(
                host, needsYou: needs.contains(host.id), past: past[host.id] ?? [],
                try await store.progress(ofHost: host, times), times)
            tiles.append(Tile(host: host, sentence: try await store.sentence(of: host), glance: glance))
        }
        return tiles.sorted { $0.precedes($1) }
    }
}

/// Which hosts are looked for: by words, and by how they are.
struct HostSearch {
    enum Show: String, CaseIterable {
        case all
        case needsYou = "needs_you"
        case underWay = "under_way"
        case ready

        var name: String {
            switch self {
            case .all: "all"
            case .needsYou: "need you"
            case .underWay: "installing"
            case .ready: "ready"
            }
        }
    }

    private var text = ""
    private var show = Show.all

    init() {}

    init(_ request: Request) throws(Problem) {
        text = String((request.query["q"] ?? "").prefix(200))
        show = try request.choice("show", of: Show.allCases) ?? .all
    }

    /// Every word is somewhere in what the tile shows, or in what the host is found by: sprout.js looks in the same way.
    func finds(_ tile: Tile) -> Bool {
        let isShown =
            switch show {
            case .all: true
            case .needsYou: tile.glance.needsYou
            case .underWay: tile.glance.isUnderWay
            case .ready: tile.host.state == .ready
            }
        let host = tile.host
        let words = "\(host.hostname) \(host.serverType) \(host.state.rawValue) \(Tile.words(host))".lowercased()
        return isShown && text.lowercased().split(separator: " ").allSatisfy { words.contains($0) }
    }

    var html: HTML {
        """
        <form class="search" role="search" action="/" data-search>
        <label class="hidden" for="q">Search hosts</label>
        <input id="q" name="q" type="search" value="\(text)" placeholder="Name, address, type, label" \
        autocomplete="off" autocapitalize="none" spellcheck="false" aria-keyshortcuts="/">
        <fieldset><legend class="hidden">Show</legend>\(Show.allCases.map(choice))</fieldset>
        <button class="plain">Search</button>
        </form>
        """
    }

    private func choice(_ choice: Show) -> HTML {
        """
        <label><input type="radio" name="show" value="\(choice.rawValue)" \
        \(choice == show ? "checked" : "" as HTML)><span>\(choice.name)</span></label>
        """
    }
}
