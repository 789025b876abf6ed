internal import Fetch
internal import FoundationEssentials

/// A resource, where it is, and the tag of this version of it.
struct Found<Value: RedfishResource>: Sendable {
    let value: Value
    let path: String
    let tag: String?
}

/// Asks a Redfish service, and knows how services differ in what they take for a request.
actor RedfishClient {
    nonisolated let origin: WebURL
    nonisolated let line: Line
    /// Whether it may be told that nothing is to be compressed: that would make its tags weak ones.
    private var takesEncoding = true

    init(_ origin: WebURL, _ line: Line) { (self.origin, self.line) = (origin, line) }

    func get<Value: RedfishResource>(_ type: Value.Type, _ path: String) async throws(Obstacle) -> Found<Value> {
        let reply = try await reply(.get, path)
        guard reply.status == 200 else { throw refusal(reply, path) }
        guard let value = try? JSONDecoder().decode(Value.self, from: Data(reply.body)) else {
            throw Obstacle(
                "what is there is no Redfish", "Check the url in server-types.yaml, and that Redfish is switched on",
                at: origin.at(path) ?? origin)
        }
        return Found(value: value, path: path, tag: reply["etag"])
    }

    func post(_ path: String, _ body: String) async throws(Obstacle) -> Exchange.Reply {
        try await reply(.post, path, body)
    }

    /// Changes a resource; who has changed it meanwhile is not overwritten, where the service can tell.
    func patch<Value>(_ found: Found<Value>, _ body: String) async throws(Obstacle) -> Exchange.Reply {
        var tags = Self.preconditions(found.tag)
        var reply = try await reply(.patch, found.path, body, matching: tags.removeFirst())
        if reply.status == 412 {
            // A change of the controller's own: some make a new version whenever anything happens.
            let fresh = try await get(Value.self, found.path).tag
            if fresh != found.tag { tags.insert(fresh, at: 0) }
        }
        while reply.status == 412 || reply.status == 428, !tags.isEmpty {
            reply = try await self.reply(.patch, found.path, body, matching: tags.removeFirst())
        }
        return reply
    }

    /// What is tried one after the other as If-Match: services compare weak tags, or refuse them, or want any at all.
    static func preconditions(_ tag: String?) -> [String?] {
        guard let tag else { return [nil, "*"] }
        return [tag] + (tag.hasPrefix("W/") ? [String(tag.dropFirst(2))] : []) + [nil, "*"]
    }

    private func reply(
        _ method: Exchange.Request.Method, _ path: String, _ body: String? = nil, matching tag: String? = nil
    ) async throws(Obstacle) -> Exchange.Reply {
        guard let url = origin.at(path) else {
            throw Obstacle("it names a resource in a way that is none", "Update its firmware", at: origin)
        }
        var request = Exchange.Request(method, url)
        // They are slow computers, and some look at every disk before they answer.
        request.limit = .seconds(60)
        request.redirects = 3
        request.body = body.map { Array($0.utf8) }
        request.fields = [("Accept", "application/json"), ("OData-Version", "4.0")]
        if body != nil { request.fields.append(("Content-Type", "application/json")) }
        if let tag { request.fields.append(("If-Match", tag)) }
        if takesEncoding {
            var plain = request
            plain.fields.append(("Accept-Encoding", "identity"))
            let reply = try await line.reply(to: plain)
            guard reply.status == 406 else { return reply }
            takesEncoding = false
        }
        return try await line.reply(to: request)
    }

    /// Why it did not do what it was asked, as far as it says.
    nonisolated func refusal(_ reply: Exchange.Reply, _ path: String) -> Obstacle {
        let url = origin.at(path) ?? origin
        let words = RedfishError.words(in: reply.body).map { ": " + line.secret.hidden(in: $0) } ?? ""
        switch reply.status {
        case 401:
            return Obstacle("it does not know this user and password (401)", line.secret.remedy, at: url)
        case 403:
            return Obstacle(
                "the user may not do this (403\(words))", "Give it the role of an operator or administrator there",
                at: url)
        case 404, 405, 410:
            return Obstacle(
                "there is nothing of the kind (\(reply.status)\(words))",
                "Check the url in server-types.yaml, and that Redfish is switched on", at: url)
        case 500...:
            return Obstacle(
                "it fails (\(reply.status)\(words))", "Try again later, or restart the controller", at: url,
                isPassing: true)
        default:
            return Obstacle("it refuses (\(reply.status)\(words))", "Look into the log of the controller", at: url)
        }
    }
}

/// What a Redfish service says when it refuses.
enum RedfishError {
    private struct Answer: Decodable {
        let error: Content?

        struct Content: Decodable {
            let message: String?
            let details: [Detail]

            private enum CodingKeys: String, CodingKey {
                case message
                case details = "@Message.ExtendedInfo"
            }

            init(from decoder: any Decoder) throws {
                let values = try decoder.container(keyedBy: CodingKeys.self)
                (message, details) = (values.known(.message), values.known(.details) ?? [])
            }
        }

        struct Detail: Decodable {
            let message: String?
            let id: String?

            private enum CodingKeys: String, CodingKey {
                case message = "Message"
                case id = "MessageId"
            }
        }
    }

    /// The first details that say something; iLO says only their names.
    static func words(in body: [UInt8]) -> String? {
        guard let error = (try? JSONDecoder().decode(Answer.self, from: Data(body)))?.error else { return nil }
        let details = error.details.compactMap { $0.message ?? $0.id }.filter { !$0.isEmpty }
        let words = details.isEmpty ? error.message : details.prefix(2).joined(separator: " ")
        return words.flatMap { $0.isEmpty ? nil : $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
    }
}
