import Model
import Store

/// The form that registers a machine.
struct RegistrationForm {
    let types: ServerTypesInForce
    let refusal: FormRefusal?

    var html: HTML {
        """
        <section class="card" id="register" aria-labelledby="register-title">
        <h2 id="register-title">Register a machine</h2>
        <form method="post" action="/hosts">
        \(refusal?.problem.html(besides: ["mac", "hostname", "server_type"]))
        \(input("mac", "MAC address", hint: Self.macHint, refusal?.draft.mac, "required"))
        \(input("hostname", "Host name", hint: Self.nameHint, refusal?.draft.hostname))
        \(choice)
        <p><button>Register</button></p>
        </form>
        </section>
        """
    }

    /// Why the file of server types is not in force.
    var settingsProblem: HTML? {
        types.problem.map { problem in
            """
            <div class="notice" role="alert"><p><strong>server-types.yaml has a mistake; the last good version stays in
            force.</strong></p><pre>\(problem)</pre></div>
            """
        }
    }

    private func input(_ name: String, _ label: HTML, hint: HTML, _ value: String?, _ more: HTML = "") -> HTML {
        FormField(
            name: name, label: label, value: value ?? "",
            attributes: "autocomplete=\"off\" autocapitalize=\"none\" \(more)",
            hint: hint, problem: refusal?.problem
        ).html
    }

    private var choice: HTML {
        let refused = refusal?.problem.field == "server_type" ? refusal?.problem : nil
        let isHinted = types.types.isEmpty
        return """
            <p class="field"><label for="server_type">Server type</label>
            <select id="server_type" name="server_type" \(FormField.marks("server_type", isRefused: refused != nil, isHinted: isHinted))>
            \(types.types.map { option($0, isChosen: $0.key == refusal?.draft.serverType) })
            </select>
            \(refused?.html(at: "server_type"))\(isHinted ? Self.noTypes : nil)</p>
            """
    }

    private func option(_ type: ServerTypesInForce.Entry, isChosen: Bool) -> HTML {
        "<option value=\"\(type.key)\" \(isChosen ? "selected" : "" as HTML)>\(type.displayName)</option>"
    }

    private static let macHint: HTML = "Printed on the machine, such as 52:54:00:12:34:56"
    private static let nameHint: HTML = "Left empty: the next free one of its type"
    private static let noTypes: HTML = """
        <span class="hint" id="server_type-hint">There is none yet: they are described in \
        <code>server-types.yaml</code>.</span>
        """
}

/// The form that removes a host, once its name was typed.
struct RemovalForm {
    let host: Host
    let refusal: RemovalRefusal?

    var html: HTML {
        """
        <details class="danger" data-removal \(refusal == nil ? "" : "open" as HTML)>
        <summary>Remove this host</summary>
        <form method="post" action="/hosts/\(host.id)/remove">
        <p>Sprout forgets \(host.hostname). The machine itself is not touched, and its history is kept.</p>
        <p class="field"><label for="confirm">Type <strong>\(host.hostname)</strong> to confirm</label>
        <input id="confirm" name="confirm" value="\(refusal?.typed ?? "")" autocomplete="off" autocapitalize="none" \
        spellcheck="false" required \(mark)>
        \(refusal.map { "<span class=\"error\" role=\"alert\" id=\"confirm-error\">\($0.reason)</span>" as HTML })</p>
        <p><button class="destructive">Remove \(host.hostname)</button></p>
        </form>
        </details>
        """
    }

    private var mark: HTML {
        refusal == nil ? "" : "aria-invalid=\"true\" aria-describedby=\"confirm-error\" autofocus"
    }
}
