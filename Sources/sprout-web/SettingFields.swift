import Model

/// Settings that belong together, as a form that an admin fills in.
struct SettingGroup {
    let id: String
    let title: HTML
    let introduction: HTML
    let fields: [SettingField]

    /// All settings that are changed one by one; lists and maps are changed in the file.
    static let all = [network, access, hosts, cluster, inventory]

    static let network = SettingGroup(
        id: "network", title: "Network",
        introduction: """
            Machines that netboot are answered at one port of this box. Your router goes on giving out addresses, and Sprout
            only adds where to boot from; on a network without a router, Sprout gives out the addresses too.
            """,
        fields: [
            .flag("pxe.enabled", "Answer machines that netboot"),
            SettingField("pxe.interface", "At which port", "The one that your machines are connected to.", .port),
            SettingField(
                "pxe.mode", "Who gives out addresses",
                "Sprout looks for another DHCP server first, and is silent while there is one.",
                .choice([
                    ("proxy", "the router; Sprout answers beside it"), ("server", "Sprout, on a network of its own"),
                ])),
            SettingField(
                "pxe.answer", "Who is answered", "Nothing is ever installed on a machine that is no host.",
                .choice([("all", "every machine; new ones are shown"), ("known", "only hosts")])),
            SettingField(
                "pxe.range", "Addresses that Sprout gives out",
                "First and last, such as 192.168.1.100-192.168.1.199. Only where Sprout gives out addresses.",
                isRare: true),
            SettingField("pxe.router", "The router that machines are told", "Left empty: none.", isRare: true),
            SettingField("pxe.dns", "The name server that machines are told", "Left empty: none.", isRare: true),
            SettingField(
                "pxe.lease_time", "How long a host keeps its address before it asks again", "From 5m to 24h.",
                isRare: true),
            SettingField(
                "pxe.subnet", "The network in which machines are answered",
                "Left empty: the one that the port has an address in.", isRare: true),
        ])

    static let access = SettingGroup(
        id: "access", title: "This box in its network", introduction: "How browsers and new hosts reach Sprout.",
        fields: [
            SettingField(
                "server.public_url", "Where browsers and new hosts reach this box",
                "Such as http://sprout.local. Left empty: the address at which it was asked."),
            .flag("server.require_https", "Browsers and programs have to use HTTPS"),
        ])

    static let hosts = SettingGroup(
        id: "hosts", title: "What all new hosts have in common",
        introduction: "Operations that are under way keep what they began with.",
        fields: [
            SettingField(
                "installation.country", "Country", "Its two letters, such as de: packages come from a mirror near it."),
            SettingField(
                "installation.keyboard", "Keyboard", "Of a screen and a keyboard that are plugged into a host.",
                .choice(KeyboardLayout.allCases.map { ($0.rawValue, HTML("\($0.rawValue)")) })),
            SettingField("installation.timezone", "Time zone", "Such as Europe/Berlin.", .suggested(Timezone.all)),
            SettingField(
                "installation.domain", "Domain",
                "What the names of hosts end with. Set it before you install: a cluster's node keeps its name."),
            SettingField(
                "installation.mail", "Where root's mail goes",
                "What fails at night is told there. Left empty: to root's mailbox on each host."),
            .flag(
                "installation.live_progress", "Show live what installers do, and let a person restart one that stopped"),
            SettingField(
                password, "Root password of new hosts",
                "Only its hash is kept. Without one nobody can log in to a new host.", .password),
        ])

    static let cluster = SettingGroup(
        id: "cluster", title: "Cluster",
        introduction: "Left empty, every host becomes a node of its own.",
        fields: [
            SettingField(
                "proxmox.existing_node", "A member of the cluster that new hosts join", "Its name, or its IP address."),
            SettingField(
                "proxmox.join_with", "What lets new hosts in",
                "With a key, root of the cluster may have a second factor.",
                .choice([("password", "root's password"), ("ssh", "an SSH key of Sprout's")])),
            SettingField(
                "proxmox.join_fingerprint", "The fingerprint of that member's certificate",
                "Left empty: the one that is trusted when it was shown.", isRare: true),
        ])

    static let inventory = SettingGroup(
        id: "inventory", title: "Inventory", introduction: "Who is told of each host that was installed.",
        fields: [
            SettingField(
                "infrastructure.kind", "Which",
                "Its token, or the key that calls are signed with, is kept as the secret infrastructure.",
                .choice([("none", "nobody"), ("netbox", "NetBox"), ("webhook", "a webhook of yours")])),
            SettingField(
                "infrastructure.base_url", "Where it is", "Such as https://netbox.example.org, in a private network."),
            SettingField("infrastructure.site", "Site of new devices in NetBox", "Its slug."),
            SettingField("infrastructure.role", "Role of new devices in NetBox", "Its slug."),
            SettingField(
                "infrastructure.fingerprint", "The SHA-256 of its certificate", "Where no authority vouches for it.",
                isRare: true),
        ])

    static let password = "credentials.root_password"

    /// What was filled in otherwise than it holds; an empty field leaves its key to the default.
    func changes(from fields: [String: String], holding values: [String: String]) -> [String: SettingValue?] {
        var changes: [String: SettingValue?] = [:]
        for field in self.fields {
            guard let typed = fields[field.key] else { continue }
            // An empty password is none that somebody wants to have.
            if field.key == Self.password, typed.isEmpty { continue }
            let text = field.key == Self.password ? typed : typed.trimmedOfSpaces
            guard text != values[field.key] ?? "" else { continue }
            changes[field.key] = .some(text.isEmpty ? nil : SettingValue(text))
        }
        return changes
    }
}

struct SettingField {
    enum Kind {
        case text
        case suggested([String])
        case choice([(value: String, words: HTML)])
        case port
        case password
    }

    let key: String
    let label: HTML
    let hint: HTML
    let kind: Kind
    /// Whether most people never need it.
    let isRare: Bool

    init(_ key: String, _ label: HTML, _ hint: HTML, _ kind: Kind = .text, isRare: Bool = false) {
        (self.key, self.label, self.hint, self.kind, self.isRare) = (key, label, hint, kind, isRare)
    }

    static func flag(_ key: String, _ label: HTML) -> SettingField {
        SettingField(key, label, "", .choice([("true", "yes"), ("false", "no")]))
    }
}

/// A group as it stands, or as it was filled in when it was refused.
struct SettingForm {
    let group: SettingGroup
    let report: SettingsReport
    let ports: [NetworkPort]
    /// Where the browser goes on after it was saved.
    let next: String
    var refusal: SettingsRefusal?
    /// What is filled in where nothing is set yet.
    var suggestions: [String: String] = [:]

    var html: HTML {
        """
        <form method="post" action="/settings" class="settings">
        <input type="hidden" name="group" value="\(group.id)"><input type="hidden" name="next" value="\(next)">
        \(general)
        \(group.fields.filter { !$0.isRare }.map(row))
        \(more)
        <p><button>Save</button></p>
        </form>
        """
    }

    private var more: HTML? {
        let rare = group.fields.filter(\.isRare)
        guard !rare.isEmpty else { return nil }
        let isOpen = rare.contains {
            report.values[$0.key] != nil && $0.key != "pxe.lease_time" || $0.key == refusal?.problem.field
        }
        return """
            <details class="more" id="\(group.id)-more" \(isOpen ? "open" : "" as HTML)><summary>More</summary>\(rare.map(row))</details>
            """
    }

    private func row(_ field: SettingField) -> HTML {
        let id = Self.id(of: field)
        let hint: HTML = "<span class=\"hint\" id=\"\(id)-hint\">\(field.hint) <code>\(field.key)</code></span>"
        if field.key == SettingGroup.password, !Caller.current.isPrivate {
            return """
                <p class="field"><strong>\(field.label)</strong> \(report.hasRootPassword ? "is set." : "is not set.")
                <span class="hint">It crosses no network in plain text: open this page over HTTPS, or set it on the box:
                <code>sprout config set \(field.key)</code></span></p>
                """
        }
        return """
            <p class="field"><label for="\(id)">\(field.label)</label>
            \(input(field, id))
            \(error(field, id))\(hint)</p>
            """
    }

    private func input(_ field: SettingField, _ id: String) -> HTML {
        let value = refusal?.typed[field.key] ?? suggestions[field.key] ?? report.values[field.key] ?? ""
        let mark: HTML =
            refusal?.problem.field == field.key
            ? "aria-invalid=\"true\" aria-describedby=\"\(id)-error \(id)-hint\" autofocus"
            : "aria-describedby=\"\(id)-hint\""
        let plain: HTML = "autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\""
        switch field.kind {
        case .text: return "<input id=\"\(id)\" name=\"\(field.key)\" value=\"\(value)\" \(plain) \(mark)>"
        case .suggested(let list):
            return """
                <input id="\(id)" name="\(field.key)" value="\(value)" list="\(id)-list" \(plain) \(mark)>
                <datalist id="\(id)-list">\(list.map { "<option value=\"\($0)\">" as HTML })</datalist>
                """
        case .choice(let choices): return select(field, id, mark, choices, value)
        case .port:
            let known = ports.map { (value: $0.name, words: $0.words) }
            // A port that is set and is not there now is shown, or it would be lost with the next change.
            let isMissing = !value.isEmpty && !ports.contains { $0.name == value }
            let missing: [(value: String, words: HTML)] =
                isMissing ? [(value, "\(value), which is not there" as HTML)] : []
            let none: [(value: String, words: HTML)] = [("", "none yet")]
            return select(field, id, mark, none + known + missing, value)
        case .password:
            let state: HTML = report.hasRootPassword ? "placeholder=\"is set; type another to change it\"" : ""
            return
                "<input id=\"\(id)\" name=\"\(field.key)\" type=\"password\" autocomplete=\"new-password\" \(state) \(mark)>"
        }
    }

    private func select(
        _ field: SettingField, _ id: String, _ mark: HTML, _ choices: [(value: String, words: HTML)], _ value: String
    ) -> HTML {
        let options = choices.map { choice in
            """
            <option value="\(choice.value)" \(choice.value == value ? "selected" : "" as HTML)>\(choice.words)</option>
            """ as HTML
        }
        return "<select id=\"\(id)\" name=\"\(field.key)\" \(mark)>\(options)</select>"
    }

    private func error(_ field: SettingField, _ id: String) -> HTML? {
        guard let problem = refusal?.problem, problem.field == field.key else { return nil }
        return "<span class=\"error\" role=\"alert\" id=\"\(id)-error\">\(problem.detail)</span>"
    }

    /// What is wrong with none of the fields that are shown.
    private var general: HTML? {
        guard let problem = refusal?.problem, !group.fields.contains(where: { $0.key == problem.field }) else {
            return nil
        }
        return "<p class=\"error\" role=\"alert\" tabindex=\"-1\" autofocus>\(problem.detail)</p>"
    }

    private static func id(of field: SettingField) -> String { field.key.replacing(".", with: "-") }
}

/// A change that was refused, with what was filled in.
struct SettingsRefusal {
    let group: String
    let typed: [String: String]
    let problem: ReceivedProblem
}

extension NetworkPort {
    fileprivate var words: HTML {
        let address = addresses.first.map { ", \($0)" } ?? ""
        return "\(name)\(address)\(hasLink ? "" : ", nothing connected")"
    }
}
