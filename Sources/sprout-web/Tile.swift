import Control
import Model

/// A host among others: what it is called, how it is, why, and how it went before.
struct Tile {
    let host: Host
    let sentence: String
    let glance: Glance

    func html(hidden isHidden: Bool) -> HTML {
        Self.html(
            id: host.id, hostname: "\(host.hostname)", state: host.state, sentence: sentence, since: host.stateSince,
            mac: "\(host.mac)", type: host.serverType, words: Self.words(host), glance: glance, isHidden: isHidden)
    }

    /// Whether it is shown before another: by how much it wants to be looked at, and then by name.
    func precedes(_ other: Tile) -> Bool {
        let (own, others) = (glance.rank(of: host.state), other.glance.rank(of: other.host.state))
        guard own == others else { return own < others }
        return host.hostname.description < other.host.hostname.description
    }

    /// The form of a tile, which sprout.js fills.
    static var empty: HTML {
        html(
            id: "", hostname: "", state: nil, sentence: "", since: nil, mac: "", type: "", words: "",
            glance: Glance(needsYou: false, isUnderWay: false, usual: nil, past: []))
    }

    static func badge(_ state: HostState?) -> HTML {
        "<span class=\"badge\" data-field=\"state\">\(state?.rawValue ?? "")</span>"
    }

    /// What a host is found by, besides what its tile shows.
    static func words(_ host: Host) -> String {
        let labels = host.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return (host.macs.map { "\($0)" } + [host.address].compactMap(\.self) + labels).joined(separator: " ")
    }

    private static func html(
        id: String, hostname: String, state: HostState?, sentence: String, since: Timestamp?, mac: String, type: String,
        words: String, glance: Glance, isHidden: Bool = false
    ) -> HTML {
        """
        <li class="tile" id="host-\(id)" data-host="\(id)" data-state="\(state?.rawValue ?? "")" \
        data-rank="\(glance.rank(of: state))" data-words="\(words)" \(isHidden ? "hidden" : "" as HTML)>
        <div class="title"><h2><a data-field="hostname" href="/hosts/\(id)">\(hostname)</a></h2> \(badge(state))</div>
        <p class="quiet"><span data-field="server_type">\(type)</span> <code data-field="mac">\(mac)</code></p>
        <p class="sentence" data-field="sentence">\(sentence)</p>
        \(Share.html(glance.percent, left: glance.left))
        <p class="clock">\(Moment.html(since, field: "since", form: glance.isUnderWay ? .elapsed : .ago)) \
        \(Usual.html(glance.usual, since: since))</p>
        <span class="track" aria-hidden="true"></span>
        \(PastBar.html(glance.past))
        </li>
        """
    }
}

/// How much of an installation is done, and how long the rest will take; sprout.js says so as time goes on.
enum Share {
    static func html(_ percent: Double?, left: Int?) -> HTML {
        let until = left.map { "\(Timestamp.now().milliseconds + Int64($0) * 1000)" }
        return """
            <progress max="100" value="\(percent.map { "\(Int($0))" } ?? "0")" aria-label="Installed" data-percent \
            \(percent == nil ? "hidden" : "" as HTML)></progress>
            <p class="quiet left" data-until="\(until ?? "")">\(left.map { Elapsed.words(left: $0) } ?? "")</p>
            """
    }

    static func html(_ progress: LiveProgress?) -> HTML { html(progress?.percent, left: progress?.left) }
}

/// What is usual for something that takes its time.
enum Usual {
    /// For what is over, or to come.
    static func html(_ usual: Int?) -> HTML? {
        usual.map { "<span class=\"usual\">usually \(Elapsed.text($0))</span>" }
    }

    /// Beside a time that still runs; sprout.js says so as it goes on.
    static func html(_ usual: Int?, since start: Timestamp?) -> HTML {
        guard let usual, let start else { return "<span class=\"usual\" data-usual></span>" }
        let seconds = Elapsed.seconds(between: start, .now())
        return """
            <span class="usual" data-usual="\(usual)" \(Elapsed.isLong(seconds, usual: usual) ? "data-long" : "" as HTML)>\
            \(Elapsed.words(usual: usual, after: seconds))</span>
            """
    }
}

/// What a tile tells of a host besides the host itself.
struct Glance: Encodable {
    let needsYou: Bool
    let isUnderWay: Bool
    /// How long the state usually takes, in seconds.
    let usual: Int?
    /// How its latest operations ended, the oldest first; the last may be under way.
    let past: [String]
    /// Of the installation, as its installer reckons it.
    var percent: Double?
    /// How many seconds the rest of it will take by what is usual.
    var left: Int?

    /// Those that need a person come first, then those that failed, then those under way.
    func rank(of state: HostState?) -> Int {
        state == .failed ? 1 : needsYou ? 0 : isUnderWay ? 2 : 3
    }

    enum CodingKeys: String, CodingKey {
        case usual, past, percent, left
        case needsYou = "needs_you"
        case isUnderWay = "under_way"
    }

    static let pastShown = 12
}

extension Glance {
    init(_ host: Host, needsYou: Bool, past: [Operation], _ progress: LiveProgress?, _ times: UsualTimes) {
        self.init(
            needsYou: needsYou, isUnderWay: host.state.isUnderWay,
            usual: times.time(of: host, in: host.state).map { Int($0.components.seconds) },
            past: past.map { $0.outcome?.rawValue ?? "under_way" },
            percent: progress?.percent, left: progress?.left)
    }
}

/// The latest operations of a host as a row of marks, which differ by height as well as by colour.
enum PastBar {
    static func html(_ past: [String]) -> HTML {
        """
        <span class="past" role="img" aria-label="\(words(past))" data-past>\
        \(past.map { "<i data-outcome=\"\($0)\"></i>" as HTML })</span>
        """
    }

    /// sprout.js says the same when an operation begins or ends.
    private static func words(_ past: [String]) -> String {
        guard !past.isEmpty else { return "Never installed" }
        return "The latest operations: \(past.map { $0 == "under_way" ? "under way" : $0 }.joined(separator: ", "))"
    }
}
