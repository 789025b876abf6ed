import Control
import HTTP
import Ledger
import Model
import Systemd

/// What is changed of a host while its state stays as it is.
extension Desk {
    func change(_ request: Request) async throws -> Response {
        let change = try JSON.decode(HostChange.self, from: request.body)
        let (id, author) = (request.parameters["id"] ?? "", author(request))
        let tags = request.headers["if-match"].flatMap(EntityTags.list)
        let host = try await commit(request) {
            try await ledger.change(hostID: id, by: change, ifMatch: tags, author: author)
        }
        note(.hostChanged, "\(host.hostname) was changed", host, request)
        return try .json(host)
    }

    /// Does what follows from a script that a machine fetched, and makes it known.
    func take(_ seen: Observation) async throws {
        guard let fetch = seen.fetch else { throw Problem(422, "The field fetch is missing.", field: "fetch") }
        guard let consequence = try await ledger.fetchedScript(fetch, by: .init(actor: seen.daemon)) else { return }
        await feed.ring()
        let host = consequence.host
        Journal.log(
            .notice, consequence.sentence,
            [
                "SPROUT_HOST": "\(host.hostname)", "SPROUT_MAC": "\(host.mac)",
                "SPROUT_EVENT": consequence.kind.rawValue,
                "SPROUT_OPERATION": await latestOperation(of: host) ?? "",
            ],
            id: consequence.kind.messageID)
    }
}
