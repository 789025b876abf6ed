import Control
import HTTP
import Ledger
import Linux
import Model
import Store
import Systemd

/// Notices that the box is reached elsewhere than before, and brings what depends on it up to date.
///
/// Nobody has to be told the new address: who asks is answered with the address that they reached.
struct NetworkKeeper: Service {
    private let desk: Desk
    private let certificates: CertificateDesk
    private let reactor: Reactor

    init(_ desk: Desk, _ certificates: CertificateDesk, _ reactor: Reactor) {
        (self.desk, self.certificates, self.reactor) = (desk, certificates, reactor)
    }

    var routes: [Routes.Route] {
        [
            .post("/network/seen") { request in
                let author = desk.author(request)
                try await desk.commit(request) { try await desk.ledger.confirmNetwork(by: author) }
                return .json(Array("{}".utf8))
            },
            .post("/hosts/:id/go-on") { request in
                let (host, author) = (try await desk.host(of: request), desk.author(request))
                let going = try await desk.commit(request) { try await desk.ledger.goOn(hostID: host.id, by: author) }
                desk.note(
                    .networkConfirmed, "\(going.hostname) goes on in this network", going, request,
                    operation: await desk.latestOperation(of: going))
                return try .json(going)
            },
        ]
    }

    /// What is seen twice is no moment between two addresses.
    func run() async throws {
        var (last, told): ([OwnNetwork], [OwnNetwork]) = ([], [])
        while true {
            do {
                let networks = try await networks()
                if networks == last, networks != told, !networks.isEmpty {
                    try await take(networks)
                    told = networks
                }
                last = networks
            } catch let error where !(error is CancellationError) {
                Journal.log(.warning, "where this box is reached cannot be seen: \(error)")
            }
            try await reactor.sleep(for: .seconds(3))
        }
    }

    private func take(_ networks: [OwnNetwork]) async throws {
        let change = try await desk.commit {
            try await desk.ledger.reached(in: networks, by: .init(actor: "sprout-orchestrator"))
        }
        if let change {
            Journal.log(
                .warning, change.move.sentence, ["SPROUT_EVENT": Event.Kind.networkChanged.rawValue])
        }
        try await certificates.follow(networks.map(\.address), isMoved: change != nil)
    }

    /// Of the ports through which machines and browsers come: others, such as those of containers, come and go.
    private func networks() async throws -> [OwnNetwork] {
        // Not kept: it has a port, at which nobody is to be heard.
        let socket = try DatagramSocket(FileDescriptor.datagrams(port: 0, interface: nil), reactor)
        var first: [OwnNetwork] = []
        for (name, place) in try socket.interfaces() where !OwnNetwork.isOfNoNetwork(place.address) {
            if first.contains(where: { $0.interface == name }) { continue }
            first.append(OwnNetwork(interface: name, address: place.address, mask: place.mask))
        }
        let wanted = DefaultRoute.interfaces().union([try await desk.store.setting("pxe.interface")].compactMap(\.self))
        let chosen = first.filter { wanted.contains($0.interface) }
        return chosen.isEmpty ? first : chosen
    }
}
