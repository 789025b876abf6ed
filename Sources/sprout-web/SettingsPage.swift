import Control
import HTTP
import Model
import Store

/// What is in force, where it is said, and what can be tried.
extension Site {
    func settingsPage(_ request: Request) async throws -> Response {
        try await settingsPage(cluster: nil, status: 200)
    }

    private func settingsPage(cluster: ClusterAnswer?, status: Int) async throws -> Response {
        let newest = try await store.newestEventID()
        let page = SettingsPage(
            values: try await store.settings(), file: Surroundings().configuration, secrets: try await store.secrets(),
            cluster: cluster)
        let main: HTML = """
            <h1>Settings</h1>
            <p class="sentence">What is in force now. It is changed in the files, with any editor: what you save is in force
            at once, and what has a mistake is not taken, with the line that it is in.</p>
            <nav class="ways" aria-label="More settings">
            <a href="/server-types">Server types</a> <a href="/notifications">Notifications</a>
            \(allowed(.admin, "<a href=\"/users\">Users</a> <a href=\"/tokens\">Tokens</a>"))
            <a href="/appliance">This appliance</a> <a href="/api">The API</a></nav>
            <div class="panes" data-fresh="settings" data-on="settings. secret.">\(page.html)</div>
            """
        return Frame("Settings", in: .settings, newestEvent: newest, tally: try await Tally(store))
            .page(main, status: status)
    }

    func checkClusterByForm(_ request: Request) async throws -> Response {
        _ = try form(request)
        let answer = try await answer {
            try await orchestrator.send(
                "POST", "/cluster/check", body: Array("{}".utf8), actor: actor(request), request: try id(of: request))
        }
        guard answer.status == 200, case .bytes(let bytes) = answer.body else {
            return try await settingsPage(cluster: .refused(try problem(of: answer).detail), status: answer.status)
        }
        let report = try JSON.decode(ClusterReport.self, from: bytes)
        return try await settingsPage(cluster: .report(report), status: 200)
    }
}

enum ClusterAnswer {
    case report(ClusterReport)
    case refused(String)
}

private struct SettingsPage {
    let values: [String: String]
    let file: String
    let secrets: [SecretEntry]
    let cluster: ClusterAnswer?

    var html: HTML {
        """
        \(problem)
        \(group("Network", [
            ("pxe.enabled", "whether machines are answered that netboot"), ("pxe.mode", "how machines get their address"), ("pxe.answer", "who is answered"),
            ("pxe.interface", "the network port"), ("pxe.range", "addresses that are given out"),
            ("pxe.router", "their router"), ("pxe.dns", "their name server"), ("pxe.lease_time", "for how long"),
            ("server.public_url", "where machines reach this box"),
            ("server.require_https", "whether browsers have to use HTTPS"),
        ]))
        \(group("What all new hosts have in common", [
            ("installation.country", "country"), ("installation.keyboard", "keyboard"),
            ("installation.timezone", "time zone"), ("installation.domain", "domain"),
            ("installation.mail", "mail address of root"),
        ]))
        \(clusterSection)
        \(others)
        \(allowed(.admin, secretList))
        """
    }

    private var problem: HTML? {
        guard let problem = values["provisioning.problem"], !problem.isEmpty else { return nil }
        return """
            <div class="notice" role="alert"><p><strong>provisioning.yaml has a mistake; the last good version stays in
            force.</strong></p><pre>\(problem)</pre></div>
            """
    }

    private func group(_ title: String, _ keys: [(key: String, words: String)]) -> HTML {
        let rows = keys.compactMap { key, words in
            values[key].map { value in
                """
                <div><dt>\(words) <code>\(key)</code></dt><dd>\(value.isEmpty ? "not set" : value)</dd></div>
                """ as HTML
            }
        }
        return """
            <section class="card settings"><h2>\(title)</h2><dl class="pairs">\(rows)</dl>
            <p class="hint">Changed in <code>\(file)</code></p></section>
            """
    }

    private var clusterSection: HTML {
        """
        <section class="card settings" id="cluster" aria-labelledby="cluster-title">
        <h2 id="cluster-title">Cluster</h2>
        <p>Which cluster new hosts join stands under <code>proxmox</code> in the same file. Sprout asks its member, and
        changes nothing there.</p>
        \(told)
        \(allowed(.operator, Self.check))
        <p class="hint">Whom to trust is said on the box itself: <code>sprout cluster trust</code></p>
        </section>
        """
    }

    private static let check: HTML = """
        <form method="post" action="/settings/cluster/check"><button>Check the cluster</button></form>
        """

    private var told: HTML? {
        switch cluster {
        case nil: nil
        case .refused(let reason): "<p class=\"notice\" role=\"alert\">\(reason)</p>"
        case .report(let report):
            """
            <h3>\(report.name ?? report.member)\(report.nodes.isEmpty ? "" : ": \(report.nodes.map(\.name).joined(separator: ", "))")</h3>
            \(JoinTicks(report: report).list)
            """
        }
    }

    private var others: HTML {
        """
        <section class="card settings"><h2>Power and inventory</h2>
        <p>How a host is switched on stands with its <a href="/server-types">server type</a>. Which inventory hosts are
        registered in stands under <code>infrastructure</code> in <code>\(file)</code>. Only sprout-orchestrator reads it,
        since it leads to secrets: <code>sprout doctor</code> says whether it answers.</p></section>
        """
    }

    private var secretList: HTML {
        let list = secrets.map { secret in
            """
            <li><code>\(secret.name)</code> <span class="quiet">set \(Moment.html(secret.updatedAt))</span></li>
            """ as HTML
        }
        return """
            <section class="card settings" aria-labelledby="secrets-title"><h2 id="secrets-title">Secrets</h2>
            \(list.isEmpty ? "<p>None is kept.</p>" : "<ul class=\"rows\" role=\"list\">\(list)</ul>" as HTML)
            <p class="hint">Only their names are known here. They are set on the box itself:
            <code>sprout secrets set NAME</code></p></section>
            """
    }
}
