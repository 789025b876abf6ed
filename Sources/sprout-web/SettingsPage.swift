import Control
import HTTP
import Model
import Store

/// What is in force, where it is changed, and what can be tried.
extension Site {
    func settingsPage(_ request: Request) async throws -> Response {
        try await settingsPage(request, SettingsPage.Told(), status: 200)
    }

    private func settingsPage(_ request: Request, _ told: SettingsPage.Told, status: Int) async throws -> Response {
        let newest = try await store.newestEventID()
        let main: HTML
        if Caller.current.role == .admin {
            let page = SettingsPage(
                report: try await settingsReport(request), ports: await networkPorts(request),
                secrets: try await store.secrets(), certificate: try await store.certificate(),
                support: try await self.told("/box/support", as: SupportReport.self, request), told: told)
            main = page.html
        } else {
            main = SettingsInForce(values: try await store.settings(), cluster: told.cluster).html
        }
        return Frame("Settings", in: .settings, newestEvent: newest, tally: try await Tally(store))
            .page(main, status: status)
    }

    /// `GET /settings` of the orchestrator: it alone reads the file.
    func settingsReport(_ request: Request) async throws -> SettingsReport {
        try await told("/settings", as: SettingsReport.self, request)
    }

    /// What the orchestrator answers to a question, or the problem that it has with it.
    ///
    /// Reading changes nothing, and needs no name.
    func told<Value: Decodable>(_ path: String, as type: Value.Type, _ request: Request) async throws -> Value {
        let answer = try await orchestrator.send("GET", path, actor: actor(request), request: request.id ?? "")
        guard answer.status == 200, case .bytes(let bytes) = answer.body else {
            throw Problem(answer.status, try problem(of: answer).detail)
        }
        return try JSON.decode(type, from: bytes)
    }

    /// Those that are there now; while the orchestrator is away, none.
    func networkPorts(_ request: Request) async -> [NetworkPort] {
        (try? await told("/network/ports", as: [String: [NetworkPort]].self, request)["ports"]) ?? []
    }

    // MARK: Changes

    /// `PATCH /api/settings`.
    func changeSettings(_ request: Request) async throws -> Response {
        try requireJSON(request)
        let changes = try JSON.decode([String: SettingValue?].self, from: request.body)
        if changes.keys.contains(SettingGroup.password) { try refusePlainPassword() }
        return try await orchestrator.send(
            "PATCH", "/settings", body: request.body, actor: actor(request), request: try id(of: request))
    }

    func changeSettingsByForm(_ request: Request) async throws -> Response {
        let fields = try form(request)
        guard let group = SettingGroup.all.first(where: { $0.id == fields["group"] }) else {
            throw Problem(400, "The field group is missing.")
        }
        let next = Self.ownPath(fields["next"])
        let changes = group.changes(from: fields, holding: try await settingsReport(request).values)
        if changes.isEmpty { return .redirect(to: next) }
        if changes.keys.contains(SettingGroup.password) { try refusePlainPassword() }
        let body = try JSON.encode(changes)
        let answer = try await answer {
            try await orchestrator.send(
                "PATCH", "/settings", body: body, actor: actor(request), request: try id(of: request))
        }
        if answer.status == 200 { return .redirect(to: next) }
        let refusal = SettingsRefusal(group: group.id, typed: fields, problem: try problem(of: answer))
        if next.hasPrefix("/welcome") { return try await welcomePage(request, refusal: refusal, status: answer.status) }
        return try await settingsPage(request, .init(refusal: refusal), status: answer.status)
    }

    private func refusePlainPassword() throws {
        do {
            try Caller.current.refusePlainText(
                where: "a password can be read along", "It is set", orBy: "sprout config set \(SettingGroup.password)")
        } catch let problem as Problem {
            throw Problem(problem.status, problem.detail, field: SettingGroup.password)
        }
    }

    func checkClusterByForm(_ request: Request) async throws -> Response {
        _ = try form(request)
        let answer = try await answer {
            try await orchestrator.send(
                "POST", "/cluster/check", body: Array("{}".utf8), actor: actor(request), request: try id(of: request))
        }
        guard answer.status == 200, case .bytes(let bytes) = answer.body else {
            let refused = ClusterAnswer.refused(try problem(of: answer).detail)
            return try await settingsPage(request, .init(cluster: refused), status: answer.status)
        }
        let report = try JSON.decode(ClusterReport.self, from: bytes)
        return try await settingsPage(request, .init(cluster: .report(report)), status: 200)
    }

    func trustClusterByForm(_ request: Request) async throws -> Response {
        let wish = ["fingerprint": try form(request)["fingerprint"] ?? ""]
        return try await tellInPrivate("PUT", "/cluster/trust", wish, request) { .refused($0) }
    }

    func changeCertificateByForm(_ request: Request) async throws -> Response {
        let fields = try form(request)
        if fields["action"] == "renew" {
            return try await tellInPrivate("POST", "/tls/renew", [:], request) { .certificate($0) }
        }
        let wish = ["certificate": fields["certificate"] ?? "", "key": fields["key"] ?? ""]
        return try await tellInPrivate("PUT", "/tls", wish, request) { .certificate($0) }
    }

    func setSecretByForm(_ request: Request) async throws -> Response {
        let fields = try form(request)
        let name = fields["name"] ?? ""
        if fields["action"] == "remove" {
            guard fields["sure"] == "yes" else { return .redirect(to: "/settings#secrets") }
            return try await tellInPrivate("DELETE", "/secrets/\(Percent.encoded(name))", [:], request) { .secret($0) }
        }
        let wish = ["value": fields["value"] ?? ""]
        return try await tellInPrivate("PUT", "/secrets/\(Percent.encoded(name))", wish, request) { .secret($0) }
    }

    /// What crosses no network in plain text.
    private func tellInPrivate(
        _ method: String, _ path: String, _ wish: [String: String], _ request: Request,
        _ told: (String) -> SettingsPage.Told
    ) async throws -> Response {
        try Caller.current.refusePlainText(
            where: "it can be read along and changed", "This is said", orBy: "sprout secrets, and sprout cluster")
        let body = try JSON.encode(wish)
        let answer = try await answer {
            try await orchestrator.send(method, path, body: body, actor: actor(request), request: try id(of: request))
        }
        if answer.status < 300 {
            let place = path.hasPrefix("/cluster") ? "cluster" : path.hasPrefix("/tls") ? "encryption" : "secrets"
            return .redirect(to: "/settings#\(place)")
        }
        return try await settingsPage(request, told(try problem(of: answer).detail), status: answer.status)
    }
}

enum ClusterAnswer {
    case report(ClusterReport)
    case refused(String)
}

/// The settings as an admin changes them.
private struct SettingsPage {
    /// What became of what was tried last.
    struct Told {
        var refusal: SettingsRefusal?
        var cluster: ClusterAnswer?
        var secret: String?
        var certificate: String?

        static func refused(_ reason: String) -> Told { Told(cluster: .refused(reason)) }
        static func secret(_ reason: String) -> Told { Told(secret: reason) }
        static func certificate(_ reason: String) -> Told { Told(certificate: reason) }
    }

    let report: SettingsReport
    let ports: [NetworkPort]
    let secrets: [SecretEntry]
    let certificate: ServedCertificate?
    let support: SupportReport
    let told: Told

    var html: HTML {
        """
        <h1>Settings</h1>
        <p class="sentence">What is in force now. It stands in files that an editor can change too: here what you save is in
        force at once, and what has a mistake is not taken.</p>
        <nav class="ways" aria-label="More settings">
        <a href="/settings/files/provisioning">provisioning.yaml</a>
        <a href="/server-types">Server types</a> <a href="/notifications">Notifications</a>
        <a href="/users">Users</a> <a href="/tokens">Tokens</a> <a href="/backups">Backups</a>
        <a href="/appliance">This appliance</a> <a href="/welcome">Getting started</a> <a href="/api">The API</a></nav>
        <div class="panes" data-fresh="settings" data-on="settings. secret.">
        \(SettingsProblem(text: report.problem).html)
        \(SettingGroup.all.map(section))
        \(power)
        \(secretList)
        \(encryption)
        </div>
        <div class="panes" data-fresh="support" data-on="support.">\(SupportSection(report: support).html)</div>
        """
    }

    private func section(_ group: SettingGroup) -> HTML {
        let refusal = told.refusal?.group == group.id ? told.refusal : nil
        let form = SettingForm(
            group: group, report: report, ports: ports, next: "/settings#\(group.id)", refusal: refusal)
        return """
            <section class="card settings" id="\(group.id)" aria-labelledby="\(group.id)-title">
            <h2 id="\(group.id)-title">\(group.title)</h2>
            <p>\(group.introduction)</p>
            \(form.html)
            \(group.id == SettingGroup.cluster.id ? ClusterCheck(answer: told.cluster).html : nil)
            </section>
            """
    }

    private var power: HTML {
        """
        <section class="card settings"><h2>Power and notifications</h2>
        <p>How a host is switched on stands with its <a href="/server-types">server type</a>. Who is told what becomes of
        hosts stands under <code>notifications</code> in
        <a href="/settings/files/provisioning">provisioning.yaml</a>, and is <a href="/notifications">tried here</a>.</p>
        </section>
        """
    }

    private var secretList: HTML {
        let list = secrets.map { secret in
            """
            <li><code>\(secret.name)</code> <span class="quiet">set \(Moment.html(secret.updatedAt))</span>
            \(Caller.current.isPrivate ? removal(secret.name) : nil)</li>
            """ as HTML
        }
        return """
            <section class="card settings" id="secrets" aria-labelledby="secrets-title"><h2 id="secrets-title">Secrets</h2>
            <p>Settings refer to them by name. They are kept sealed, and never shown.</p>
            \(told.secret.map { "<p class=\"error\" role=\"alert\" tabindex=\"-1\" autofocus>\($0)</p>" as HTML })
            \(list.isEmpty ? "<p>None is kept.</p>" : "<ul class=\"rows\" role=\"list\">\(list)</ul>" as HTML)
            \(Caller.current.isPrivate ? Self.newSecret : Self.howToSet)</section>
            """
    }

    private func removal(_ name: String) -> HTML {
        """
        <details id="secret-\(name)"><summary>Remove</summary><form method="post" action="/settings/secrets">
        <input type="hidden" name="name" value="\(name)">
        <p class="field"><label><input type="checkbox" name="sure" value="yes" required> No setting needs it</label></p>
        <button class="destructive" name="action" value="remove">Remove \(name)</button></form></details>
        """
    }

    private static let newSecret: HTML = """
        <form method="post" action="/settings/secrets">
        <p class="field"><label for="secret-name">Name</label>
        <input id="secret-name" name="name" list="secret-names" autocomplete="off" autocapitalize="none" spellcheck="false" \
        required aria-describedby="secret-hint">
        <datalist id="secret-names"><option value="cluster"><option value="infrastructure"></datalist>
        <span class="hint" id="secret-hint"><code>cluster</code> is the root password of the cluster,
        <code>infrastructure</code> the token of the inventory; others are named by your settings.</span></p>
        <p class="field"><label for="secret-value">Secret</label>
        <input id="secret-value" name="value" type="password" autocomplete="off" required></p>
        <p><button>Keep it</button></p>
        </form>
        """

    private var encryption: HTML {
        """
        <section class="card settings" id="encryption" aria-labelledby="encryption-title">
        <h2 id="encryption-title">HTTPS</h2>
        \(certificate.map(shown))
        \(told.certificate.map { "<p class=\"error\" role=\"alert\" tabindex=\"-1\" autofocus>\($0)</p>" as HTML })
        \(Caller.current.isPrivate ? Self.newCertificate : Self.howToReplace)</section>
        """
    }

    private func shown(_ certificate: ServedCertificate) -> HTML {
        """
        <p>Browsers are shown this certificate, \(certificate.isOwn ? "which Sprout made itself" : "of \(certificate.issuer)"), until
        \(Moment.html(certificate.validUntil)). Compare its fingerprint with the one that your browser shows:</p>
        <pre tabindex="0">\(certificate.fingerprint)</pre>
        """
    }

    private static let newCertificate: HTML = """
        <details class="more" id="another-certificate"><summary>Another certificate</summary>
        <form method="post" action="/settings/tls">
        <p class="field"><label for="certificate">Certificate, with those that vouch for it (PEM)</label>
        <textarea id="certificate" name="certificate" rows="6" wrap="off" autocomplete="off" spellcheck="false" required></textarea></p>
        <p class="field"><label for="certificate-key">Its key (PEM)</label>
        <textarea id="certificate-key" name="key" rows="6" wrap="off" autocomplete="off" spellcheck="false" required></textarea></p>
        <p><button name="action" value="replace">Show this one</button></p></form>
        <form method="post" action="/settings/tls">
        <p><button class="plain" name="action" value="renew">Let Sprout make a new one</button></p></form>
        </details>
        """

    private static let howToReplace: HTML = """
        <p class="hint">A key crosses no network in plain text: another certificate is brought over HTTPS, or on the box:
        <code>sprout tls replace FILE</code></p>
        """

    private static let howToSet: HTML = """
        <p class="hint">A secret crosses no network in plain text: set it over HTTPS, or on the box:
        <code>sprout secrets set NAME</code></p>
        """
}

/// Whether hosts can join the cluster, and whom to trust there.
private struct ClusterCheck {
    let answer: ClusterAnswer?

    var html: HTML { "\(told)\(allowed(.operator, Self.check))" }

    private static let check: HTML = """
        <form method="post" action="/settings/cluster/check"><button class="plain">Check the cluster</button></form>
        """

    private var told: HTML? {
        switch answer {
        case nil: nil
        case .refused(let reason): "<p class=\"notice\" role=\"alert\">\(reason)</p>"
        case .report(let report):
            """
            <h3>\(report.name ?? report.member)\(report.nodes.isEmpty ? "" : ": \(report.nodes.map(\.name).joined(separator: ", "))")</h3>
            \(JoinTicks(report: report).list)
            \(allowed(.admin, report.shown.map(trust)))
            """
        }
    }

    /// What is compared by a person, and nothing else, makes a member trusted.
    private func trust(_ fingerprint: String) -> HTML {
        guard Caller.current.isPrivate else {
            return
                "<p class=\"hint\">Whom to trust is said over HTTPS, or on the box: <code>sprout cluster trust \(fingerprint)</code></p>"
        }
        return """
            <form method="post" action="/settings/cluster/trust">
            <input type="hidden" name="fingerprint" value="\(fingerprint)">
            <p class="field"><label><input type="checkbox" required> I have compared <code>\(fingerprint)</code> on that member</label></p>
            <button>Trust it</button></form>
            """
    }
}

/// The settings as those see them who do not change them.
private struct SettingsInForce {
    let values: [String: String]
    let cluster: ClusterAnswer?

    var html: HTML {
        """
        <h1>Settings</h1>
        <p class="sentence">What is in force now. An admin changes it.</p>
        <nav class="ways" aria-label="More settings">
        <a href="/server-types">Server types</a> <a href="/notifications">Notifications</a>
        <a href="/appliance">This appliance</a> <a href="/api">The API</a></nav>
        <div class="panes" data-fresh="settings" data-on="settings.">
        \(SettingsProblem(text: values["provisioning.problem"]).html)
        \(SettingGroup.all.map(section))
        <section class="card settings" id="cluster-check" aria-labelledby="check-title">
        <h2 id="check-title">Whether hosts can join the cluster</h2>
        <p>Sprout asks the cluster's member, and changes nothing there.</p>\(ClusterCheck(answer: cluster).html)</section>
        </div>
        """
    }

    private func section(_ group: SettingGroup) -> HTML? {
        let rows = group.fields.compactMap { field in
            values[field.key].map { value in
                """
                <div><dt>\(field.label) <code>\(field.key)</code></dt><dd>\(value.isEmpty ? "not set" : value)</dd></div>
                """ as HTML
            }
        }
        guard !rows.isEmpty else { return nil }
        return """
            <section class="card settings" aria-labelledby="\(group.id)-title">
            <h2 id="\(group.id)-title">\(group.title)</h2><dl class="pairs">\(rows)</dl></section>
            """
    }
}

/// Why provisioning.yaml is not in force as it stands.
private struct SettingsProblem {
    let text: String?

    var html: HTML? {
        guard let text, !text.isEmpty else { return nil }
        return """
            <div class="notice" role="alert"><p><strong>provisioning.yaml has a mistake; the last good version stays in
            force.</strong></p><pre>\(text)</pre></div>
            """
    }
}
