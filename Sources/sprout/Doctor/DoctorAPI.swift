import Control
import HTTP
import Model
import Settings

/// What the running Sprout itself knows to be in the way.
extension Doctor {
    func certificateFinding() async throws -> Finding {
        let certificate = try await api.get("/api/tls", as: ServedCertificate.self).value
        let shown =
            "Browsers are shown the certificate \(certificate.fingerprint), valid until \(certificate.validUntil)."
        let days = certificate.daysLeft(at: .now())
        if days >= 30 { return .good("certificate", shown) }
        return days < 0
            ? .bad("certificate", shown, certificate.remedy) : .caution("certificate", shown, certificate.remedy)
    }

    func imageFindings() async throws -> [Finding] {
        let images = try await api.get("/api/images", as: [String: [InstallerImage]].self).value["images"] ?? []
        guard !images.isEmpty else {
            return [.caution("images", "There is nothing to install.", "sprout images import FILE makes an ISO ready.")]
        }
        return images.map { image in
            if let damage = image.damage {
                return .bad(
                    "images", "\(image.id) is damaged: \(damage).",
                    "sprout images remove \(image.id), and import it again.")
            }
            let checked = image.checkedAt.map { ", and was read again at \($0)" } ?? ""
            return .good("images", "\(image.id) can be installed\(checked).")
        }
    }

    func otherServerFindings() async throws -> [Finding] {
        let heard = try await api.get("/api/network/servers", as: [String: [ForeignServer]].self).value["servers"] ?? []
        return heard.map { server in
            server.kind == .boot
                ? .bad(
                    "other servers", "Another boot server answers: \(server.name).",
                    "Switch network boot off there, or keep it to machines that are not Sprout's.")
                : .good("other servers", "\(server.name) gives out addresses.")
        }
    }

    /// What waits for something outside, host by host.
    func taskFindings() async throws -> [Finding] {
        var findings: [Finding] = []
        for host in try await api.hosts().prefix(Self.mostHosts) {
            let path = "/api/hosts/\(host.id)/tasks"
            let tasks = try await api.get(path, as: [String: [PendingTask]].self).value["tasks"] ?? []
            for task in tasks {
                guard let problem = task.problem else { continue }
                findings.append(
                    .caution(
                        "tasks", "Still to be done for \(host.hostname): \(task.kind.sentence). \(problem)",
                        "sprout hosts retry \(host.hostname) tries it at once."))
            }
        }
        return findings
    }

    /// What a server type names is missed only when a host is of that type: the examples name secrets too.
    func secretFindings(_ settings: Provisioning, _ types: ServerTypes?) async throws -> [Finding] {
        let stored = try await api.get("/api/secrets", as: [String: [SecretEntry]].self).value["secrets"] ?? []
        let inUse = Set(try await api.hosts().map(\.serverType))
        let needed =
            settings.notifications.compactMap(\.secretName)
            + (types?.all.filter { inUse.contains($0.key) }.compactMap(\.power.secretName) ?? [])
        let missing = Set(needed).subtracting(stored.map(\.name)).sorted()
        return missing.map {
            .bad("secrets", "The settings name the secret \($0), which is not stored.", "sprout secrets set \($0)")
        }
    }

    func clusterFindings() async throws -> [Finding] {
        do {
            let answer = try await api.send("POST", "/api/cluster/check", body: Array("{}".utf8))
            return try JSON.decode(ClusterReport.self, from: answer.body).ticks.map { tick in
                switch tick.outcome {
                case .good: .good("cluster", tick.sentence)
                case .caution: .caution("cluster", tick.sentence, "sprout cluster check looks again.")
                case .bad: .bad("cluster", tick.sentence, "sprout cluster check looks again.")
                }
            }
        } catch let failure as Failure {
            return [.bad("cluster", "\(failure)", "sprout cluster check looks again.")]
        }
    }

    private static let mostHosts = 200
}
