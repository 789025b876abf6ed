import Control
import HTTP
import Ledger
import Model
import Store

/// What is changed of a host while its state stays as it is.
extension Desk {
    func change(_ request: Request) async throws -> Response {
        let change = try JSON.decode(HostChange.self, from: request.body)
        let (id, author) = (request.parameters["id"] ?? "", author(request))
        let host = try await commit(request) { try await ledger.change(hostID: id, by: change, author: author) }
        note(.hostChanged, "\(host.hostname) was changed", host, request)
        return try .json(host)
    }
}
