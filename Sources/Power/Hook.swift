internal import Fetch

/// A host behind something that is switched by addresses: a smart plug, a KVM, a home's control centre.
struct Hook: PowerLever {
    /// A power supply keeps a machine alive for seconds.
    private static let gap = Duration.seconds(10)

    let host: String
    let on: String
    let off: String?
    let line: Line
    let pause: Pause

    var certificate: Fingerprint? { get async { await line.certificate } }

    func on() async throws(Obstacle) -> Step {
        try await call(on, "on_url")
        return .sent("Power for \(host) was switched on; whether it starts, it has to show.")
    }

    func off(gracefully: Bool) async throws(Obstacle) -> Step {
        // What a plug does to a running system is what a power cut does.
        guard let off, !gracefully else { return ByHand(host: host).off(gracefully: gracefully) }
        try await call(off, "off_url")
        return .sent("Power for \(host) was switched off.")
    }

    func restart() async throws(Obstacle) -> Step {
        guard let off else { return ByHand(host: host).restart() }
        try await call(off, "off_url")
        try await wait(Self.gap, pause)
        return try await on()
    }

    func bootFromNetworkOnce() -> Step { ByHand(host: host).bootFromNetworkOnce() }

    /// By GET, and by POST where that is what is wanted there.
    private func call(_ text: String, _ key: String) async throws(Obstacle) {
        guard let url = WebURL(text) else {
            throw Obstacle("\(key) is no address", "Correct it in server-types.yaml")
        }
        var request = Exchange.Request(.get, url)
        var reply = try await line.reply(to: request)
        if reply.status == 405 {
            request.method = .post
            request.body = []
            reply = try await line.reply(to: request)
        }
        // RFC 7616: Shelly's plugs take no password but this way.
        if reply.status == 401, var login = line.secret.login, Self.wantsDigest(reply) {
            login.isDigest = true
            request.login = login
            reply = try await line.reply(to: request)
        }
        guard !(200...299).contains(reply.status) else { return }
        throw refusal(reply, url, key)
    }

    private static func wantsDigest(_ reply: Exchange.Reply) -> Bool {
        reply["www-authenticate"]?.lowercased().hasPrefix("digest") == true
    }

    private func refusal(_ reply: Exchange.Reply, _ url: WebURL, _ key: String) -> Obstacle {
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
