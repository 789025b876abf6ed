import Model

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
    /// How a moment is told once somebody reads it: how long ago it was, or as a clock that runs from it or towards it.
    enum Form: String {
        case ago, elapsed, left, clock
    }

    static func html(_ moment: Timestamp?, field: String = "at", form: Form = .ago) -> HTML {
        guard let moment else { return "<time data-field=\"\(field)\" data-form=\"\(form.rawValue)\"></time>" }
        let text = "\(moment)"
        let (day, clock) = (text.prefix(10), text.dropFirst(11).prefix(8))
        return """
            <time data-field="\(field)" data-form="\(form.rawValue)" datetime="\(text)">\(day) \(clock) UTC</time>
            """
    }
}
