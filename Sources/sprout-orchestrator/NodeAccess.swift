import Control
import Ledger
import Model
import SSH
import Store

/// The way into an installed system: with its operation's key, and only where the new system called from.
///
/// An address that was merely told could be anybody's; and whoever shows another host key than the installer told is
/// told nothing.
struct NodeAccess: Sendable {
    let server: Server
    let login: Login
    /// The key that logs in.
    let key: PublicKey
}

extension Desk {
    /// Nil if the system never started, or cannot be recognised, or the key is gone.
    func access(to due: Ledger.DueEffect, _ keyring: Keyring) async throws -> NodeAccess? {
        let operation = due.operation
        guard let inventory = try await store.inventory(ofHost: due.host.id), let address = inventory.address,
            let started = inventory.startedAt, started >= operation.startedAt,
            let sealed = try await ledger.sealedKey(ofOperation: operation.id),
            let line = try await ledger.publicKey(ofOperation: operation.id), let key = PublicKey(line)
        else { return nil }
        let known = inventory.report.knownHostKeys
        guard !known.isEmpty else { return nil }
        let secret = try keyring.open(sealed, as: Ledger.nameOfKey(operation.id))
        guard let played = inventory.start?.rehearsal, due.host.isRehearsed else {
            return NodeAccess(
                server: Server(address, hostKeys: known), login: Login(privateKey: secret), key: key)
        }
        return NodeAccess(
            server: Server(address, port: played.port, hostKeys: known),
            login: Login(user: played.user, privateKey: secret), key: key)
    }
}
