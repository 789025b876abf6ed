import Control
import HTTP
import Model
import Store

/// Where this box is reached, what changed about that, and who waits because of it.
extension Site {
    func network(_ request: Request) async throws -> Response {
        let change = try await store.networkChange()
        return try .json(
            NetworkReport(
                networks: try await store.ownNetworks(),
                change: change.map { NetworkReport.Change(from: $0.from, to: $0.to, at: $0.at) },
                held: try await store.heldHosts()))
    }

    func goOnByForm(_ request: Request) async throws -> Response {
        let host = try await host(request)
        _ = try form(request)
        let answer = try await ask(host, "go-on", Array("{}".utf8), request)
        guard answer.status == 200 else { throw Problem(answer.status, try problem(of: answer).detail) }
        return .redirect(to: "/hosts/\(host.id)")
    }

    func networkSeenByForm(_ request: Request) async throws -> Response {
        _ = try form(request)
        let answer = try await orchestrator.send(
            "POST", "/network/seen", body: Array("{}".utf8), actor: actor(request), request: try id(of: request))
        guard answer.status == 200 else { throw Problem(answer.status, try problem(of: answer).detail) }
        return .redirect(to: "/")
    }
}

private struct NetworkReport: Encodable {
    struct Change: Encodable { let from, to: [OwnNetwork]; let at: Timestamp }

    let networks: [OwnNetwork]
    let change: Change?
    let held: [Host]

    enum CodingKeys: CodingKey { case networks, change, held }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(networks, forKey: .networks)
        try container.encode(change, forKey: .change)
        try container.encode(held, forKey: .held)
    }
}

/// On every page, until somebody has seen it: the network changed, and what that has for consequences.
struct NetworkNotice {
    private let change: NetworkChange
    private let held: [Host]
    private let unnamed: String?
    private let staleURL: String?

    /// Nil where nothing changed that nobody has seen.
    init?(_ store: Store) async throws {
        guard let change = try await store.networkChange() else { return nil }
        self.change = change
        held = try await store.heldHosts()
        unnamed = try await store.certificateProblem()
        staleURL = try await store.publicURL().flatMap { change.move.leavesBehind($0) ? $0 : nil }
    }

    var html: HTML {
        """
        <div class="notice" role="alert"><p><strong>\(change.move.sentence)</strong> \(Moment.html(change.at))</p>
        \(unnamed.map { "<p>\($0)</p>" as HTML })
        \(staleURL.map { "<p><code>server.public_url</code> still is \($0): new hosts are told to call there. <a href=\"/settings\">Change it</a></p>" as HTML })
        \(held.isEmpty ? seen : waiting)</div>
        """
    }

    private var waiting: HTML {
        """
        <p>These were to be installed when the network changed, and wait until somebody says that they go on here:</p>
        <ul>\(held.map { "<li><a href=\"/hosts/\($0.id)\">\($0.hostname)</a></li>" as HTML })</ul>
        """
    }

    private var seen: HTML? {
        allowed(
            .operator,
            "<form method=\"post\" action=\"/network/seen\"><p><button class=\"plain\">I have seen it</button></p></form>"
        )
    }
}

/// On the page of a host that waits: the click with which it goes on.
struct HeldNotice {
    let host: Host

    var html: HTML {
        """
        <div class="notice" role="status"><p><strong>\(host.hostname) \(NetworkChange.reason).</strong> When it netboots it
        gets the installer only after you have said so. Look at its address and its server type first: do they fit this
        network?</p>
        \(allowed(.operator, "<form method=\"post\" action=\"/hosts/\(host.id)/go-on\"><p><button>Go on with \(host.hostname)</button></p></form>"))
        </div>
        """
    }
}

extension Store {
    /// What the certificate does not name of the addresses by which the box is reached, and what to do; nil if it names all.
    func certificateProblem() throws -> String? {
        guard let certificate = try certificate() else { return nil }
        let unnamed = try ownNetworks().map(\.address).filter { !certificate.names.contains($0) }
        guard !certificate.isOwn, !unnamed.isEmpty else { return nil }
        return
            "The certificate, which was brought, does not name \(unnamed.joined(separator: ", ")): browsers warn there."
            + " Open the box under a name that it has (\(certificate.names.joined(separator: ", "))), or bring another."
    }
}
