internal import Fetch
internal import Linux

/// The way to one controller: what is shown to it, whom it has to be, and how often it is asked again while it is busy.
actor Line {
    static let mostTries = 4

    nonisolated let secret: Secret
    private var pinned: Fingerprint?
    private(set) var certificate: Fingerprint?
    private let worker: Worker
    private let pause: Pause

    init(_ secret: Secret, _ pinned: Fingerprint?, _ worker: Worker, _ pause: @escaping Pause) {
        (self.secret, self.pinned, self.worker, self.pause) = (secret, pinned, worker, pause)
    }

    /// The answer to a request, once the controller has the time for it.
    ///
    /// The secret is shown as a login or a token, unless it is shown by the request itself.
    func reply(
        to request: Exchange.Request, showingSecret: Bool = true
    ) async throws(Obstacle) -> Exchange.Reply {
        var request = request
        request.isDirect = true
        if showingSecret { request.login = request.login ?? secret.login }
        if showingSecret, let token = secret.token { request.fields.append(("Authorization", "Bearer \(token)")) }
        for _ in 1..<Self.mostTries {
            let reply = try await exchange(request)
            guard Self.isBusy(reply) else { return reply }
            try await wait(Self.rest(before: reply["retry-after"]), pause)
        }
        let reply = try await exchange(request)
        guard !Self.isBusy(reply) else {
            throw Obstacle(
                "it is too busy to answer (\(reply.status)), and was asked \(Self.mostTries) times", "Try again later",
                at: request.url, isPassing: true)
        }
        return reply
    }

    private func exchange(_ request: Exchange.Request) async throws(Obstacle) -> Exchange.Reply {
        var request = request
        request.trust = .certificate(pinned)
        do throws(ExchangeFailed) {
            let reply = try await Exchange(request, worker).reply()
            certificate = reply.certificate ?? certificate
            // Who answers the first request of several is who has to answer the others.
            pinned = pinned ?? certificate
            return reply
        } catch {
            throw Obstacle(error)
        }
    }

    /// A controller that has just got power says this for minutes (RFC 9110, 15.6.4).
    private static func isBusy(_ reply: Exchange.Reply) -> Bool { reply.status == 503 || reply.status == 429 }

    /// What it asks for, but not for ever; a date instead of seconds is not worth reading a clock.
    private static func rest(before text: String?) -> Duration {
        .seconds(min(text.flatMap { Int($0) }.map { max($0, 0) } ?? 5, 60))
    }
}
