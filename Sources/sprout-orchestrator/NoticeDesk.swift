import Control
import Crypto
import Fetch
import HTTP
import Ledger
import Linux
import Model
import Outreach
import Settings
import Store

/// Tells people what becomes of hosts: each target once, and again only where it did not take the message.
struct NoticeDesk: Sendable {
    let desk: Desk
    let settings: SettingsKeeper
    let secrets: SecretDesk
    let worker: Worker

    /// Nobody wants to read on a phone what happened the day before.
    private static let patience = Duration.seconds(24 * 3600)

    var routes: [Routes.Route] {
        [
            .get("/notifications") { _ in
                let targets = await settings.provisioning.notifications
                return try .json(["targets": targets.enumerated().map(NoticeTarget.init)])
            },
            .post("/notifications/test") { _ in
                let targets = await settings.provisioning.notifications
                let message = Message(testAt: .now(), publicURL: try await desk.store.publicURL())
                let delivery = "test.\(Token().text)"
                var results: [NoticeTarget] = []
                let sent = try await send(message, delivery, to: Array(targets.enumerated()), taken: { _ in })
                for (index, problem) in sent.sorted(by: { $0.index < $1.index }) {
                    var target = NoticeTarget(index, targets[index])
                    (target.isAccepted, target.problem) = (problem == nil, problem)
                    results.append(target)
                }
                return try .json(["targets": results])
            },
        ]
    }

    @Sendable func deliver(_ due: Ledger.DueEffect) async throws -> EffectKeeper.Outcome {
        guard !due.host.isRehearsed else { return .nothing }
        let known = due.progress.flatMap { NoticeProgress(json: $0) }
        var progress = known ?? NoticeProgress(since: due.operation.endedAt ?? .now())
        guard let message = try await message(due, progress), let kind = message.kind else { return .nothing }
        let waiting = await settings.provisioning.notifications.enumerated().filter { _, target in
            target.occasions.contains(kind) && !progress.delivered.contains(target.key)
        }
        let delivery = "\(due.operation.id).\(kind.rawValue).\(due.id)"
        let results = try await send(message, delivery, to: waiting) { target in
            progress.delivered.append(target.key)
            try await desk.ledger.keep(progress, of: due)
        }
        let problems = results.sorted { $0.index < $1.index }.compactMap(\.problem)
        guard !problems.isEmpty else { return .nothing }
        let words = problems.joined(separator: " ")
        guard Timestamp.now() < progress.since + Self.patience else {
            return .done(
                .hostNoticed, "Nobody was told that \(message.title), and it is given up after a day. \(words)")
        }
        return .later(words)
    }

    /// Nil where nobody has to know: what a person was needed for is over.
    private func message(_ due: Ledger.DueEffect, _ progress: NoticeProgress) async throws -> Message? {
        let publicURL = try await desk.store.publicURL()
        if let need = progress.need {
            guard due.operation.endedAt == nil else { return nil }
            return Message(.needsYou, of: due.host, at: progress.since, because: need, publicURL: publicURL)
        }
        let kind: NoticeKind? =
            switch due.operation.outcome {
            case .ready: .ready
            case .failed: .failed
            default: nil
            }
        guard let kind else { return nil }
        let reason = try await desk.store.reason(ofEnd: due.operation)
        return Message(kind, of: due.host, at: progress.since, because: reason, publicURL: publicURL)
    }

    /// All at once, so that nobody waits for one that is dead; each that has taken it is told to `taken` at once.
    private func send(
        _ message: Message, _ delivery: String, to targets: [(offset: Int, element: Provisioning.NotificationTarget)],
        taken: (Provisioning.NotificationTarget) async throws -> Void
    ) async throws -> [(index: Int, problem: String?)] {
        try await withThrowingTaskGroup { group in
            for (index, target) in targets {
                group.addTask { (index, target, await send(message, delivery, to: target, index)) }
            }
            var results: [(index: Int, problem: String?)] = []
            for try await (index, target, problem) in group {
                if problem == nil { try await taken(target) }
                results.append((index, problem))
            }
            return results
        }
    }

    private func send(
        _ message: Message, _ delivery: String, to target: Provisioning.NotificationTarget, _ index: Int
    ) async -> String? {
        do {
            let outlet = try await outlet(target)
            switch target.kind {
            case .ntfy: try await Ntfy(outlet).send(message)
            case .webhook: try await Webhook(outlet).send(try message.json(delivery: delivery), delivery: delivery)
            }
            return nil
        } catch {
            return "notifications[\(index)]: \(error)"
        }
    }

    private func outlet(_ target: Provisioning.NotificationTarget) async throws -> Outlet {
        guard let url = WebURL("\(target.url)") else { throw NotTold("\(target.url.origin) cannot be called.") }
        var secret: String?
        if let name = target.secretName {
            secret = try await secrets.secret(try SecretName(name))
            guard secret != nil else {
                throw NotTold("The secret \(name) is not stored. Store it with: sprout secrets set \(name)")
            }
        }
        return Outlet(
            url, secret: secret, named: target.secretName ?? "NAME, and name it there with secret: NAME",
            fingerprint: target.fingerprint.flatMap { Fingerprint($0) }, hidesPath: true, worker)
    }
}

extension Provisioning.NotificationTarget {
    /// By which it is known again, whatever its place in the list; its URL may be all that keeps strangers out.
    fileprivate var key: String { String(Digest.sha256("\(kind.rawValue) \(url)").hexadecimal.prefix(16)) }
}

/// A target as people see it: where it is, but not its path.
private struct NoticeTarget: Encodable {
    let number: Int
    let kind: String
    let server: String
    let secret: String?
    let occasions: [NoticeKind]
    var isAccepted: Bool?
    var problem: String?

    init(_ number: Int, _ target: Provisioning.NotificationTarget) {
        (self.number, kind, server) = (number, target.kind.rawValue, target.url.origin)
        secret = target.secretName
        occasions = NoticeKind.allCases.filter(target.occasions.contains)
    }

    enum CodingKeys: String, CodingKey {
        case number, kind, server, secret, problem
        case occasions = "on"
        case isAccepted = "accepted"
    }
}
