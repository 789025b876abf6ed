import Control
import HTTP
import Model
import Store

/// Other DHCP and boot servers on the network, which machines may obey instead of Sprout.
extension Site {
    func otherServers(_ request: Request) async throws -> Response {
        try .json(["servers": try await store.foreignServers(at: .now())])
    }

    /// Names those that answer machines that netboot; a router that gives out addresses is as it should be.
    func otherServersNotice() async throws -> [HTML] {
        try await store.foreignServers(at: .now()).filter { $0.kind == .boot }.map { server in
            """
            <p class="notice" role="alert">Another boot server answers on this network: \(server.name). It offers
            \(server.offers), and machines may start that instead of what Sprout offers. Switch network boot off there,
            or keep it to the machines that are not Sprout's.</p>
            """
        }
    }
}
