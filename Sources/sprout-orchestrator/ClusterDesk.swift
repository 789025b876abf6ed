import Cluster
import Control
import Crypto
import HTTP
import Ledger
import Model
import Settings
import Systemd

/// Says how the cluster is that hosts are to join, and takes what a person trusts.
struct ClusterDesk: Sendable {
    let desk: Desk
    let clusters: ClusterKeeper

    var routes: [Routes.Route] {
        [
            .post("/cluster/check") { _ in try .json(try await report()) },
            .put("/cluster/trust", trust),
            .post("/cluster/key", makeKey),
        ]
    }

    /// Asks the member, and says all that can be said without a host that is to join.
    private func report() async throws -> ClusterReport {
        guard let host = await clusters.settings.provisioning.proxmox.existingNode else {
            throw Problem(
                409, "No cluster is configured: set proxmox.existing_node in provisioning.yaml to one of its members.")
        }
        return try await report(on: host) { $0.ticks }
    }

    /// What the plan of a host shows; nil where it is to be a node of its own.
    func report(for host: Host, release: String, removing: Bool) async throws -> ClusterReport? {
        guard !host.isRehearsed, let member = await clusters.settings.provisioning.proxmox.existingNode else {
            return nil
        }
        return try await report(on: member, readingGuestsOf: "\(host.hostname)") { state in
            state.ticks + [
                state.name("\(host.hostname)", removing: removing), state.versions("\(host.hostname)", release),
            ]
        }
    }

    private func report(
        on host: String, readingGuestsOf name: String? = nil, _ ticks: (ClusterState) -> [ClusterTick]
    ) async throws -> ClusterReport {
        var report = ClusterReport(member: host)
        do {
            guard let access = try await clusters.configured() else { return report }
            let member = access.member(clusters.reactor)
            var state = try await ClusterState(asking: member)
            if let name { try await state.readGuests(of: name, from: member) }
            (report.name, report.nodes) = (state.name, state.nodes)
            report.ticks =
                [
                    ClusterTick(.reachable, .good, "\(host) answers, is who is trusted, and lets Sprout in.")
                ] + ticks(state)
        } catch let failure as MemberFailed {
            report.shown = failure.shown
            report.ticks = [failure.tick]
        }
        return report
    }

    private func trust(_ request: Request) async throws -> Response {
        let wish = try JSON.decode(strictly: TrustWish.self, from: request.body)
        do {
            let (host, shown) = try await clusters.trust(wish.fingerprint)
            let sentence = "\(host) is trusted as a member of the cluster while it shows \(shown)."
            let author = desk.author(request)
            try await desk.commit(request) { try await desk.ledger.record(.clusterTrusted, sentence, by: author) }
            Journal.log(
                .notice, sentence,
                ["SPROUT_EVENT": Event.Kind.clusterTrusted.rawValue, "SPROUT_REQUEST": request.id ?? ""])
            return .json(try JSON.encode(["sentence": sentence]))
        } catch let failure as MemberFailed {
            throw Problem(failure.shown == nil ? 409 : 422, "\(failure)", field: "fingerprint")
        }
    }

    /// The same key each time, until its secret is removed.
    private func makeKey(_ request: Request) async throws -> Response {
        do {
            if let key = try await clusters.memberKey() { return .json(try JSON.encode(["key": key.line])) }
        } catch let failure as MemberFailed {
            throw Problem(409, "\(failure)")
        }
        let (pair, name) = (try KeyPair(), try SecretName(ClusterKeeper.keyName))
        let line = pair.line(comment: "sprout")
        let text = "\(line)\n\(Base64.text(pair.privateKey))"
        let sealed = try clusters.secrets.keyring.seal(Array(text.utf8), as: name.stored)
        let author = desk.author(request)
        try await desk.commit(request) { try await desk.ledger.keep(sealed, asSecret: name, by: author) }
        return .json(try JSON.encode(["key": line]))
    }
}

/// The body of `PUT /cluster/trust`.
private struct TrustWish: StrictBody {
    let fingerprint: String

    enum CodingKeys: CodingKey, CaseIterable { case fingerprint }
}
