/// The parts of the dashboard, in the order in which they are offered.
enum Section: CaseIterable {
    case hosts

    var path: String {
        switch self {
        case .hosts: "/"
        }
    }

    var name: String {
        switch self {
        case .hosts: "Hosts"
        }
    }

    /// Drawn with lines of the text's own colour, in a square of 24.
    var icon: HTML { "<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\">\(lines)</svg>" }

    private var lines: HTML {
        switch self {
        case .hosts: "<path d=\"M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01\"/>"
        }
    }
}
