import Cluster
import Control
import Ledger
import Linux
import Model
import SSH
import Store
import Systemd

/// Has new nodes join the cluster: one after the other, once all that can be looked at before is good, and never twice.
struct Join: Sendable {
    let desk: Desk
    let keyring: Keyring
    let clusters: ClusterKeeper

    @Sendable func carryOut(_ due: Ledger.DueEffect) async throws -> EffectKeeper.Outcome {
        guard try await isJoining(due) else { return .nothing }
        if let first = try await desk.ledger.takeTurn(due) {
            return .waits("waits for its turn to join: \(first.hostname) is joining.", .seconds(10))
        }
        do {
            guard let access = try await clusters.access(for: due.host) else {
                try await end(due, cluster: nil, "no cluster is configured any more, so it stays a node of its own.")
                return .nothing
            }
            guard let node = try await desk.access(to: due, keyring),
                let inventory = try await desk.store.inventory(ofHost: due.host.id)
            else {
                try await fail(due, "it cannot join: Sprout does not know where it is reached, or by which keys.")
                return .nothing
            }
            let member = access.member(clusters.reactor)
            let attempt = JoinAttempt(
                due: due, access: access, member: member, node: node, inventory: inventory, desk: desk,
                reactor: clusters.reactor)
            return try await conclude(try await attempt.run(), due)
        } catch let failure as MemberFailed {
            guard failure.tick.isPassing else { return try await conclude(.failed(failure.description), due) }
            return .waits("cannot join yet. \(failure)", .seconds(5))
        } catch let failure as SSHFailed {
            guard failure.kind != .otherHostKey else { return try await conclude(.failed(failure.description), due) }
            return .waits("cannot join yet. \(failure)", .seconds(5))
        }
    }

    private func conclude(_ end: JoinEnd, _ due: Ledger.DueEffect) async throws -> EffectKeeper.Outcome {
        guard try await isJoining(due) else { return .nothing }
        switch end {
        case .member(let cluster, let sentence): try await self.end(due, cluster: cluster, sentence)
        case .failed(let sentence): try await fail(due, sentence)
        case .notYet(let sentence): return .waits("cannot join yet. \(sentence)", .seconds(5))
        }
        return .nothing
    }

    /// Whether its operation still waits for it: a person may have cancelled, and its time may be over.
    private func isJoining(_ due: Ledger.DueEffect) async throws -> Bool {
        guard let host = try await desk.store.host(due.host.id), host.state == .joining else { return false }
        return try await desk.store.operations(ofHost: host.id).first?.id == due.operation.id
    }

    private func end(_ due: Ledger.DueEffect, cluster: String?, _ reason: String) async throws {
        let author = Ledger.Author(actor: "sprout-orchestrator")
        _ = try await desk.commit {
            try await desk.ledger.joined(due, cluster: cluster, reason: reason, by: author)
        }
        desk.log(
            .notice, "\(due.host.hostname) is now ready: \(reason)", .hostAdvanced, due.host,
            operation: due.operation.id)
    }

    private func fail(_ due: Ledger.DueEffect, _ reason: String) async throws {
        let author = Ledger.Author(actor: "sprout-orchestrator")
        _ = try await desk.commit {
            try await desk.ledger.advance(hostID: due.host.id, on: .broke, reason: reason, by: author)
        }
        desk.log(
            .warning, "\(due.host.hostname) is now failed: \(reason)", .hostAdvanced, due.host,
            operation: due.operation.id)
    }
}

/// How a host's attempt to join went.
enum JoinEnd: Equatable, Sendable {
    case member(cluster: String, String)
    case failed(String)
    /// Nothing was touched, and it is worth looking again.
    case notYet(String)
}
