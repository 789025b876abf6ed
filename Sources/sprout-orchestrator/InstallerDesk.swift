import Control
import Crypto
import HTTP
import Ledger
import Linux
import Model
import Recipes
import Settings
import Store
import Systemd

/// Answers what machines that are installed ask through sprout-boot and sprout-metadata, on a socket that is theirs.
///
/// Whoever cannot prove which operation is theirs is told that there is nothing: why, only the timeline says.
struct InstallerDesk: Sendable {
    let desk: Desk
    let rebuild: RebuildDesk
    let addresses: AddressConflicts
    let progress: ProgressBell
    let reactor: Reactor

    /// What people ask of it, on the socket for commands.
    var commands: [Routes.Route] { [.post("/operations/:id/log/bundle", askForLogs)] }

    func routes(_ health: Health) -> Routes {
        Routes(
            .get("/health", health.respond),
            .post("/boots", grantBoot),
            .post("/answers", answer),
            .post("/telemetry", telemetry),
            .post("/telemetry/logs", keepLogs),
            .post("/hosts/:id/installed", installed),
            .post("/hosts/:id/phone-home", phonedHome)
        )
    }

    /// The machine's script has a token in it: the latest made counts.
    private func grantBoot(_ request: Request) async throws -> Response {
        let question = try JSON.decode(Installer.BootQuestion.self, from: request.body)
        let token = Token()
        let image = try await desk.commit {
            try await desk.ledger.grantBoot(hostID: question.host, memory: question.memory, tokenHash: token.hash)
        }
        return try .json(Installer.BootGrant(token: token.text, image: image))
    }

    private func answer(_ request: Request) async throws -> Response {
        let message = try JSON.decode(Installer.Message<SystemInformation>.self, from: request.body)
        let (caller, author) = (caller(of: message), author(request, message.address))
        let json = String(decoding: try JSON.encode(message.content), as: UTF8.self)
        let admission = try await desk.commit(request) {
            try await desk.ledger.answer(message.content, as: json, for: caller, by: author)
        }
        let grant = try granted(admission, request)
        let host = grant.host
        do {
            let text = try await text(of: grant, message)
            if grant.isFirst { await note(host, "\(host.hostname) has its answer", request) }
            return Response(
                status: 200, headers: ["content-type": Installer.answerType, "cache-control": "no-store"],
                body: .bytes(Array(text.utf8)))
        } catch {
            guard error is AnswerProblem || error is AnswerProblems else { throw error }
            let reason = "its installer cannot be given an answer: \(error) Nothing was written."
            _ = try await desk.commit {
                try await desk.ledger.refuseAnswer(hostID: host.id, because: reason, by: author)
            }
            await note(host, "\(host.hostname) is now failed: \(reason)", request)
            throw Problem(422, reason)
        }
    }

    /// What agents tell is not worth a line of the journal each, and the doorbell is rung for all of them together.
    private func telemetry(_ request: Request) async throws -> Response {
        let message = try JSON.decode(Installer.Message<InstallerBatch>.self, from: request.body)
        let (caller, author) = (caller(of: message), author(request, message.address))
        guard let heard = try await desk.ledger.heard(message.content, from: caller, by: author) else {
            throw Problem(404, "There is nothing here.")
        }
        if let host = heard.failed {
            await desk.feed.ring()
            await note(host, "\(host.hostname) is now \(host.state.rawValue): its installer stopped", request)
        }
        if let host = heard.lostLogs {
            await desk.feed.ring()
            await note(.installerLogsFailed, host, "\(host.hostname): its agent could not send the logs", request)
        }
        await progress.ring()
        return try .json(Installer.Heard(next: heard.next, orders: heard.orders))
    }

    private func askForLogs(_ request: Request) async throws -> Response {
        let wish = try JSON.decode(strictly: LogsWish.self, from: request.body)
        let id = request.parameters["id"] ?? ""
        let reason = try wish.usableReason
        let author = desk.author(request)
        let host = try await desk.commit(request) {
            try await desk.ledger.askForLogs(ofOperation: id, reason: reason, by: author)
        }
        await note(.installerLogsRequested, host, "\(host.hostname): its agent is asked for all logs", request)
        return try .json(try await desk.store.installerBundle(ofOperation: id, at: .now()), status: 202)
    }

    private func keepLogs(_ request: Request) async throws -> Response {
        let message = try JSON.decode(Installer.Message<Installer.Logs>.self, from: request.body)
        let (caller, author) = (caller(of: message), author(request, message.address))
        let host = try await desk.commit(request) {
            try await desk.ledger.keepLogs(
                Array(message.content.archive), ofOrder: message.content.order, from: caller, by: author)
        }
        guard let host else { throw Problem(404, "There is nothing here.") }
        await note(.installerLogsArrived, host, "\(host.hostname): all logs inside its installer are here", request)
        return Response(status: 204)
    }

    private func text(
        of grant: Ledger.AnswerGrant, _ message: Installer.Message<SystemInformation>
    ) async throws -> String {
        let type = try JSON.decode(ServerType.self, from: Array(grant.serverType.utf8))
        let server = try await desk.store.publicURL() ?? message.server
        let address = "\(server)/api/hosts/\(grant.host.id)"
        let callbacks = AnswerPlan.Callbacks(
            installed: "\(address)/installed", firstBoot: "\(address)/first-boot-script", token: message.token ?? "")
        var wish = AnswerRequest(message.content, grant.host, type, grant.installation, callbacks: callbacks)
        wish.publicKeys = [grant.publicKey]
        wish.rootPasswordHash = try await rebuild.rootPassword(ofOperation: grant.operation)
        wish.use(try await desk.store.inventory(ofHost: grant.host.id))
        guard let seen = try await disks(ofOperation: grant.operation) else {
            return try Answer(try AnswerPlan(wish)).text
        }
        // What is in the machine now counts for more than what was in it.
        wish.knownDisks = seen.disks
        wish.strangeContents = try await desk.store.strange(
            seen.contents, toHost: grant.host.id, erasing: grant.erases)
        let plan = try AnswerPlan(wish)
        let answer = try Answer(plan).text
        try await desk.ledger.own(plan.wipedDisks, hostID: grant.host.id)
        return answer
    }

    /// The disks that the agent beside the installer sees, which it tells at about the time at which the installer asks; nil without one.
    private func disks(
        ofOperation id: String
    ) async throws -> (disks: [MachineDisk], contents: [DiskContents])? {
        let end = Reactor.Deadline.now + Self.patienceForDisks
        while let progress = try await desk.store.installerReport(ofOperation: id)?.progress {
            if let disks = progress.disks { return (disks, progress.contents ?? []) }
            guard .now < end else { return nil }
            try await reactor.sleep(for: .milliseconds(200))
        }
        return nil
    }

    /// The installer waits for a minute.
    private static let patienceForDisks: Duration = .seconds(10)

    private func installed(_ request: Request) async throws -> Response {
        let message = try JSON.decode(Installer.Message<InstalledReport>.self, from: request.body)
        let (caller, author) = (caller(of: message), author(request, message.address))
        let json = String(decoding: try JSON.encode(message.content), as: UTF8.self)
        let host = try granted(
            try await desk.commit(request) {
                try await desk.ledger.installed(
                    hostID: request.parameters["id"] ?? "", message.content, as: json, for: caller, by: author)
            }, request)
        await note(host, "\(host.hostname) is now \(host.state.rawValue)", request)
        return .json(Array("{}".utf8))
    }

    private func phonedHome(_ request: Request) async throws -> Response {
        let message = try JSON.decode(Installer.Message<StartReport>.self, from: request.body)
        let (caller, author) = (caller(of: message), author(request, message.address))
        try await refuseClash(message, request, author)
        let host = try granted(
            try await started(request.parameters["id"] ?? "", message.content, for: caller, by: author, request),
            request)
        await note(host, "\(host.hostname) is now \(host.state.rawValue)", request)
        guard host.state != .failed else { throw Problem(409, "This machine is not \(host.hostname).") }
        return .json(Array("{}".utf8))
    }

    /// A new system runs: it told so by itself, or was asked.
    func started(
        _ hostID: String, _ report: StartReport, for caller: Ledger.Caller, by author: Ledger.Author,
        _ request: Request? = nil
    ) async throws -> Ledger.Admission<Host> {
        let json = String(decoding: try JSON.encode(report), as: UTF8.self)
        let isPlayed = try await isPlayedHere(hostID, report, caller)
        let address = report.has(caller.address) ? caller.address : isPlayed ? "127.0.0.1" : nil
        let end = try await end(of: hostID, report, isPlayed: isPlayed)
        return try await desk.commit(request) {
            try await desk.ledger.phonedHome(
                hostID: hostID, report, as: json, for: caller, reachedAt: address, end: end, by: author)
        }
    }

    /// A machine that exists only in a rehearsal, and that on this box, where nobody else can call from.
    private func isPlayedHere(_ host: String, _ report: StartReport, _ caller: Ledger.Caller) async throws -> Bool {
        guard report.rehearsal != nil, try await desk.store.host(host)?.isRehearsed == true else { return false }
        return try addresses.probe.isThisBox(caller.address)
    }

    /// A host whose address somebody else has too goes no further; only who proves to be the host is looked at.
    private func refuseClash(
        _ message: Installer.Message<StartReport>, _ request: Request, _ author: Ledger.Author
    ) async throws {
        guard let hash = Token(message.token)?.hash, let (_, host) = try await desk.store.operation(withToken: hash),
            host.id == request.parameters["id"], [.installed, .firstBoot].contains(host.state),
            let sentence = try await addresses.clash(
                of: host, at: message.content.addresses, ports: message.content.macs)
        else { return }
        let failed = try await desk.commit(request) {
            try await desk.ledger.clashed(hostID: host.id, sentence, by: author)
        }
        await note(failed, "\(failed.hostname) is now \(failed.state.rawValue): \(sentence)", request)
        throw Problem(409, "The address of \(host.hostname) is in use by another machine.")
    }

    /// Why a host is ready once it has phoned home; nil where it is to join a cluster.
    private func end(of host: String, _ report: StartReport, isPlayed: Bool) async throws -> String? {
        guard try await desk.store.host(host)?.isRehearsed != true else {
            return isPlayed && report.rehearsal?.cluster != nil ? nil : "it is rehearsed without a cluster."
        }
        return await rebuild.settings.provisioning.proxmox.existingNode == nil
            ? "no cluster is configured, so it stays a node of its own." : nil
    }

    // MARK: Pieces

    private func granted<Value>(_ admission: Ledger.Admission<Value>, _ request: Request) throws -> Value {
        switch admission {
        case .granted(let value): return value
        case .refused(let sentence):
            Journal.log(
                .warning, sentence,
                ["SPROUT_EVENT": Event.Kind.installerRefused.rawValue, "SPROUT_REQUEST": request.id ?? ""],
                id: .installerRefused)
            throw Problem(404, "There is nothing here.")
        }
    }

    private func caller<Content>(of message: Installer.Message<Content>) -> Ledger.Caller {
        Ledger.Caller(tokenHash: Token(message.token)?.hash, address: message.address)
    }

    private func author(_ request: Request, _ address: String) -> Ledger.Author {
        Ledger.Author(actor: "the machine at \(address)", request: request.id)
    }

    private func note(_ host: Host, _ sentence: String, _ request: Request) async {
        await note(.hostAdvanced, host, sentence, request)
    }

    private func note(_ kind: Event.Kind, _ host: Host, _ sentence: String, _ request: Request) async {
        desk.note(kind, sentence, host, request, operation: await desk.latestOperation(of: host))
    }
}

/// The body of `POST /operations/{id}/log/bundle`.
private struct LogsWish: StrictBody {
    /// Why, for who reads the timeline later.
    let reason: String?

    enum CodingKeys: CodingKey, CaseIterable { case reason }

    var usableReason: String? {
        get throws(Problem) {
            guard let reason, !reason.allSatisfy(\.isWhitespace) else { return nil }
            guard reason.count <= 200 else {
                throw Problem(422, "A reason has at most 200 characters.", field: "reason")
            }
            return reason
        }
    }
}

extension Desk {
    /// The server type of a host as it is in force.
    func serverType(of host: Host) async throws -> ServerType {
        if let type = try await store.serverType(of: host) { return type }
        throw AnswerProblem(
            "server_type", host.serverType, "is no server type in force any more: choose another for this host.")
    }
}
