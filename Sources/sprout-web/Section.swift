/// The parts of the dashboard, in the order in which they are offered.
enum Section: CaseIterable {
    case hosts, discoveries, images, wire, events, settings

    /// Browsers follow what happens at /events: the page of it is elsewhere.
    var path: String {
        switch self {
        case .hosts: "/"
        case .discoveries: "/discoveries"
        case .images: "/images"
        case .wire: "/wire"
        case .events: "/timeline"
        case .settings: "/settings"
        }
    }

    var name: String {
        switch self {
        case .hosts: "Hosts"
        case .discoveries: "Discoveries"
        case .images: "Images"
        case .wire: "Wire"
        case .events: "Events"
        case .settings: "Settings"
        }
    }

    /// Drawn with lines of the text's own colour, in a square of 24.
    var icon: HTML { "<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"\(lines)\"/></svg>" }

    private var lines: HTML {
        switch self {
        case .hosts: "M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01"
        case .discoveries: "M12 12h.01M8.5 15.5a5 5 0 1 1 7 0M5.6 18.4a9 9 0 1 1 12.8 0M12 12v8"
        case .images: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"
        case .wire: "M3 12h4l3-8 4 16 3-8h4"
        case .events: "M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01"
        case .settings: "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4"
        }
    }
}
