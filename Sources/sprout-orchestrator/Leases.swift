import Control
import HTTP
import Ledger
import Linux
import Model
import Systemd

extension Desk {
    /// For sprout-dhcp alone: the permission of the socket is its own.
    ///
    /// Leases are no events: they would bury the timeline, and whoever is on the network could write it.
    func leaseRoutes(_ health: Health) -> Routes {
        Routes(
            .get("/health", health.respond),
            .post("/leases") { request in
                let held = try await ledger.write(try LeaseLines.decode(request.body))
                return Response(
                    status: 200, headers: ["content-type": "text/plain"],
                    body: .bytes(held.map { $0 ? LeaseLines.held : LeaseLines.refused }))
            }
        )
    }

    /// Another server was heard: what is news is said.
    func heard(_ server: ForeignServer?, by daemon: String) async throws {
        guard let server else { throw Problem(422, "The field server is missing.", field: "server") }
        guard try await ledger.heard(server, by: .init(actor: daemon)) else { return }
        await feed.ring()
        Journal.log(.warning, server.sentence, ["SPROUT_EVENT": "server.appeared"], id: .serverAppeared)
    }
}

/// Says when a server that was heard is there no more.
struct ServerKeeper: Service {
    private let desk: Desk

    init(_ desk: Desk) {
        self.desk = desk
    }

    func run() async throws {
        for await _ in await desk.feed.rings() {
            let gone = try await desk.ledger.missServers(by: .init(actor: "sprout-orchestrator"))
            for name in gone {
                Journal.log(.notice, "\(name) is not heard any more", ["SPROUT_EVENT": "server.gone"], id: .serverGone)
            }
            if !gone.isEmpty { await desk.feed.ring() }
        }
    }
}
