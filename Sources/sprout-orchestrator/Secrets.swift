import Control
import HTTP
import Ledger
import Model

/// Takes secrets, seals them, and gives them to the parts of this process that use them.
struct SecretDesk: Sendable {
    let desk: Desk
    let keyring: Keyring

    var routes: [Routes.Route] {
        [
            .put("/secrets/:name") { request in
                let name = try name(of: request)
                let wish = try JSON.decode(strictly: SecretWish.self, from: request.body)
                guard (1...4096).contains(wish.value.utf8.count) else {
                    throw Problem(422, "A secret has 1 to 4096 bytes.", field: "value")
                }
                if request.parameters["name"] == BackupDesk.secretName {
                    try BackupDesk.refuseShort(wish.value, field: "value")
                }
                let sealed = try keyring.seal(Array(wish.value.utf8), as: name.stored)
                let author = desk.author(request)
                try await desk.commit(request) { try await desk.ledger.keep(sealed, asSecret: name, by: author) }
                return Response(status: 204)
            },
            .delete("/secrets/:name") { request in
                let (name, author) = (try name(of: request), desk.author(request))
                try await desk.commit(request) { try await desk.ledger.removeSecret(name, by: author) }
                return Response(status: 204)
            },
        ]
    }

    /// The text of a secret; nil if nobody has stored one of this name.
    func secret(_ name: SecretName) async throws -> String? {
        guard let sealed = try await desk.ledger.sealed(name) else { return nil }
        return String(decoding: try keyring.open(sealed, as: name.stored), as: UTF8.self)
    }

    private func name(of request: Request) throws(Problem) -> SecretName {
        do throws(Refused) {
            return try SecretName(request.parameters["name"] ?? "")
        } catch {
            throw Problem(422, error.reason, field: error.field)
        }
    }
}

/// The body of `PUT /secrets/{name}`.
private struct SecretWish: StrictBody {
    let value: String

    enum CodingKeys: CodingKey, CaseIterable { case value }
}
