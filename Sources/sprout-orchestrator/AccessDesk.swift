import Control
import Crypto
import HTTP
import Ledger
import Linux
import Model
import Store
import Systemd

/// Lets people in: makes the first user, checks passwords, and signs sessions.
struct AccessDesk: Sendable {
    let desk: Desk
    let keyring: Keyring
    let passwords: Passwords
    let guesses = Guesses()
    let turnstile = Turnstile(room: 8)
    private let sessionKey: SigningKey

    init(desk: Desk, keyring: Keyring, passwords: Passwords) async throws {
        self.desk = desk
        self.keyring = keyring
        self.passwords = passwords
        sessionKey = try SigningKey(seed: keyring.derived(for: "sessions"))
        try await desk.ledger.keepSessionKey(sessionKey.publicKey.hexadecimal)
    }

    var routes: [Routes.Route] {
        [
            .get("/access/setup") { _ in try .json(["code": try await setupCode()]) },
            .post("/access/setup", claim),
            .post("/access/sign-in", signIn),
            .post("/access/sign-out", signOut),
            .post("/access/password", changePassword),
            .post("/users", addUser),
            .patch("/users/:name", changeUser),
            .delete("/users/:name", removeUser),
            .post("/tokens", addToken),
            .delete("/tokens/:name", removeToken),
        ]
    }

    // MARK: The first start

    /// The code that makes the first user: made when it is first asked for, and the same until somebody used it.
    private func setupCode() async throws -> String {
        let name = "the code of the first start"
        if try await desk.ledger.sealedSetupCode() == nil {
            try await desk.ledger.keepSetupCode(try keyring.seal(Array(SetupCode().text.utf8), as: name))
        }
        guard let sealed = try await desk.ledger.sealedSetupCode() else { throw Self.isClaimed }
        return String(decoding: try keyring.open(sealed, as: name), as: UTF8.self)
    }

    private func claim(_ request: Request) async throws -> Response {
        let wish = try JSON.decode(strictly: Claim.self, from: request.body)
        guard try await desk.store.isUnclaimed() else { throw Self.isClaimed }
        try await guesses.chargeSetupCode(source(wish.address))
        let code = SetupCode(typed: wish.code)
        guard Digest.sha256(code.text).isEqual(inConstantTime: Digest.sha256(try await setupCode())) else {
            throw refused("the code of the first start", wish.address, request, field: "code")
        }
        await guesses.forgiveSetupCode(source(wish.address))
        let (name, password) = try await sealedPassword(wish.password, of: wish.name)
        let user = try await desk.commit(request) {
            try await desk.ledger.claim(name, password: password, by: author(name, wish.address, request))
        }
        return try await session(of: user, from: wish.address, request, isNoted: false)
    }

    // MARK: Signing in and out

    private func signIn(_ request: Request) async throws -> Response {
        let wish = try JSON.decode(strictly: SignIn.self, from: request.body)
        let user = try await desk.store.user(named: wish.name)
        try await check(wish.password, of: user, named: wish.name, from: wish.address, request)
        guard let user else { throw Problem(401, Self.wrong) }
        return try await session(of: user, from: wish.address, request, isNoted: true)
    }

    /// Checks a password, as slowly as guessing deserves; what is wrong about it nobody is told.
    private func check(
        _ password: String, of user: User?, named name: String, from address: String, _ request: Request
    ) async throws {
        let source = source(address)
        // Where an account has signed in from before, it is an account of its own to who guesses from elsewhere.
        var account = String(name.lowercased().prefix(60))
        if let user, try await desk.store.isKnown(source, of: user) { account += " at \(source)" }
        try await guesses.charge(source, account: account)
        let hash = try await hash(of: user)
        let isRight = try await turnstile.pass { try await passwords.verify(password, hash) }
        guard isRight else {
            // Some type their password where the name belongs: what nobody is called is not repeated.
            throw refused(user.map { "the password of \($0.name)" } ?? "the name of a user", address, request)
        }
        await guesses.forgive(source, account: account)
    }

    private func hash(of user: User?) async throws -> String? {
        guard let user, let sealed = try await desk.ledger.password(of: user) else { return nil }
        do {
            return String(decoding: try keyring.open(sealed, as: Self.label(user.name)), as: UTF8.self)
        } catch is CryptoError {
            throw Problem(
                409,
                "The password of \(user.name) was sealed with another key than this box has: give it a new one on the box,"
                    + " with sprout users set \(user.name) --password.")
        }
    }

    /// A session, as the text of a cookie.
    private func session(
        of user: User, from address: String, _ request: Request, isNoted: Bool
    ) async throws -> Response {
        let author = author(user.name, address, request, isNoted: isNoted)
        try await desk.commit { try await desk.ledger.signedIn(user, from: source(address), by: author) }
        let session = WebSession(
            id: SecureRandom.bytes(16).hexadecimal, user: user.id, generation: user.generation,
            expiresAt: .now() + .seconds(WebSession.days * 86_400))
        let signature = try sessionKey.sign(Array(session.text.utf8)).hexadecimal
        return try .json(["session": "\(session.text).\(signature)"], status: 201)
    }

    /// Ends one session, or all of its user.
    private func signOut(_ request: Request) async throws -> Response {
        let wish = try JSON.decode(strictly: SignOut.self, from: request.body)
        guard let session = WebSession(wish.session), let user = try await desk.store.user(of: session) else {
            throw Problem(404, "This session has ended already.")
        }
        let author = desk.author(request)
        try await desk.commit(request) {
            if wish.everywhere {
                try await desk.ledger.endAllSessions(of: user, by: author)
            } else {
                try await desk.ledger.end(session, of: user, by: author)
            }
        }
        return Response(status: 204)
    }

    /// One's own password: who has only found the browser open cannot change it.
    private func changePassword(_ request: Request) async throws -> Response {
        let wish = try JSON.decode(strictly: PasswordChange.self, from: request.body)
        guard let user = try await desk.store.user(named: wish.name) else {
            throw Problem(404, "There is no user \(wish.name.prefix(60)).")
        }
        do {
            try await check(wish.current, of: user, named: wish.name, from: wish.address, request)
        } catch let problem as Problem where problem.status == 401 {
            throw Problem(403, "This is not the current password.", field: "current")
        }
        let (name, password) = try await sealedPassword(wish.new, of: "\(user.name)", field: "new")
        let author = desk.author(request)
        let changed = try await desk.commit(request) {
            try await desk.ledger.changeUser(name, role: nil, password: password, by: author)
        }
        return try await session(of: changed, from: wish.address, request, isNoted: false)
    }

    // MARK: Users and tokens

    private func addUser(_ request: Request) async throws -> Response {
        let wish = try JSON.decode(strictly: NewUser.self, from: request.body)
        let role = try told { try Role.ofUser(named: wish.role) }
        let (name, password) = try await sealedPassword(of: wish)
        let author = desk.author(request)
        let user = try await desk.commit(request) {
            try await desk.ledger.addUser(name, role, password: password, by: author)
        }
        return try .json(user, status: 201)
    }

    private func changeUser(_ request: Request) async throws -> Response {
        let wish = try JSON.decode(strictly: UserChange.self, from: request.body)
        let name = try name(request)
        let role = try told { try wish.role.map(Role.ofUser) }
        var password: [UInt8]?
        if let text = wish.password { password = try await sealedPassword(text, of: "\(name)").password }
        let author = desk.author(request)
        let user = try await desk.commit(request) { [password] in
            try await desk.ledger.changeUser(name, role: role, password: password, by: author)
        }
        return try .json(user)
    }

    private func removeUser(_ request: Request) async throws -> Response {
        let (name, author) = (try name(request), desk.author(request))
        try await desk.commit(request) { try await desk.ledger.removeUser(name, by: author) }
        return Response(status: 204)
    }

    /// The token itself is in this answer, and never again anywhere.
    private func addToken(_ request: Request) async throws -> Response {
        let wish = try JSON.decode(strictly: NewToken.self, from: request.body)
        let name = try told { try AccessName(wish.name) }
        let role = try told { try Role.named(wish.role) }
        let days = wish.days ?? APIToken.usualDays
        guard (1...APIToken.mostDays).contains(days) else {
            throw Problem(422, "A token is good for 1 to \(APIToken.mostDays) days, not \(days).", field: "days")
        }
        let (secret, author) = (AccessToken(), desk.author(request))
        let token = try await desk.commit(request) {
            try await desk.ledger.addToken(
                name, role, hash: secret.hash, expiresAt: .now() + .seconds(days * 86_400), by: author)
        }
        return try .json(MadeToken(token: secret.text, entry: token), status: 201)
    }

    private func removeToken(_ request: Request) async throws -> Response {
        let (name, author) = (try name(request), desk.author(request))
        try await desk.commit(request) { try await desk.ledger.removeToken(name, by: author) }
        return Response(status: 204)
    }

    // MARK: Pieces

    private func sealedPassword(of user: NewUser) async throws -> (name: AccessName, password: [UInt8]) {
        switch (user.password, user.passwordHash) {
        case (let text?, nil): return try await sealedPassword(text, of: user.name)
        case (nil, let hash?):
            let name = try told { try AccessName(user.name) }
            let checked: PasswordHash
            do { checked = try PasswordHash(hash) } catch {
                throw Problem(422, "password_hash: \(error).", field: "password_hash")
            }
            return (name, try keyring.seal(Array(checked.text.utf8), as: Self.label(name)))
        default: throw Problem(422, "Give the password, or its hash.", field: "password")
        }
    }

    private func sealedPassword(
        _ text: String, of name: String, field: String = "password"
    ) async throws -> (name: AccessName, password: [UInt8]) {
        let name = try told { try AccessName(name) }
        let password = try told { try NewPassword(text, of: name, field: field) }
        let hash = try await turnstile.pass { try await passwords.hash(password.text) }
        return (name, try keyring.seal(Array(hash.utf8), as: Self.label(name)))
    }

    private func name(_ request: Request) throws -> AccessName {
        try told { try AccessName(request.parameters["name"] ?? "") }
    }

    private func told<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let refused as Refused {
            throw Problem(422, refused.reason, field: refused.field)
        }
    }

    /// Who has just shown who they are.
    private func author(
        _ name: AccessName, _ address: String, _ request: Request, isNoted: Bool = true
    ) -> Ledger.Author {
        Ledger.Author(actor: "\(name) at \(address) through sprout-web", request: isNoted ? request.id : nil)
    }

    private func source(_ address: String) -> String { GuessSource(address: address).description }

    private func refused(_ what: String, _ address: String, _ request: Request, field: String? = nil) -> Problem {
        Journal.log(
            .warning, "somebody at \(address) did not know \(what)", ["SPROUT_REQUEST": request.id ?? ""],
            id: .signInRefused)
        return field == nil
            ? Problem(401, Self.wrong) : Problem(403, "This is not the code that Sprout shows.", field: field)
    }

    private static let isClaimed = Problem(409, "This Sprout has its first user already: sign in.")
    private static let wrong = "The name or the password is wrong."

    private static func label(_ name: AccessName) -> String { "password.\(name)" }
}
