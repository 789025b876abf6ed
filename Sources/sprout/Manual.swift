/// The page sprout(1), made from the table of verbs.
enum Manual {
    static var text: String {
        """
        .\\" Made by Sources/sprout/Manual.swift: run `make docs`.
        .TH SPROUT 1 "" "Sprout" "User Commands"
        .SH NAME
        sprout \\- netboots bare machines, installs them, and keeps them
        .SH SYNOPSIS
        .B sprout
        .I VERB
        [\\fIOPERAND\\fR ...] [\\fIoptions\\fR]
        .SH DESCRIPTION
        Asks a running Sprout, or starts one with
        .BR "sprout up" .
        A host is named by its name, its id or a MAC address.
        .B machines
        is accepted for
        .BR hosts .
        .SH VERBS
        \(Verb.all.map(entry).joined(separator: "\n"))
        .SH ENVIRONMENT
        \(list([
            ("SPROUT_STATE", "the state folder of the Sprout that is asked, as with --state"),
            ("SPROUT_URL", "its address, as with --url"),
            ("SPROUT_FINGERPRINT", "the certificate that it has to show over https://, as with --fingerprint"),
            ("SPROUT_TOKEN", "what lets this program in there: a token of sprout tokens create"),
        ]))
        .SH FILES
        \(list([
            ("/run/sprout/web.sock", "where the Sprout of this machine is asked, by root and the group sprout"),
            ("/etc/sprout/provisioning.yaml", "how it works"), ("/etc/sprout/server-types.yaml", "what hosts are"),
            ("/var/lib/sprout", "what it keeps"),
        ]))
        .SH EXIT STATUS
        \(list([("0", "done"), ("1", "refused, or failed"), ("2", "wrong use"), ("3", "no Sprout answers")]))
        .SH EXAMPLES
        .nf
        \(Verb.all.map { escaped($0.example) }.joined(separator: "\n"))
        .fi
        .SH SEE ALSO
        .BR journalctl (1);
        the description of the HTTP API, which a running Sprout shows at /api

        """
    }

    private static func entry(_ verb: Verb) -> String {
        let operands = verb.operands.map { " \\fI\(escaped($0.isRequired ? $0.name : "[\($0.name)]"))\\fR" }.joined()
        let options = verb.options.map { option in
            let value = option.value.map { " \\fI\(escaped($0))\\fR" } ?? ""
            return ".TP\n\\fB\(escaped(option.name))\\fR\(value)\n\(escaped(option.summary))"
        }
        let nested = options.isEmpty ? "" : "\n.RS\n\(options.joined(separator: "\n"))\n.RE"
        return ".TP\n\\fBsprout \(escaped(verb.name))\\fR\(operands)\n\(escaped(verb.summary))\(nested)"
    }

    private static func list(_ entries: [(String, String)]) -> String {
        entries.map { ".TP\n.B \(escaped($0))\n\(escaped($1))" }.joined(separator: "\n")
    }

    /// A text as troff shows it, whatever it begins with.
    static func escaped(_ text: String) -> String {
        var result = text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" : ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "…": result += "..."
            default: result.append(character)
            }
        }
        return result
    }
}
