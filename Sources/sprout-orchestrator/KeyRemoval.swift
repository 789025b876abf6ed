import Control
import Ledger
import Linux
import Model
import SSH
import Store

/// Takes the key of an operation that is over off its host, and forgets the private half.
///
/// Sprout logs in only where the new system called from: an address that was merely told could be anybody's.
struct KeyRemoval: Sendable {
    let desk: Desk
    let keyring: Keyring
    let reactor: Reactor

    @Sendable func carryOut(_ due: Ledger.DueEffect) async throws -> EffectKeeper.Outcome {
        let operation = due.operation
        guard let sealed = try await desk.ledger.sealedKey(ofOperation: operation.id) else { return .nothing }
        let login = Login(privateKey: try keyring.open(sealed, as: Ledger.nameOfKey(operation.id)))
        guard let server = try await server(of: due),
            let line = try await desk.ledger.publicKey(ofOperation: operation.id),
            let key = PublicKey(line)
        else {
            try await forget(operation)
            return .nothing
        }
        do {
            var session = try await Session(to: server, as: login, reactor)
            _ = try await session.removeKey(key)
        } catch let failure as SSHFailed where failure.kind == .loginRefused {
            // Then it is not there any more.
        } catch let failure as SSHFailed {
            return .later("the key of its installation could not be taken off it. \(failure)")
        }
        guard try await !Session.canLogIn(to: server, as: login, reactor) else {
            return .later("the key of its installation was taken off it, and still logs in. Look at its sshd_config.")
        }
        try await forget(operation)
        return .done(.hostNoticed, "\(due.host.hostname) takes the key of its installation no more: nobody has it now.")
    }

    private func forget(_ operation: Operation) async throws {
        try await desk.ledger.forgetKey(ofOperation: operation.id)
        try await desk.ledger.tidy()
    }

    /// Where the operation's system is reached; nil if it never started, or cannot be recognised.
    private func server(of due: Ledger.DueEffect) async throws -> Server? {
        guard let inventory = try await desk.store.inventory(ofHost: due.host.id), let address = inventory.address,
            let started = inventory.startedAt, started >= due.operation.startedAt
        else { return nil }
        let keys = inventory.report.hostKeys
        let lines = [keys.ed25519, keys.ecdsa, keys.rsa].compactMap(\.self)
        let known = lines.compactMap { PublicKey($0) }
        return known.isEmpty ? nil : Server(address, hostKeys: known)
    }
}
