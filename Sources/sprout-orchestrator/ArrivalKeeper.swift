import Control
import Ledger
import Linux
import Model
import Recipes
import SSH
import Store
import Systemd

/// Looks for a host itself when it was not heard for half of its time, and then once a minute.
///
/// A report that is lost on its way must not make a good installation fail: the new system is asked over SSH for what it
/// should have told, and is believed because it shows a host key that its installer told.
actor ArrivalKeeper: Service {
    private let desk: Desk
    private let installer: InstallerDesk
    private let keyring: Keyring
    private let reactor: Reactor
    private var lookedAt: [String: Reactor.Deadline] = [:]

    init(_ desk: Desk, _ installer: InstallerDesk, _ keyring: Keyring, _ reactor: Reactor) {
        (self.desk, self.installer, self.keyring, self.reactor) = (desk, installer, keyring, reactor)
    }

    func run() async throws {
        for await _ in await desk.feed.rings() {
            while try await look() { try await reactor.sleep(for: .seconds(5)) }
        }
        try Task.checkCancellation()
    }

    /// True while somebody is waited for.
    private func look() async throws -> Bool {
        let awaited = try await desk.ledger.awaitedArrivals().filter { !$0.host.isRehearsed }
        lookedAt = lookedAt.filter { key, _ in awaited.contains { Self.key($0) == key } }
        let (now, moment) = (Reactor.Deadline.now, Timestamp.now())
        let due = awaited.filter { one in
            one.halfTime <= moment && (lookedAt[Self.key(one)].map { now - $0 >= Self.pause } ?? true)
        }
        for one in due { lookedAt[Self.key(one)] = now }
        try await withThrowingDiscardingTaskGroup { group in
            for one in due { group.addTask { try await self.lookFor(one) } }
        }
        return !awaited.isEmpty
    }

    private func lookFor(_ one: Ledger.Overdue) async throws {
        do {
            let sentence =
                one.host.state == .installing ? try await lookAtPort(of: one.host) : try await ask(one)
            try await desk.ledger.noteArrival(sentence, ofOperation: one.operation)
        } catch let error where !(error is CancellationError) {
            Journal.log(.warning, "\(one.host.hostname) could not be looked for: \(error)")
        }
    }

    /// Without the installer's report no host key is known: nothing is believed, but it helps to know that somebody answers.
    private func lookAtPort(of host: Host) async throws -> String {
        let unknown =
            "Its installer's report did not come, so none of its SSH host keys is known, and it cannot be asked"
        guard let address = host.plainAddress else { return "\(unknown)." }
        do {
            let end = Reactor.Deadline.now + .seconds(5)
            _ = try await TCPConnection(to: address, port: 22, reactor, until: end)
            return "A machine answers at port 22 of \(address), its address: it may be installed, and its report lost."
                + " \(unknown) whether it is the host. See whether it reaches Sprout, then rebuild it."
        } catch is Errno {
            return "\(unknown); nobody answers at port 22 of \(address) either."
        }
    }

    /// What is in the way; nil if the host was found, and goes on.
    private func ask(_ one: Ledger.Overdue) async throws -> String? {
        let host = one.host
        guard let report = try await desk.store.inventory(ofHost: host.id)?.report,
            let address = host.plainAddress ?? report.managementAddress
        else { return "It could not be asked either: no address of it is known." }
        let ports = report.ports.map(\.mac)
        let author = Ledger.Author(actor: "sprout-orchestrator")
        if let clash = try await installer.addresses.clash(of: host, at: [address], ports: ports) {
            let failed = try await desk.commit {
                try await desk.ledger.clashed(hostID: host.id, clash, by: author)
            }
            desk.log(
                .notice, "\(host.hostname) is now \(failed.state.rawValue): \(clash)", .hostAdvanced, failed,
                operation: one.operation)
            return nil
        }
        guard let sealed = try await desk.ledger.sealedKey(ofOperation: one.operation) else { return nil }
        let login = Login(privateKey: try keyring.open(sealed, as: Ledger.nameOfKey(one.operation)))
        do {
            let told = try await question(Server(address, hostKeys: report.knownHostKeys), login)
            try await take(told, one, at: address)
            return nil
        } catch let failure as SSHFailed {
            return "When Sprout asked it: \(failure)"
        }
    }

    private func question(_ server: Server, _ login: Login) async throws -> StartReport {
        var session = try await Session(to: server, as: login, within: .seconds(10), reactor)
        let outcome = try await session.run("sh -s", input: Array(SystemQuestion.text.utf8), limit: .seconds(20))
        return try JSON.decode(StartReport.self, from: outcome.output)
    }

    private func take(_ report: StartReport, _ one: Ledger.Overdue, at address: String) async throws {
        let author = Ledger.Author(actor: "sprout-orchestrator")
        let caller = try await desk.ledger.caller(ofOperation: one.operation, at: address)
        let sentence =
            "\(one.host.hostname) did not tell that its new system runs: it was found by asking it at \(address)."
        try await desk.ledger.note(.hostNoticed, sentence, of: one.host, by: author)
        guard case .granted(let host) = try await installer.started(one.host.id, report, for: caller, by: author) else {
            return
        }
        desk.log(
            .notice, "\(host.hostname) is now \(host.state.rawValue): found by asking it at \(address)", .hostAdvanced,
            host,
            operation: one.operation)
    }

    private static func key(_ one: Ledger.Overdue) -> String { "\(one.operation) \(one.host.state.rawValue)" }

    private static let pause = Duration.seconds(60)
}

extension Host {
    /// Its address without the size of its network.
    fileprivate var plainAddress: String? { address?.split(separator: "/").first.map(String.init) }
}

extension InstalledReport {
    /// Where the installed system is to be reached, as its installer set it up.
    fileprivate var managementAddress: String? {
        let port = ports.first { $0.isManagement && $0.address != nil } ?? ports.first { $0.address != nil }
        return port?.address?.split(separator: "/").first.map(String.init)
    }
}
