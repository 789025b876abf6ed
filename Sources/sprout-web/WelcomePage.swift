import Control
import HTTP
import Model
import Store

/// What a new box wants to know, one thing after the other, up to its first machine.
///
/// Every step can be left out, and is found in the settings too.
extension Site {
    func welcomePage(_ request: Request) async throws -> Response {
        try await welcomePage(request, refusal: nil, status: 200)
    }

    func welcomePage(_ request: Request, refusal: SettingsRefusal?, status: Int) async throws -> Response {
        let newest = try await store.newestEventID()
        let report = try await settingsReport(request)
        let page = WelcomePage(
            steps: try await steps(report), report: report,
            ports: await networkPorts(request), others: try await store.foreignServers(at: .now()),
            discoveries: DiscoveryList(
                discoveries: try await store.discoveries(), types: try await store.serverTypes().types,
                verdicts: try await store.verdicts()),
            refusal: refusal,
            opened: (refusal?.group ?? request.query["at"]).flatMap(WelcomePage.Step.init))
        return Frame("Getting started", newestEvent: newest, tally: try await Tally(store), script: "backups.js").page(
            page.html, status: status)
    }

    /// The way there, for those who could take the box further, as long as it has no host.
    ///
    /// Hosts are shown while the orchestrator is away too: it is not asked how far the box has come.
    func gettingStarted() async throws -> HTML? {
        guard Caller.current.role == .admin, try await store.stateCounts().isEmpty else { return nil }
        return """
            <p class="notice good"><a href="/welcome">Getting started</a>: what a box wants to know before its first machine.</p>
            """
    }

    /// What is done already.
    private func steps(_ report: SettingsReport) async throws -> Set<WelcomePage.Step> {
        var done: Set<WelcomePage.Step> = []
        if report.values["pxe.enabled"] == "true" { done.insert(.network) }
        if report.hasRootPassword { done.insert(.hosts) }
        if try await !store.images().isEmpty { done.insert(.image) }
        if report.values["proxmox.existing_node"] != nil { done.insert(.cluster) }
        if try await !store.stateCounts().isEmpty { done.insert(.machine) }
        return done
    }
}

struct WelcomePage {
    enum Step: String, CaseIterable {
        case network, hosts, image, cluster, machine
    }

    let steps: Set<Step>
    let report: SettingsReport
    let ports: [NetworkPort]
    let others: [ForeignServer]
    let discoveries: DiscoveryList
    let refusal: SettingsRefusal?
    /// The one that is shown; nil is the first that is not done.
    let opened: Step?

    var html: HTML {
        """
        <h1>Getting started</h1>
        <p class="sentence">\(sentence)</p>
        \(steps.contains(.machine) ? nil : restore)
        <ol class="welcome" role="list">
        \(step(.network, "Network", network))
        \(step(.hosts, "What all new hosts have in common", "<div data-zone>\(form(.hosts))</div>"))
        \(step(.image, "What is installed", image))
        \(step(.cluster, "Cluster", cluster))
        </ol>
        <section id="machine" class="card" aria-labelledby="machine-title">
        <h2 id="machine-title">\(mark(.machine)) Your first machine</h2>
        <div data-fresh="machine" data-on="discovery. netboot. identity. host. settings.">\(machine)</div>
        </section>
        """
    }

    private var restore: HTML {
        """
        <details class="more" id="restore"><summary>Restore a backup of another box instead</summary>
        \(RestoreForm(replaces: false).html)</details>
        """
    }

    private var sentence: HTML {
        guard let next = Step.allCases.first(where: { !steps.contains($0) && $0 != .cluster }) else {
            return "All is set up. <a href=\"/\">To your hosts</a>"
        }
        return next == .machine
            ? "Sprout is ready for machines."
            : "A few things, in any order. What you leave out now is found under <a href=\"/settings\">Settings</a> later."
    }

    private func step(_ step: Step, _ title: HTML, _ body: HTML) -> HTML {
        let isOpen = step == (opened ?? Step.allCases.first { !steps.contains($0) })
        return """
            <li><details class="card" id="\(step.rawValue)" \(isOpen ? "open" : "" as HTML)>
            <summary><h2>\(mark(step)) \(title)\(step == .cluster ? " <span class=\"quiet\">if you have one</span>" as HTML : nil)</h2></summary>
            \(body)</details></li>
            """
    }

    private func mark(_ step: Step) -> HTML {
        steps.contains(step)
            ? "<span class=\"sign good\" role=\"img\" aria-label=\"done\">✓</span>"
            : "<span class=\"sign\" role=\"img\" aria-label=\"to do\">○</span>"
    }

    private func form(_ group: SettingGroup) -> HTML {
        let following = Step.allCases.drop { $0.rawValue != group.id }.dropFirst()
        let next = following.first { !steps.contains($0) } ?? .machine
        return SettingForm(
            group: group, report: report, ports: ports, next: "/welcome?at=\(next.rawValue)#\(next.rawValue)",
            refusal: refusal?.group == group.id ? refusal : nil,
            suggestions: steps.contains(.network) ? [:] : suggestions
        ).html
    }

    /// What the network says by itself: one press is enough then.
    private var suggestions: [String: String] {
        guard report.netbootObstacle == nil else { return [:] }
        var suggestions = ["pxe.enabled": "true"]
        let connected = ports.filter(\.hasLink)
        if report.values["pxe.interface"] == nil, connected.count == 1 {
            suggestions["pxe.interface"] = connected[0].name
        }
        return suggestions
    }

    private var network: HTML {
        """
        <p>\(SettingGroup.network.introduction)</p>
        \(found)
        \(report.netbootObstacle.map { "<p class=\"notice\">As it was started, \($0).</p>" as HTML })
        \(form(.network))
        """
    }

    /// What can be seen of the network from here.
    private var found: HTML {
        let connected = ports.filter(\.hasLink)
        let port: HTML =
            switch connected.count {
            case 0: "<li>Nothing is connected to any port of this box.</li>"
            case 1:
                "<li>One port is connected: <strong>\(connected[0].name)</strong>\(connected[0].addresses.first.map { ", \($0)" as HTML }).</li>"
            default:
                "<li>\(connected.count) ports are connected: \(connected.map(\.name).joined(separator: ", ")).</li>"
            }
        let servers = others.map { server in
            "<li>\(server.name) offers \(server.offers).</li>" as HTML
        }
        return "<ul class=\"found\">\(port)\(servers)</ul>"
    }

    private var image: HTML {
        """
        <p>The ISO of Proxmox VE as it is downloaded: proxmox.com/downloads. Sprout takes it apart into what machines load.</p>
        <p><a class="button" href="/images">\(steps.contains(.image) ? "Images" : "Bring an ISO")</a></p>
        """
    }

    private var cluster: HTML {
        """
        <p>New hosts can join a cluster of yours. Without one, each becomes a node of its own.</p>
        \(form(.cluster))
        <p class="hint">Its root password, and whom Sprout trusts there, are asked for under
        <a href="/settings#cluster">Settings</a>, where the cluster can be checked.</p>
        """
    }

    private var machine: HTML {
        if steps.contains(.machine) { return "<p><a href=\"/\">To your hosts</a></p>" }
        if let list = discoveries.html { return list }
        if let obstacle = report.netbootObstacle {
            return """
                <p class="notice">As it was started, \(obstacle). Everything else works: a machine whose MAC address you know
                can be <a href="/#register">registered</a>, and <code>sprout rehearse</code> shows an installation without
                one.</p>
                """
        }
        guard report.values["pxe.enabled"] == "true" else {
            return """
                <p>Network boot is off: no machine is answered, and none is seen. Once it is on (see
                <a href="/welcome?at=network#network">Network</a>), the first one that boots from the network appears here. One whose MAC address you know can be <a href="/#register">registered</a> at once.</p>
                """
        }
        return """
            <p class="waiting" role="status">Waiting for your first machine…</p>
            <p>Connect one to this network, switch it on, and let it boot from the network: on most machines that is F12, F11
            or Esc right after power-on. It appears here by itself. If it does not, <a href="/wire">the wire</a> shows what
            was heard of it.</p>
            """
    }
}
