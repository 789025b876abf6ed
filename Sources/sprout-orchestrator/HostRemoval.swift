import Cluster
import Control
import HTTP
import Ledger
import Linux
import Model
import Store

/// Removes hosts, unless a cluster still counts on them.
struct HostRemoval: Sendable {
    let desk: Desk
    let clusters: ClusterKeeper

    var routes: [Routes.Route] {
        [
            .delete("/hosts/:id") { request in
                let author = desk.author(request)
                let host = try await desk.store.host(request.parameters["id"] ?? "")
                if let host, !host.isRehearsed, !host.state.isUnderWay { try await checkMembership(of: host) }
                try await desk.commit(request) {
                    try await desk.ledger.remove(hostID: host?.id ?? request.parameters["id"] ?? "", by: author)
                }
                if let host { desk.note(.hostRemoved, "\(host.hostname) was removed", host, request) }
                return Response(status: 204)
            }
        ]
    }

    private func checkMembership(of host: Host) async throws {
        let joined = try await desk.store.inventory(ofHost: host.id)?.cluster
        do {
            guard let access = try await clusters.configured() else { return }
            let state = try await ClusterState(asking: access.member(clusters.reactor))
            guard state.node("\(host.hostname)") != nil else { return }
            throw Problem(
                409,
                "\(host.hostname) is a member of the cluster \(state.name). Move its guests away, switch it off for good,"
                    + " and run on \(state.asked == "\(host.hostname)" ? "another member" : state.asked): pvecm delnode"
                    + " \(host.hostname). Then remove it here.")
        } catch let failure as MemberFailed {
            guard let joined else { return }
            throw Problem(
                409,
                "\(host.hostname) joined the cluster \(joined), which cannot be asked now whether it is still a member:"
                    + " \(failure) If that cluster is gone for good, take proxmox.existing_node out of provisioning.yaml."
            )
        }
    }
}
