import Model

/// A host among others: what it is called, how it is, and why.
struct Tile {
    private let host: Host
    private let sentence: String

    init(_ host: Host, sentence: String) {
        self.host = host
        self.sentence = sentence
    }

    var html: HTML {
        Self.html(
            id: host.id, hostname: "\(host.hostname)", state: host.state, sentence: sentence, since: host.stateSince,
            mac: "\(host.mac)", type: host.serverType)
    }

    /// The form of a tile, which sprout.js fills.
    static var empty: HTML {
        html(id: "", hostname: "", state: nil, sentence: "", since: nil, mac: "", type: "")
    }

    static func badge(_ state: HostState?) -> HTML {
        "<span class=\"badge\" data-field=\"state\">\(state?.rawValue ?? "")</span>"
    }

    private static func html(
        id: String, hostname: String, state: HostState?, sentence: String, since: Timestamp?, mac: String, type: String
    ) -> HTML {
        """
        <li class="tile" id="host-\(id)" data-host="\(id)" data-state="\(state?.rawValue ?? "")">
        <div class="title"><h2><a data-field="hostname" href="/hosts/\(id)">\(hostname)</a></h2> \(badge(state))</div>
        <p class="quiet"><code data-field="mac">\(mac)</code> <span data-field="server_type">\(type)</span></p>
        <p class="sentence"><span data-field="sentence">\(sentence)</span> \(Moment.html(since, field: "since"))</p>
        <span class="track" aria-hidden="true"></span>
        </li>
        """
    }
}

/// Something that happened, as a line of a list.
enum TimelineEntry {
    static func html(_ event: Event) -> HTML { html(id: "\(event.id)", at: event.at, event.message, by: event.actor) }

    /// The form of a line, which sprout.js fills.
    static var empty: HTML { html(id: "", at: nil, "", by: "") }

    private static func html(id: String, at moment: Timestamp?, _ message: String, by actor: String) -> HTML {
        """
        <li data-event="\(id)">\(Moment.html(moment)) <span class="what"><span data-field="message">\(message)</span> \
        <small data-field="actor">\(actor)</small></span></li>
        """
    }
}

/// A moment: in UTC as it stands here, and told in the reader's own terms by sprout.js.
enum Moment {
    static func html(_ moment: Timestamp?, field: String = "at") -> HTML {
        guard let moment else { return "<time data-field=\"\(field)\"></time>" }
        let text = "\(moment)"
        let (day, clock) = (text.prefix(10), text.dropFirst(11).prefix(8))
        return "<time data-field=\"\(field)\" datetime=\"\(text)\">\(day) \(clock) UTC</time>"
    }
}
