import Control
import Crypto
import HTTP
import Linux
import Model
import Store
import Systemd

/// Lets in whom a route is for, and tells the others what is missing.
///
/// Who somebody is and what they may do is read from the database at each request: a change is in force at once.
struct Doorkeeper: Sendable {
    /// The two ways in.
    enum Door: Sendable {
        /// Through nginx: everybody has to say who they are.
        case front
        /// The box's own socket, which the kernel lets only root and the group sprout open.
        case box
    }

    let door: Door
    let store: Store
    let feed: Feed
    let reactor: Reactor
    let report: @Sendable (Observation) -> Void
    private let guesses = TokenGuesses()

    init(
        _ door: Door, _ store: Store, _ feed: Feed, _ reactor: Reactor,
        report: @escaping @Sendable (Observation) -> Void
    ) {
        self.door = door
        self.store = store
        self.feed = feed
        self.reactor = reactor
        self.report = report
    }

    func admit(_ request: Request, _ need: Role?, _ handler: Routes.Handler) async throws -> Response {
        if door == .front, !request.isOverTLS {
            let isRequired = try await store.setting("server.require_https") == "true"
            let answer = try EncryptionRule.answer(
                to: request, isRequired: isRequired, httpsPort: Surroundings().httpsPort)
            if let answer { return answer }
        }
        guard let need else {
            let visitor = try? await caller(of: request)
            return try await answer(request, as: visitor ?? stranger(request), handler)
        }
        if door == .front, request.path == WallPage.path, let link = request.query["token"] {
            return try await open(link: link, request)
        }
        let caller = try await caller(of: request, for: need)
        guard let role = caller.role else { return try await turnAway(request, need) }
        guard role >= need else {
            throw Problem(403, "This needs the role \(need.rawValue); \(caller.name) is \(role.rawValue).")
        }
        try caller.refuseForgery(request)
        var response = try await answer(request, as: caller, handler)
        if case .stream(let write) = response.body {
            response.body = .stream { writer in
                try await whileAllowed(request, need) { try await write(writer) }
            }
        }
        return response
    }

    /// What one person is told, no other reader of the same browser or proxy gets from a cache.
    private func answer(_ request: Request, as caller: Caller, _ handler: Routes.Handler) async throws -> Response {
        var response = try await Caller.$current.withValue(caller) { try await handler(request) }
        if response.headers["cache-control"] == nil {
            let isPage = response.headers["content-type"]?.hasPrefix("text/html") == true
            response.headers["cache-control"] = isPage ? "no-store" : "private, no-cache"
        }
        return response
    }

    /// Ends a stream within a second of when its reader may not have it any more.
    private func whileAllowed(
        _ request: Request, _ need: Role, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in await feed.rings() {
                    guard let role = try await caller(of: request, for: need).role, role >= need else { return }
                    // A hundred events a second are no reason to check fifty signatures as often.
                    try await reactor.sleep(for: .seconds(1))
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    /// A person is shown where to sign in, a program is told what to send.
    private func turnAway(_ request: Request, _ need: Role) async throws -> Response {
        guard request.isForPage else {
            throw Problem(
                401, "Say who you are: a program sends a token, as Authorization: Bearer sprout_…; people sign in.",
                headers: ["www-authenticate": "Bearer realm=\"Sprout\""])
        }
        if need == .wall, GuardedCookie.wall.value(in: request) != nil { return WallPage.closed }
        if try await store.isUnclaimed() { return .redirect(to: "/setup") }
        let next = request.method == "GET" ? "?next=\(Percent.encoded(request.target))" : ""
        return .redirect(to: "/sign-in\(next)")
    }

    // MARK: Who asks

    private func caller(of request: Request, for need: Role? = nil) async throws -> Caller {
        guard door == .front else {
            let id = request.peer?.userID
            let name = id.flatMap(UnixUser.name) ?? id.map { "uid \($0)" } ?? "somebody"
            return Caller(identity: .onBox(name), address: "", isPrivate: true)
        }
        if let text = request.headers["authorization"] { return try await holder(of: text, request) }
        if let cookie = GuardedCookie.session.value(in: request), let (user, session) = try await owner(of: cookie) {
            return caller(.user(user, session, cookie: cookie), request)
        }
        // Whoever wants more than a wall from the browser of one signs in there as anywhere else.
        if need == .wall, let link = GuardedCookie.wall.value(in: request), let token = try await wall(behind: link) {
            return caller(.token(token), request)
        }
        return stranger(request)
    }

    // MARK: The link of a wall

    /// Puts the token of a link where no address bar and no history shows it.
    private func open(link: String, _ request: Request) async throws -> Response {
        guard let token = try await wall(behind: link) else {
            try await guesses.charge(request.source)
            return WallPage.closed
        }
        let cookie = GuardedCookie.wall.set(link, until: token.expiresAt, for: request)
        return .redirect(to: WallPage.path).adding("set-cookie", cookie)
    }

    /// Another token is none here: what may do more does not belong into a link.
    private func wall(behind link: String) async throws -> APIToken? {
        guard let secret = AccessToken(link), let token = try await store.token(withHash: secret.hash),
            token.role == .wall, token.expiresAt > .now()
        else { return nil }
        note(token)
        return token
    }

    private func stranger(_ request: Request) -> Caller { caller(.nobody, request) }

    private func caller(_ identity: Caller.Identity, _ request: Request) -> Caller {
        Caller(identity: identity, address: request.source, isPrivate: request.isOverTLS)
    }

    /// Whose session a cookie is, if the orchestrator has signed it and it has not ended.
    private func owner(of cookie: String) async throws -> (User, WebSession)? {
        guard cookie.utf8.count <= 500, let dot = cookie.lastIndex(of: "."),
            let signature = [UInt8](hexadecimal: cookie[cookie.index(after: dot)...]),
            let key = try await store.sessionKey().flatMap({ [UInt8](hexadecimal: $0) }),
            SigningKey.verify(signature, of: Array(cookie[..<dot].utf8), publicKey: key),
            let session = WebSession(cookie[..<dot]), session.expiresAt > .now(),
            let user = try await store.user(of: session)
        else { return nil }
        return (user, session)
    }

    private func holder(of authorization: String, _ request: Request) async throws -> Caller {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw refused("Send a token of this Sprout, as Authorization: Bearer sprout_…")
        }
        guard let secret = AccessToken(String(parts[1])), let token = try await store.token(withHash: secret.hash)
        else {
            try await guesses.charge(request.source)
            Journal.log(
                .warning, "somebody at \(request.source) sent a token that is not known here",
                ["SPROUT_REQUEST": request.id ?? ""], id: .signInRefused)
            throw refused("This token is not known here: it was removed, or is another Sprout's.")
        }
        guard token.expiresAt > .now() else {
            let clock =
                Timestamp.now().isPlausible
                ? "" : " The clock of this box says \(Timestamp.now()), though: set it first."
            throw refused("The token \(token.name) is no good since \(token.expiresAt): make a new one.\(clock)")
        }
        note(token)
        return caller(.token(token), request)
    }

    private func note(_ token: APIToken) {
        if token.lastUsed.map({ $0 + .seconds(60) <= .now() }) ?? true { report(.used(token)) }
    }

    private func refused(_ sentence: String) -> Problem {
        Problem(401, sentence, headers: ["www-authenticate": "Bearer realm=\"Sprout\", error=\"invalid_token\""])
    }
}

/// Slows who guesses tokens; who has a right one is not held up by others behind the same address.
actor TokenGuesses {
    private var limit = GuessLimit(free: 10, longestWait: 60)

    func charge(_ address: String) throws {
        let (source, now) = (GuessSource(address: address).description, BootClock.milliseconds())
        let wait = limit.wait(source, at: now)
        guard wait > 0 else { return limit.charge(source, at: now) }
        let seconds = (wait + 999) / 1000
        throw Problem(
            429, "Too many wrong tokens came from \(address). Try again in \(seconds) s.",
            headers: ["retry-after": "\(seconds)"])
    }
}

extension Request {
    /// Whether a person's browser asks for something to look at.
    var isForPage: Bool { segments.first != "api" && headers["accept"]?.contains("text/html") == true }

    /// Where it comes from, as nginx says it.
    var source: String { headers["x-real-ip"] ?? "an unknown address" }

    var isOverTLS: Bool { headers["x-forwarded-proto"] == "https" }
}
