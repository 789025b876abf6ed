internal import Fetch
internal import Model

/// Sends the request of a hook, and understands what is said against it.
struct HookCall {
    let host: String
    let hook: PowerHook
    /// What the address is called in server-types.yaml.
    let key: String
    /// Whether the secret is shown only where the hook's texts say so.
    let placesSecret: Bool
    let line: Line

    /// By GET, and by POST where that is what is wanted there.
    func answer() async throws(Obstacle) -> Exchange.Reply {
        var request = try request()
        var reply = try await line.reply(to: request, showingSecret: !placesSecret)
        if reply.status == 405, hook.method == nil, request.method == .get {
            request.method = .post
            request.body = []
            reply = try await line.reply(to: request, showingSecret: !placesSecret)
        }
        // RFC 7616: Shelly's plugs take no password but this way.
        if reply.status == 401, !placesSecret, var login = line.secret.login, Self.wantsDigest(reply) {
            login.isDigest = true
            request.login = login
            reply = try await line.reply(to: request)
        }
        guard (200...299).contains(reply.status) else { throw refusal(reply, request.url) }
        return reply
    }

    private func request() throws(Obstacle) -> Exchange.Request {
        guard let url = WebURL(try text(hook.url, isEscaped: true)) else {
            throw Obstacle("\(key) is no address", "Correct it in server-types.yaml")
        }
        var request = Exchange.Request(.get, url)
        if hook.method == nil, hook.body != nil { request.method = .post }
        if let method = hook.method { request.method = Self.methods[method] ?? .get }
        if let body = hook.body { request.body = Array(try text(body).utf8) }
        if request.method != .get, request.body == nil { request.body = [] }
        for (name, template) in hook.headers.sorted(by: { $0.key < $1.key }) {
            request.fields.append((name, try text(template)))
        }
        let isTyped = request.fields.contains { $0.name.lowercased() == "content-type" }
        if !isTyped, hook.body?.first == "{" { request.fields.append(("Content-Type", "application/json")) }
        return request
    }

    private func text(_ template: String, isEscaped: Bool = false) throws(Obstacle) -> String {
        try line.secret.filled(into: template.replacing("{host}", with: host), isEscaped: isEscaped)
    }

    private static let methods: [PowerHook.Method: Exchange.Request.Method] = [
        .get: .get, .post: .post, .put: .put, .patch: .patch,
    ]

    private static func wantsDigest(_ reply: Exchange.Reply) -> Bool {
        reply["www-authenticate"]?.lowercased().hasPrefix("digest") == true
    }

    private func refusal(_ reply: Exchange.Reply, _ url: WebURL) -> Obstacle {
        switch reply.status {
        case 300...399:
            Obstacle(
                "it sends you to another address (\(reply.status))",
                "Write where it ends as \(key) in server-types.yaml",
                at: url)
        case 401, 403:
            Obstacle("it refuses who asks (\(reply.status))", line.secret.remedy, at: url)
        case 404, 410:
            Obstacle("there is nothing (\(reply.status))", "Correct \(key) in server-types.yaml", at: url)
        case 500...:
            Obstacle("it fails (\(reply.status))", "Try again later", at: url, isPassing: true)
        default:
            Obstacle("it answers \(reply.status)", "Try \(key) with curl -v", at: url)
        }
    }
}
