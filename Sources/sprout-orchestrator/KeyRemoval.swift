import Control
import Ledger
import Linux
import Model
import SSH
import Store

/// Takes the key of an operation that is over off its host, and forgets the private half.
struct KeyRemoval: Sendable {
    let desk: Desk
    let keyring: Keyring
    let reactor: Reactor

    @Sendable func carryOut(_ due: Ledger.DueEffect) async throws -> EffectKeeper.Outcome {
        let operation = due.operation
        guard try await desk.ledger.sealedKey(ofOperation: operation.id) != nil else { return .nothing }
        guard let node = try await desk.access(to: due, keyring) else {
            // It never started, or cannot be recognised: nobody can log in with the key.
            try await forget(operation)
            return .nothing
        }
        do {
            var session = try await Session(to: node.server, as: node.login, reactor)
            _ = try await session.removeKey(node.key)
        } catch let failure as SSHFailed where failure.kind == .loginRefused {
            // Then it is not there any more.
        } catch let failure as SSHFailed {
            return .later("the key of its installation could not be taken off it. \(failure)")
        }
        guard try await !Session.canLogIn(to: node.server, as: node.login, reactor) else {
            return .later("the key of its installation was taken off it, and still logs in. Look at its sshd_config.")
        }
        try await forget(operation)
        return .done(.hostNoticed, "\(due.host.hostname) takes the key of its installation no more: nobody has it now.")
    }

    private func forget(_ operation: Operation) async throws {
        try await desk.ledger.forgetKey(ofOperation: operation.id)
        try await desk.ledger.tidy()
    }
}

extension InstalledReport {
    /// What the installed system's SSH server shows.
    var knownHostKeys: [PublicKey] {
        [hostKeys.ed25519, hostKeys.ecdsa, hostKeys.rsa].compactMap(\.self).compactMap { PublicKey($0) }
    }
}
