/// The help texts, made from the table of verbs.
enum Help {
    static var overview: String {
        let width = Verb.all.map(\.usage.utf8.count).max() ?? 0
        let verbs = Verb.all.map { "  \(padded(short($0), width)) \($0.summary)" }.joined(separator: "\n")
        return """
            sprout: netboots bare machines, installs them, and keeps them.

            \(verbs)
              \(padded("sprout help VERB", width)) how to use one of these, with an example
              \(padded("sprout --version", width)) the release

            It asks the Sprout on this machine (/run/sprout/web.sock), the one that --state DIR, --socket PATH or
            --url URL names, or the one in SPROUT_STATE or SPROUT_URL. Over https:// an authority has to vouch for its
            certificate, or --fingerprint or SPROUT_FINGERPRINT has to be that of it: nothing is sent to anybody else.

            Exit status: 0 done; 1 refused, or failed; 2 wrong use; 3 no Sprout answers.
            """
    }

    static func of(_ verb: Verb) -> String {
        var text = "\(verb.usage)\n\n  \(verb.summary)\n"
        if !verb.options.isEmpty {
            let names = verb.options.map { $0.value.map { " \($0)" } ?? "" }
            let width = zip(verb.options, names).map { $0.name.utf8.count + $1.utf8.count }.max() ?? 0
            text += "\noptions:\n"
            for (option, value) in zip(verb.options, names) {
                text += "  \(padded(option.name + value, width + 2))\(option.summary)\n"
            }
        }
        return text + "\nexample:\n  \(verb.example)"
    }

    private static func short(_ verb: Verb) -> String {
        "sprout \(verb.name)\(verb.operands.map { $0.isRequired ? " \($0.name)" : " [\($0.name)]" }.joined())"
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
