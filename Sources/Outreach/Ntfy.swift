internal import Fetch
internal import Model

/// A topic of ntfy, from which phones and browsers get what is published there.
///
/// It is published as JSON, since header fields, the other way, take ASCII only.
public struct Ntfy: Sendable {
    private let outlet: Outlet

    /// The URL's only part is the topic.
    public init(_ outlet: Outlet) { self.outlet = outlet }

    public func send(_ message: Message) async throws(NotTold) {
        let request = try request(message)
        let reply = try await outlet.reply(to: request)
        guard (200...299).contains(reply.status) else { throw outlet.refusal(reply, to: request) }
    }

    func request(_ message: Message) throws(NotTold) -> Exchange.Request {
        let topic = outlet.url.fileName
        guard !topic.isEmpty, let server = outlet.url.at("/") else {
            throw NotTold("\(outlet.url) names no topic of ntfy. Correct it in provisioning.yaml.")
        }
        var request = Exchange.Request(.post, server)
        request.fields = [("Content-Type", "application/json")]
        if let token = outlet.secret { request.fields.append(("Authorization", "Bearer \(token)")) }
        let body = Body(
            topic: topic, title: message.title, message: message.text, priority: Self.priority(message),
            tags: Self.tags(message), click: message.page)
        do {
            request.body = try sortedJSON(body)
        } catch {
            throw NotTold("The message cannot be written as JSON: \(error).")
        }
        return request
    }

    /// From 1 to 5: with 4 a phone makes itself heard for longer than usual.
    private static func priority(_ message: Message) -> Int {
        switch message.kind {
        case .failed, .needsYou: 4
        case .ready, nil: 3
        }
    }

    /// The names that ntfy shows as pictures.
    private static func tags(_ message: Message) -> [String] {
        switch message.kind {
        case .ready: ["white_check_mark"]
        case .failed: ["x"]
        case .needsYou: ["point_right"]
        case nil: ["seedling"]
        }
    }

    private struct Body: Encodable {
        let topic: String
        let title: String
        let message: String
        let priority: Int
        let tags: [String]
        let click: String?
    }
}
