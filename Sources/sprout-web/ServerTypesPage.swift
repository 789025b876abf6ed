import Control
import HTTP
import Model
import Recipes
import Store

/// The kinds of machines that there are, as server-types.yaml describes them.
extension Site {
    func serverTypesPage(_ request: Request) async throws -> Response {
        let newest = try await store.newestEventID()
        let inForce = try await store.serverTypes()
        let (hosts, _) = try await store.snapshot()
        let counts = Dictionary(grouping: hosts, by: \.serverType).mapValues(\.count)
        let types = try inForce.types.map { try JSON.decode(ServerType.self, from: Array($0.body.utf8)) }
        let main: HTML = """
            <nav aria-label="Way back"><a class="back" href="/settings">Settings</a></nav>
            <h1>Server types</h1>
            <p class="sentence">What machines of a kind have in common. They stand in <code>server-types.yaml</code>, and are
            in force as soon as you save it; an operation keeps the version that it began with.</p>
            \(allowed(.admin, Self.change))
            <div data-fresh="types" data-on="server_types. host.registered host.removed">
            \(RegistrationForm(types: inForce, refusal: nil).settingsProblem)
            \(types.isEmpty ? Self.noTypes : nil)
            <ul class="cards" role="list">\(types.map { Self.card($0, hosts: counts[$0.key] ?? 0) })</ul>
            </div>
            """
        return Frame("Server types", in: .settings, newestEvent: newest, tally: try await Tally(store))
            .page(main, status: 200)
    }

    private static let change: HTML = """
        <p class="ways"><a href="/settings/files/server-types">Change them</a></p>
        """

    private static let noTypes: HTML = """
        <p class="empty">There is none yet: <code>deploy/server-types.example.yaml</code> shows how they are described.</p>
        """

    private static func card(_ type: ServerType, hosts: Int) -> HTML {
        """
        <li class="card"><h2>\(type.displayName)</h2>
        <p class="quiet"><code>\(type.key)</code> · <a href="/?q=\(Percent.encoded(type.key))">\
        \(hosts == 1 ? "1 host" : "\(hosts) hosts")</a></p>
        <dl class="pairs">
        <div><dt>Wiped and installed on</dt><dd>\(type.bootDisk.words)</dd></div>
        <div><dt>File system</dt><dd>\(type.filesystem.words)</dd></div>
        <div><dt>Management port</dt><dd>\(type.managementNIC?.description ?? "the one that it boots from")</dd></div>
        <div><dt>Address</dt><dd>\(type.network.words)</dd></div>
        <div><dt>Power</dt><dd>\(type.power.words)</dd></div>
        <div><dt>Host names</dt><dd>\(type.hostnamePrefix)01, and so on</dd></div>
        </dl></li>
        """
    }
}

extension ServerType.Network {
    fileprivate var words: String {
        switch self {
        case .dhcp: "from DHCP, and kept for good"
        case .fixed(let cidr, let gateway, _): "\(cidr), through \(gateway)"
        }
    }
}

extension ServerType.Power {
    var words: String {
        switch self {
        case .manual: "by hand"
        case .wakeOnLAN: "Wake-on-LAN"
        case .redfish(let url, let secret): "Redfish at \(url), with the secret \(secret)"
        case .http(let hooks): "by calling \(hooks.on.url)"
        }
    }
}
