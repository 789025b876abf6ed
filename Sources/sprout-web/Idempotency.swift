import Control
import HTTP
import Model
import Store

/// Commands that a client may repeat without their being carried out twice.
extension Site {
    /// Sends a command under the request's own id, or under one made of its Idempotency-Key.
    ///
    /// The ledger carries out what has the same id once, and keeps it with the event for as long as the event. The id
    /// holds the key and the body apart, so that another body under a key that was used is noticed.
    func sendOnce(_ method: String, _ path: String, _ body: [UInt8], _ request: Request) async throws -> Response {
        let own = try id(of: request)
        guard let key = request.headers["idempotency-key"], method == "POST" else {
            return try await orchestrator.send(method, path, body: body, actor: actor(request), request: own)
        }
        guard (1...200).contains(key.utf8.count) else {
            throw Problem(400, "An Idempotency-Key has 1 to 200 characters.", field: "Idempotency-Key")
        }
        let used = "key-\(ShortHash.of([actor(request), key]))-"
        let id = used + ShortHash.of([method, path, String(decoding: body, as: UTF8.self)])
        if let before = try await store.requests(beginningWith: used).first, before != id {
            throw Problem(
                422, "This Idempotency-Key was used for another request: take a new one.", field: "Idempotency-Key")
        }
        var answer = try await orchestrator.send(method, path, body: body, actor: actor(request), request: id)
        answer.headers["x-request-id"] = id
        return answer
    }

    func showHost(_ request: Request) async throws -> Response {
        let host = try await host(request)
        return .json(try JSON.encode(host), tag: host.tag, for: request)
    }

    func tagged(_ value: some Encodable, _ request: Request) throws -> Response {
        let bytes = try JSON.encode(value)
        return .json(bytes, tag: ShortHash.of(bytes: bytes), for: request)
    }
}
