import Control
import HTTP
import Model
import Store

/// The machines that netboot and are no hosts: shown, adopted, or ignored.
extension Site {
    func discoveries(_ request: Request) async throws -> Response {
        let isIgnored = request.query["ignored"] == "true"
        return try .json(["discoveries": try await store.discoveries(ignored: isIgnored)])
    }

    func acceptDiscovery(_ request: Request) async throws -> Response {
        try requireJSON(request)
        return try await accept(try JSON.decode(strictly: Acceptance.self, from: request.body), request)
    }

    func ignoreDiscovery(_ request: Request) async throws -> Response {
        try requireJSON(request)
        return try await tell("ignore", request.body, request)
    }

    func acceptByForm(_ request: Request) async throws -> Response {
        let fields = try form(request)
        let wish = Acceptance(hostname: fields["hostname"], serverType: fields["server_type"] ?? "", labels: nil)
        let answer = try await answer { try await accept(wish, request) }
        if answer.status == 201 { return .redirect(to: "/") }
        let refusal = AdoptionRefusal(
            mac: request.parameters["mac"] ?? "", wish: wish, problem: try problem(of: answer))
        return try await discoveriesPage(refusal: refusal, status: answer.status)
    }

    func ignoreByForm(_ request: Request) async throws -> Response {
        let isIgnored = try form(request)["ignored"] != "no"
        let answer = try await tell("ignore", try JSON.encode(["ignored": isIgnored]), request)
        guard answer.status == 204 else { throw Problem(answer.status, try problem(of: answer).detail) }
        return .redirect(to: isIgnored ? "/" : "/discoveries")
    }

    private func accept(_ wish: Acceptance, _ request: Request) async throws -> Response {
        let draft = HostDraft(
            hostname: wish.hostname, mac: request.parameters["mac"] ?? "", serverType: wish.serverType,
            labels: wish.labels ?? [:])
        return try await tell("accept", try JSON.encode(draft), request)
    }

    private func tell(_ verb: String, _ body: [UInt8], _ request: Request) async throws -> Response {
        let mac = Percent.encoded(request.parameters["mac"] ?? "")
        return try await sendOnce("POST", "/discoveries/\(mac)/\(verb)", body, request)
    }
}

/// The body of `POST /api/discoveries/{mac}/accept`.
struct Acceptance: StrictBody {
    let hostname: String?
    let serverType: String
    let labels: [String: String]?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case hostname, labels
        case serverType = "server_type"
    }
}

/// An adoption that was refused, to be shown again as it was filled in.
struct AdoptionRefusal {
    let mac: String
    let wish: Acceptance
    let problem: ReceivedProblem
}

/// The list of machines to adopt, which is not there while there is none.
struct DiscoveryList {
    let discoveries: [Discovery]
    let types: [ServerTypesInForce.Entry]
    let verdicts: [MACAddress: Verdict]
    var refusal: AdoptionRefusal?

    var html: HTML? {
        guard !discoveries.isEmpty else { return nil }
        return """
            <section aria-labelledby="discoveries-title">
            <h2 id="discoveries-title">Seen netbooting <span class="count">\(discoveries.count)</span></h2>
            <ul class="grid" role="list">\(discoveries.map(card))</ul>
            </section>
            """
    }

    private func card(_ discovery: Discovery) -> HTML {
        let mac = discovery.mac
        return """
            <li class="tile discovery">
            <div class="title"><h3>\(discovery.summary)</h3></div>
            <p class="quiet"><code>\(mac)</code> <span>\(discovery.traits.address ?? "")</span></p>
            <p class="sentence">not a host yet; it starts from its own disk · \(Moment.html(discovery.lastSeen))</p>
            \(verdicts[mac].map { "<p class=\"notice\">\($0.sentence) \($0.remedy)</p>" as HTML })
            \(allowed(.operator, form(mac)))
            </li>
            """
    }

    private func form(_ mac: MACAddress) -> HTML {
        let refusal = refusal?.mac == "\(mac)" ? refusal : nil
        let name = FormField(
            name: "hostname", label: "Host name", id: "name-\(mac)", value: refusal?.wish.hostname ?? "",
            attributes: "autocomplete=\"off\" autocapitalize=\"none\" placeholder=\"the next free one\"",
            problem: refusal?.problem)
        return """
            <form method="post" action="/discoveries/\(mac)/accept">
            \(refusal?.problem.html(besides: ["hostname"]))
            <p class="field"><label for="type-\(mac)">Server type</label>
            <select id="type-\(mac)" name="server_type">\
            \(types.map { Self.option($0, isChosen: $0.key == refusal?.wish.serverType) })</select></p>
            \(name.html)
            <p><button>Adopt</button>
            <button class="plain" formaction="/discoveries/\(mac)/ignore">Ignore</button></p>
            </form>
            """
    }

    private static func option(_ type: ServerTypesInForce.Entry, isChosen: Bool) -> HTML {
        "<option value=\"\(type.key)\" \(isChosen ? "selected" : "" as HTML)>\(type.displayName)</option>"
    }
}
