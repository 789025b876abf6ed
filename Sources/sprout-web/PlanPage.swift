import Control
import HTTP
import Model
import Store

/// What a rebuild would do, shown before anything is armed; what was typed last, if it was refused.
extension Site {
    func planPage(_ request: Request) async throws -> Response {
        let host = try await host(request)
        if host.state.isUnderWay { return .redirect(to: "/hosts/\(host.id)") }
        return try await planPage(host, image: request.query["image"], refusal: nil, request, status: 200)
    }

    func planPage(
        _ host: Host, image: String?, refusal: RemovalRefusal?, _ request: Request, status: Int
    ) async throws -> Response {
        let images = try await store.images()
        let question = PlanQuestion(image: image?.isEmpty == false ? image : nil)
        let answer = try await self.answer {
            // Asking changes nothing, and needs no name.
            try await orchestrator.send(
                "POST", "/hosts/\(host.id)/rebuild", body: try JSON.encode(question), actor: actor(request),
                request: request.id ?? "")
        }
        guard answer.status == 200, case .bytes(let bytes) = answer.body else {
            return try await planFrame(host, Self.noPlan(host, try problem(of: answer).detail), status: answer.status)
        }
        let page = PlanPage(
            plan: try JSON.decode(RebuildPlan.self, from: bytes), images: images,
            inventory: try await store.inventory(ofHost: host.id),
            power: try await store.serverType(of: host)?.power ?? .manual,
            isAgentHeard: try await store.isAgentHeard(onHost: host.id, at: .now()), refusal: refusal)
        return try await planFrame(host, page.html, status: status)
    }

    private func planFrame(_ host: Host, _ content: HTML, status: Int) async throws -> Response {
        let main: HTML = """
            <nav aria-label="Way back"><a class="back" href="/hosts/\(host.id)">\(host.hostname)</a></nav>
            <article class="host plan">\(content)</article>
            """
        let title = status == 200 ? "Rebuild \(host.hostname)" : "Not rebuilt: \(host.hostname)"
        return Frame(title, in: .hosts, newestEvent: nil, tally: try await Tally(store)).page(main, status: status)
    }

    private static func noPlan(_ host: Host, _ reason: String) -> HTML {
        """
        <h1>Rebuild \(host.hostname)</h1>
        <p class="notice" role="alert">\(reason)</p>
        """
    }
}

private struct PlanQuestion: Encodable {
    let image: String?
    let isDryRun = true

    enum CodingKeys: String, CodingKey {
        case image
        case isDryRun = "dry_run"
    }
}

/// The plan as a page: what is there now, what will be, what is lost, and the name to type.
struct PlanPage {
    let plan: RebuildPlan
    let images: [InstallerImage]
    let inventory: Inventory?
    let power: ServerType.Power
    let isAgentHeard: Bool
    let refusal: RemovalRefusal?

    var html: HTML {
        """
        <h1>Rebuild \(host.hostname)</h1>
        <p class="sentence">Nothing has happened yet. This is what will, once you have typed its name.</p>
        \(problems)
        \(choice)
        <div class="nowafter">\(now)\(after)</div>
        \(loss)
        \(guests)
        <h2>What is to be done by hand</h2>
        <p>\(byHand)</p>
        \(list("Worth knowing", plan.cautions))
        \(plan.answer.map(Self.shown))
        \(confirmation)
        """
    }

    private static func shown(_ answer: String) -> HTML {
        """
        <details class="more" id="answer"><summary>What its installer is told, with the secrets hidden</summary>
        <pre tabindex="0">\(answer)</pre></details>
        """
    }

    private var host: Host { plan.host }

    private var byHand: HTML {
        switch power {
        case .manual where isAgentHeard, .wakeOnLAN where isAgentHeard:
            "Nothing: the agent beside its installer, which still runs, restarts it. It has to boot from the network first."
        case .manual:
            "Switch it on, or restart it, once it is armed: Sprout has no way to. It has to boot from the network first."
        default: "Nothing: Sprout switches it on (\(power.words)). It has to boot from the network first."
        }
    }

    private var problems: HTML? {
        // What lies on the disks is shown where it is lost.
        let problems = plan.problems.filter { $0.field != AnswerProblem.erase }
        guard !problems.isEmpty else { return nil }
        return """
            <section class="notice" role="alert" aria-labelledby="problems-title">
            <h2 id="problems-title">It cannot be rebuilt like this</h2>
            <ul>\(problems.map { "<li>\($0.sentence)</li>" as HTML })</ul></section>
            """
    }

    private var choice: HTML {
        """
        <form class="choice" action="/hosts/\(host.id)/rebuild">
        <p class="field"><label for="image">What is installed</label>
        <select id="image" name="image">\(images.map(option))</select></p>
        <button class="plain">Show its plan</button>
        </form>
        """
    }

    private func option(_ image: InstallerImage) -> HTML {
        let mark: HTML = image.id == plan.image ? "selected" : ""
        return """
            <option value="\(image.id)" \(mark)>\(image.product) \(image.release)-\(image.build)\
            \(image.isForRehearsal ? ", installs nothing" : "")</option>
            """
    }

    private var now: HTML {
        let report = inventory?.report
        let system = report?.version.map { "Proxmox VE \($0)" }
        return """
            <section class="card" aria-labelledby="now-title"><h2 id="now-title">Now</h2><dl>
            \(fact("Host", "\(host.hostname), \(host.mac)"))
            \(fact("State", host.state.rawValue))
            \(fact("System", system ?? "unknown: Sprout has not installed it"))
            \(fact("File system", report?.filesystem))
            \(fact("Address", inventory?.address ?? host.address))
            \(fact("Cluster", inventory?.cluster))
            \(disks)
            </dl></section>
            """
    }

    private var disks: HTML? {
        guard let disks = inventory?.report.disks, !disks.isEmpty else { return nil }
        let list = disks.map { "<li>\($0.disk)\($0.isBootDisk ? ", installed on" : "")</li>" as HTML }
        return "<div><dt>Disks, when it was installed</dt><dd><ul>\(list)</ul></dd></div>"
    }

    private var after: HTML {
        let cluster = plan.cluster.map { report in
            report.name.map { "joins \($0), through \(report.member)" } ?? "joins the cluster of \(report.member)"
        }
        return """
            <section class="card" aria-labelledby="after-title"><h2 id="after-title">After</h2><dl>
            \(fact("Host", plan.fqdn))
            \(fact("State", "ready"))
            \(fact("System", "Proxmox VE \(plan.release), from \(plan.image)"))
            \(fact("File system", plan.filesystem))
            \(fact("Address", plan.address))
            \(fact("Cluster", cluster ?? "none: a node of its own"))
            \(fact("Disk", plan.disk))
            </dl></section>
            """
    }

    private func fact(_ name: String, _ value: String?) -> HTML? {
        guard let value, !value.isEmpty else { return nil }
        return "<div><dt>\(name)</dt><dd>\(value)</dd></div>"
    }

    /// The disks that it was installed on are shown large: their serial numbers stand on them.
    private var loss: HTML {
        let known = inventory?.report.bootDisks ?? []
        let unseen: HTML =
            plan.strangeContents.isEmpty
            ? "<p>Sprout has not seen the disks of this machine yet: look at them before you go on.</p>" : ""
        let what: HTML =
            known.isEmpty
            ? unseen
            : """
            <p>It was installed on:</p>\(known.map(Self.label))
            """
        return """
            <section class="loss" aria-labelledby="loss-title">
            <h2 id="loss-title">What is lost</h2>
            <p><strong>Everything on \(plan.disk)</strong>, when \(host.hostname) netboots next. There is no way back.</p>
            \(what)
            \(plan.strangeContents.map(strange))
            </section>
            """
    }

    private func strange(_ contents: DiskContents) -> HTML {
        """
        <div class="strange"><p>Sprout has not put this on the disk:</p>
        \(Self.label(contents.disk))
        <ul>\(contents.parts.map { "<li>\($0)</li>" as HTML })</ul></div>
        """
    }

    /// How the guests of a dead member are configured: whoever lets it be taken out sees it here for the last time.
    private var guests: HTML? {
        guard let files = plan.namesake?.guestFiles, !files.isEmpty else { return nil }
        return """
            <h2>Guests of the dead member \(host.hostname)</h2>
            \(files.map { "<details class=\"more\"><summary>\($0.path)</summary><pre tabindex=\"0\">\($0.text)</pre></details>" as HTML })
            """
    }

    private static func label(_ disk: MachineDisk) -> HTML {
        """
        <p class="disk"><span>\(disk.model ?? "a disk") · \(disk.name)</span>
        <strong>\(disk.serial ?? "no serial number")</strong></p>
        """
    }

    private func list(_ title: String, _ sentences: [String]) -> HTML? {
        guard !sentences.isEmpty else { return nil }
        return "<h2>\(title)</h2><ul class=\"plainlist\">\(sentences.map { "<li>\($0)</li>" as HTML })</ul>"
    }

    // MARK: Typing its name

    private var confirmation: HTML? {
        guard plan.problems.allSatisfy({ Self.isSettledHere($0.field) }) else { return nil }
        return """
            <form method="post" action="/hosts/\(host.id)/rebuild">
            <input type="hidden" name="image" value="\(plan.image)">
            \(leftover)
            \(erase)
            <p class="field"><label for="rebuild-confirm">Type <strong>\(host.hostname)</strong> to confirm</label>
            <input id="rebuild-confirm" name="confirm" value="\(refusal?.typed ?? "")" autocomplete="off" \
            autocapitalize="none" spellcheck="false" required \(isErase ? nil : mark)>\(isErase ? nil : error)</p>
            <p><button class="destructive">Rebuild \(host.hostname)</button>
            <a class="button plain" href="/hosts/\(host.id)">Leave it alone</a></p>
            </form>
            """
    }

    private static func isSettledHere(_ field: String) -> Bool {
        ["remove_member", AnswerProblem.erase].contains(field)
    }

    /// Asked where disks hold what Sprout has not put there.
    private var erase: HTML? {
        guard !plan.strangeContents.isEmpty else { return nil }
        let serials = plan.strangeContents.map(\.disk.identity).joined(separator: ", ")
        return """
            <p class="field"><label for="rebuild-erase">Type <strong>\(serials)</strong>, to lose what lies there</label>
            <input id="rebuild-erase" name="erase" autocomplete="off" autocapitalize="none" spellcheck="false" required \
            \(isErase ? mark : nil)>\(isErase ? error : nil)</p>
            """
    }

    /// Asked where the cluster has a dead member of this name.
    private var leftover: HTML? {
        guard plan.problems.contains(where: { $0.field == "remove_member" }) else { return nil }
        return """
            <p class="field"><label><input type="checkbox" name="remove_member" value="yes"> Take the dead member \
            \(host.hostname) out of the cluster: its old disk never starts again</label></p>
            """
    }

    private var isErase: Bool { refusal?.field == AnswerProblem.erase }

    private var mark: HTML? {
        refusal.map { _ in "aria-invalid=\"true\" aria-describedby=\"rebuild-error\" autofocus" }
    }

    private var error: HTML? {
        refusal.map { "<span class=\"error\" role=\"alert\" id=\"rebuild-error\">\($0.reason)</span>" }
    }
}
