import Control
import HTTP
import Images
import Ledger
import Model
import Recipes
import Settings
import Store
import Systemd

/// Arms hosts, and says before what would happen.
struct RebuildDesk: Sendable {
    let desk: Desk
    let settings: SettingsKeeper
    let images: ImageKeeper
    let keyring: Keyring
    let cluster: ClusterDesk
    let addresses: AddressConflicts

    var routes: [Routes.Route] {
        [
            .post("/hosts/:id/rebuild", rebuild),
            .post("/hosts/:id/cancel", cancel),
        ]
    }

    /// `dry_run` gives the plan; without it the host's name must be typed, since its disk is wiped.
    private func rebuild(_ request: Request) async throws -> Response {
        let wish = try JSON.decode(strictly: RebuildWish.self, from: request.body)
        let host = try await desk.host(of: request)
        let image = try await image(wish.image)
        let erases = try wish.agreedLoss()
        let plan = try await plan(host, image, removing: wish.removesMember ?? false, erasing: erases)
        if wish.isDryRun == true { return try .json(plan) }
        guard let name = wish.confirm, name.lowercased() == "\(host.hostname)" else {
            throw Problem(
                422,
                "To rebuild \(host.hostname), which wipes \(plan.disk), say its name: \"confirm\":"
                    + " \"\(host.hostname)\".", field: "confirm")
        }
        if let problem = plan.problems.first {
            throw Problem(422, plan.problems.map(\.sentence).joined(separator: " "), field: problem.field)
        }
        try await images.checkBeforeUse(image)
        var order = InstallationOrder(
            image, try await desk.store.installation(), makeKey: keyring.makeKey(ofOperation:))
        order.removesMember = wish.removesMember ?? false
        order.erases = erases
        let author = desk.author(request)
        let armed = try await desk.commit(request) { [order] in
            try await desk.ledger.arm(hostID: host.id, with: order, by: author)
        }
        let operation = await desk.latestOperation(of: armed)
        desk.note(
            .hostAdvanced, "\(armed.hostname) is now \(armed.state.rawValue): \(image.id) is to be installed", armed,
            request, operation: operation)
        return try .json(Rebuilding(host: armed, operation: operation, plan: plan), status: 202)
    }

    /// Begins once more what stopped before it had written anything; a person may have been faster.
    @Sendable func retry(_ due: Ledger.DueEffect) async throws -> EffectKeeper.Outcome {
        guard let host = try await desk.store.host(due.host.id), host.state == .failed,
            await desk.latestOperation(of: host) == due.operation.id,
            let id = due.operation.image, let image = try await desk.store.image(id),
            let wishes = try await desk.ledger.wishes(ofOperation: due.operation.id)
        else { return .nothing }
        var order = InstallationOrder(image, wishes.installation, makeKey: keyring.makeKey(ofOperation:))
        (order.removesMember, order.erases, order.retries) = (wishes.removesMember, wishes.erases, due.operation.id)
        let author = Ledger.Author(actor: "sprout-orchestrator")
        let armed = try await desk.ledger.arm(hostID: host.id, with: order, by: author)
        desk.log(
            .notice, "\(armed.hostname) is now \(armed.state.rawValue): its installation is tried once more",
            .hostAdvanced,
            armed, operation: await desk.latestOperation(of: armed) ?? "")
        return .nothing
    }

    private func cancel(_ request: Request) async throws -> Response {
        let (host, author) = (try await desk.host(of: request), desk.author(request))
        let cancelled = try await desk.commit(request) { try await desk.ledger.cancel(hostID: host.id, by: author) }
        let stopped = cancelled.host
        desk.note(
            .hostAdvanced, "\(host.hostname) is now \(stopped.state.rawValue): cancelled; \(cancelled.disk)", stopped,
            request,
            operation: await desk.latestOperation(of: stopped))
        return try .json(cancelled)
    }

    // MARK: The plan

    /// What would happen, and what speaks against it: the answer is made as it will be, and thrown away.
    private func plan(
        _ host: Host, _ image: InstallerImage, removing: Bool, erasing: [String]
    ) async throws -> RebuildPlan {
        var plan = RebuildPlan(host, image)
        let memory = Self.judge(host, image)
        do {
            let type = try await desk.serverType(of: host)
            plan.disk = type.bootDisk.words
            plan.filesystem = type.filesystem.words
            plan.address = host.address ?? "from DHCP, and kept for good"
            let installation = try await desk.store.installation()
            plan.fqdn = "\(host.hostname).\(installation.domain)"
            var wish = AnswerRequest(
                SystemInformation(expecting: host, type.managementNIC, release: image.release), host, type,
                installation, callbacks: .sample)
            wish.rootPasswordHash = try await rootPassword(ofOperation: "none")
            let inventory = try await desk.store.inventory(ofHost: host.id)
            wish.use(inventory)
            plan.knownDisks = inventory?.report.disks.map { "\($0.disk)" } ?? []
            var answerPlan = try AnswerPlan(wish)
            let answer = try Answer(answerPlan)
            (plan.answer, plan.cautions) = (answer.preview, answer.cautions + memory.cautions)
            plan.problems = try await addresses.problems(of: host, type)
            answerPlan.strangeContents = try await desk.store.strangeContents(ofHost: host.id, erasing: erasing)
            for (contents, problem) in answerPlan.contentsAtRisk {
                plan.strangeContents.append(contents)
                plan.problems.append(RebuildPlan.Obstacle(field: problem.field, sentence: "\(problem)"))
            }
            if await settings.provisioning.credentials.rootPasswordHash == nil {
                plan.cautions.append(
                    "Nobody will know its root password: set credentials.root_password_hash in provisioning.yaml, to be"
                        + " able to log in.")
            }
        } catch let problems as AnswerProblems {
            plan.problems = problems.all.map { RebuildPlan.Obstacle(field: $0.field, sentence: "\($0)") }
        } catch let problem as AnswerProblem {
            plan.problems = [RebuildPlan.Obstacle(field: problem.field, sentence: "\(problem)")]
        }
        plan.problems += memory.problems
        plan.cluster = try await cluster.report(for: host, release: image.release, removing: removing)
        for tick in plan.cluster?.ticks ?? [] {
            switch tick.outcome {
            case .bad: plan.problems.append(RebuildPlan.Obstacle(field: tick.field, sentence: tick.sentence))
            case .caution: plan.cautions.append(tick.sentence)
            case .good: break
            }
        }
        return plan
    }

    /// Whether it has UEFI is known when it netboots.
    private static func judge(
        _ host: Host, _ image: InstallerImage
    ) -> (problems: [RebuildPlan.Obstacle], cautions: [String]) {
        guard let memory = host.memory else { return ([], []) }
        let (bios, uefi) = (
            MachineMemory.least(for: image, isUEFI: false), MachineMemory.least(for: image, isUEFI: true)
        )
        let has = "\(host.hostname) has \(memory.mebibytes) MiB of memory"
        if memory >= bios {
            if memory < uefi { return ([], ["\(has): with UEFI installing needs \(uefi.mebibytes)."]) }
            return memory < .comfortable ? ([], ["\(has): enough to install, with little left for guests."]) : ([], [])
        }
        let sentence =
            "memory: \(has), and installing Proxmox VE needs \(bios.mebibytes). If it was given"
            + " more, let it netboot once: it tells."
        return ([RebuildPlan.Obstacle(field: "memory", sentence: sentence)], [])
    }

    func rootPassword(ofOperation id: String) async throws -> PasswordHash {
        if let hash = await settings.provisioning.credentials.rootPasswordHash { return try PasswordHash(hash) }
        return try keyring.unknowableHash(ofOperation: id)
    }

    /// The newest release is taken where none is named.
    private func image(_ id: String?) async throws -> InstallerImage {
        if let id {
            if let image = try await desk.store.image(id) { return image }
            let others = try await desk.store.images().map(\.id).joined(separator: ", ")
            throw Problem(
                422, "There is no image \(id.prefix(60)). There are: \(others.isEmpty ? "none yet" : others).",
                field: "image")
        }
        guard let newest = try await desk.store.images().first(where: { !$0.isForRehearsal }) else {
            throw Problem(
                422, "There is nothing to install yet: import an ISO first, with sprout images import FILE.",
                field: "image")
        }
        return newest
    }
}

/// The body of `POST /hosts/{id}/rebuild`.
struct RebuildWish: StrictBody {
    let image: String?
    let confirm: String?
    let isDryRun: Bool?
    let removesMember: Bool?
    /// The disks, by their serial numbers, whose contents may be lost though Sprout has not put them there.
    let erase: [String]?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case image, confirm, erase
        case isDryRun = "dry_run"
        case removesMember = "remove_member"
    }
}

extension RebuildWish {
    fileprivate func agreedLoss() throws(Problem) -> [String] {
        let serials = (erase ?? []).map { $0.asShortLine }
        guard serials.count <= 32, serials.allSatisfy({ !$0.isEmpty }) else {
            throw Problem(422, "\"erase\" is a list of up to 32 serial numbers of disks.", field: AnswerProblem.erase)
        }
        return serials
    }
}

extension ClusterTick {
    /// The field of a rebuild that could change it.
    fileprivate var field: String { check == .name ? "remove_member" : "cluster" }
}

private struct Rebuilding: Encodable {
    let host: Host
    let operation: String?
    let plan: RebuildPlan
}

extension AnswerPlan.Callbacks {
    /// What stands in a plan: the true ones are made for the machine that asks.
    fileprivate static let sample = AnswerPlan.Callbacks(
        installed: "http://sprout/api/hosts/id/installed", firstBoot: "http://sprout/api/hosts/id/first-boot-script",
        token: "the-token-of-the-operation")
}
