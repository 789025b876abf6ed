/// A line to be typed into, with what is wrong about what was: then it has the focus, so that the browser shows it first.
struct FormField {
    let name: String
    let label: HTML
    var id: String?
    var value = ""
    var attributes: HTML = ""
    var hint: HTML?
    /// What was said against the form; only what names this field is shown here.
    let problem: ReceivedProblem?

    var html: HTML {
        let id = id ?? name
        return """
            <p class="field"><label for="\(id)">\(label)</label>
            <input id="\(id)" name="\(name)" value="\(value)" spellcheck="false" \(attributes) \
            \(Self.marks(id, isRefused: refused != nil, isHinted: hint != nil))>
            \(refused?.html(at: id))\(hint.map { "<span class=\"hint\" id=\"\(id)-hint\">\($0)</span>" as HTML })</p>
            """
    }

    private var refused: ReceivedProblem? { problem?.field == name ? problem : nil }

    /// What tells a reader who does not see it which field is meant, and what belongs to it.
    static func marks(_ id: String, isRefused: Bool, isHinted: Bool) -> HTML {
        let hint: HTML = isHinted ? "\(id)-hint" : ""
        guard isRefused else { return isHinted ? "aria-describedby=\"\(hint)\"" : "" }
        return "aria-invalid=\"true\" aria-describedby=\"\(id)-error \(hint)\" autofocus"
    }
}

extension ReceivedProblem {
    func html(at id: String) -> HTML { "<span class=\"error\" role=\"alert\" id=\"\(id)-error\">\(detail)</span>" }

    /// What is wrong with none of the fields that are shown; it has the focus, unless a field is to be typed into again.
    func html(besides fields: Set<String>, isFocused: Bool = true) -> HTML? {
        guard !fields.contains(field ?? "") else { return nil }
        let focus: HTML = isFocused ? "tabindex=\"-1\" autofocus" : ""
        return "<p class=\"error\" role=\"alert\" \(focus)>\(detail)</p>"
    }
}
