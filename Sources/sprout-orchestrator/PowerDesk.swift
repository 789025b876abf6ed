import Control
import Fetch
import HTTP
import Ledger
import Linux
import Model
import Power
import Settings
import Store
import Systemd

/// Switches hosts on and off: for a person who asks, and for an operation that waits for its machine.
struct PowerDesk: Sendable {
    let desk: Desk
    let settings: SettingsKeeper
    let secrets: SecretDesk
    let reactor: Reactor
    let worker: Worker

    var routes: [Routes.Route] {
        [
            .get("/hosts/:id/power") { request in
                let host = try await desk.host(of: request)
                return try await told(host) { .json(try JSON.encode(["power": try await $0.state()])) }
            },
            .post("/hosts/:id/power", change),
        ]
    }

    private func change(_ request: Request) async throws -> Response {
        let (wish, host) = (
            try JSON.decode(strictly: PowerWish.self, from: request.body), try await desk.host(of: request)
        )
        let author = desk.author(request)
        if wish.action != .on, let sentence = try await tellInstaller(wish.action == .off ? .powerOff : .reboot, host) {
            try await desk.commit(request) { try await desk.ledger.note(.hostPower, sentence, of: host, by: author) }
            desk.note(.hostPower, sentence, host, request)
            return .json(try JSON.encode(["effect": PowerOutcome.Effect.sent.rawValue, "sentence": sentence]))
        }
        return try await told(host) { driver in
            let outcome =
                switch wish.action {
                case .on: try await driver.on()
                case .off: try await driver.off(gracefully: wish.isGraceful ?? true)
                case .restart: try await driver.restart()
                }
            try await keep(outcome, host)
            try await desk.commit(request) {
                try await desk.ledger.note(.hostPower, outcome.sentence, of: host, by: author)
            }
            desk.note(.hostPower, outcome.sentence, host, request)
            return .json(try JSON.encode(["effect": outcome.effect.rawValue, "sentence": outcome.sentence]))
        }
    }

    /// An operation waits for its machine to netboot: it is switched on, or restarted where it is known to run.
    @Sendable func wake(_ due: Ledger.DueEffect) async throws -> EffectKeeper.Outcome {
        guard let host = try await desk.store.host(due.host.id), host.state == .pxeReady,
            due.operation.endedAt == nil, due.operation.image != nil, !host.isRehearsed
        else { return .nothing }
        if let sentence = try await tellInstaller(.reboot, host) { return .done(.hostPower, sentence) }
        let driver = try await driver(of: host)
        do {
            _ = try await driver.bootFromNetworkOnce()
            let isOn = try await driver.state() == .on
            if isOn, due.progress == Self.switchedOn {
                return .done(
                    .hostPower, "\(host.hostname) is on: it was switched on just before Sprout was interrupted.")
            }
            if !isOn { try await desk.ledger.keep(progress: Self.switchedOn, of: due) }
            let outcome = isOn ? try await driver.restart() : try await driver.on()
            try await keep(outcome, host)
            if outcome.effect == .byHand { try await desk.ledger.askPerson(outcome.sentence, for: due) }
            return .done(.hostPower, outcome.sentence)
        } catch let failure as PowerFailed {
            let problem = "\(failure) Or switch it on yourself."
            // What passes by itself has done so by then.
            if due.attempts == Self.triesAlone { try await desk.ledger.askPerson(problem, for: due) }
            return .later(problem)
        }
    }

    // MARK: Pieces

    /// Where nothing else can switch a host that runs, the agent beside its installer does, if there is one; its sentence.
    private func tellInstaller(_ verb: InstallerOrder.Verb, _ host: Host) async throws -> String? {
        switch try await desk.serverType(of: host).power {
        case .manual, .wakeOnLAN: break
        case .redfish, .http: return nil
        }
        guard try await desk.ledger.order(verb, hostID: host.id) else { return nil }
        return verb == .reboot
            ? "\(host.hostname) is restarted by the agent beside its installer."
            : "\(host.hostname) is switched off by the agent beside its installer."
    }

    /// The progress of one that was off when it was switched on: if it is on later, that was us.
    private static let switchedOn = "on"
    /// How often it is tried in vain before a person is told.
    private static let triesAlone = 2

    private func driver(of host: Host) async throws -> PowerDriver {
        let type = try await desk.serverType(of: host)
        let identities = try await desk.store.identities(of: host.mac)
        let powered = PoweredHost(
            name: "\(host.hostname)", macs: host.macs, identity: identities.first ?? Identity(uuid: nil, serial: nil))
        var access = PowerAccess(interface: await settings.provisioning.pxe.interface)
        if let name = type.power.secretName { access.secret = try await secrets.secret(try SecretName(name)) }
        access.pinned = try await desk.store.setting(Self.key(host)).flatMap { Fingerprint($0) }
        return PowerDriver(type.power, of: powered, access, worker, reactor)
    }

    /// The certificate that a controller shows first is the one that it has to show from then on.
    private func keep(_ outcome: PowerOutcome, _ host: Host) async throws {
        guard let certificate = outcome.certificate else { return }
        try await desk.ledger.keep(setting: Self.key(host), "\(certificate)")
    }

    private static func key(_ host: Host) -> String { "power.certificate.\(host.id)" }

    private func told(_ host: Host, _ body: (PowerDriver) async throws -> Response) async throws -> Response {
        do {
            return try await body(try await driver(of: host))
        } catch let failure as PowerFailed {
            throw Problem(502, "\(failure)")
        } catch let problem as AnswerProblem {
            throw Problem(422, "\(problem)", field: problem.field)
        }
    }
}

/// The body of `POST /hosts/{id}/power`.
private struct PowerWish: StrictBody {
    enum Action: String, Decodable { case on, off, restart }

    let action: Action
    /// Whether its system is asked to shut down, rather than the power cut; true if nothing is said.
    let isGraceful: Bool?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case action
        case isGraceful = "graceful"
    }
}
