import Ledger
import Model
import Store
import Testing

/// Who may sign in, as the database keeps it.
@Suite(.timeLimit(.minutes(5))) struct AccessTests {
    private static func author(_ request: String) -> Ledger.Author { .init(actor: "a test", request: request) }

    private func add(_ name: String, _ role: Role, to scene: Scene, request: String? = nil) async throws -> User {
        try await scene.ledger.addUser(
            AccessName(name), role, password: [1], by: .init(actor: "a test", request: request))
    }

    private func session(of user: User, _ id: String = "s1", _ scene: Scene) -> WebSession {
        WebSession(id: id, user: user.id, generation: user.generation, expiresAt: scene.clock.now() + .seconds(60))
    }

    @Test func `the first user is an admin, and ends the code of the first start`() async throws {
        let scene = try await Scene()
        #expect(try await scene.store().isUnclaimed())
        try await scene.ledger.keepSetupCode([1])
        try await scene.ledger.keepSetupCode([2])
        #expect(try await scene.ledger.sealedSetupCode() == [1])
        await #expect(throws: Refused.self) { try await add("anna", .viewer, to: scene) }
        let user = try await add("anna", .admin, to: scene)
        #expect(try await scene.store().users() == [user])
        try await scene.ledger.keepSetupCode([3])
        #expect(try await scene.ledger.sealedSetupCode() == nil)
        await #expect(throws: Refused.self) {
            try await scene.ledger.claim(try AccessName("eve"), password: [1], by: Scene.author)
        }
    }

    @Test func `a command that is sent again is carried out once`() async throws {
        let scene = try await Scene()
        let user = try await add("anna", .admin, to: scene, request: "r1")
        #expect(try await add("anna", .admin, to: scene, request: "r1") == user)
        #expect(try scene.count("SELECT count(*) FROM event WHERE kind = 'user.added'") == 1)
    }

    @Test func `the last admin is neither removed nor demoted`() async throws {
        let scene = try await Scene()
        let (ledger, anna) = (scene.ledger, try AccessName("anna"))
        _ = try await add("anna", .admin, to: scene)
        _ = try await add("bert", .operator, to: scene)
        await #expect(throws: Refused.self) { try await ledger.removeUser(anna, by: Scene.author) }
        await #expect(throws: Refused.self) {
            try await ledger.changeUser(anna, role: .viewer, password: nil, by: Scene.author)
        }
        _ = try await ledger.changeUser(try AccessName("bert"), role: .admin, password: nil, by: Scene.author)
        try await ledger.removeUser(anna, by: Scene.author)
        #expect(try await scene.store().users().map(\.name.description) == ["bert"])
    }

    @Test func `a session is its user's until it is ended, all are, or the password is new`() async throws {
        let scene = try await Scene()
        let store = try scene.store()
        let user = try await add("anna", .admin, to: scene)
        let (one, other) = (session(of: user, "s1", scene), session(of: user, "s2", scene))
        #expect(try await store.user(of: one) == user)
        try await scene.ledger.end(one, of: user, by: Scene.author)
        #expect(try await store.user(of: one) == nil)
        #expect(try await store.user(of: other) == user)
        try await scene.ledger.endAllSessions(of: user, by: Scene.author)
        #expect(try await store.user(of: other) == nil)
        let again = session(of: try #require(try await store.user(id: user.id)), "s3", scene)
        #expect(try await store.user(of: again) != nil)
        _ = try await scene.ledger.changeUser(user.name, role: nil, password: [2], by: Scene.author)
        #expect(try await store.user(of: again) == nil)
        #expect(try await scene.ledger.password(of: user) == [2])
    }

    @Test func `sessions that have run out are not remembered as ended`() async throws {
        let scene = try await Scene()
        let user = try await add("anna", .admin, to: scene)
        try await scene.ledger.end(session(of: user, "s1", scene), of: user, by: Scene.author)
        scene.clock.advance(.seconds(61))
        try await scene.ledger.end(session(of: user, "s2", scene), of: user, by: Scene.author)
        #expect(try scene.count("SELECT count(*) FROM ended_session") == 1)
    }

    @Test func `where a user signed in from is remembered, the latest twenty`() async throws {
        let scene = try await Scene()
        let user = try await add("anna", .admin, to: scene)
        for number in 1...21 {
            scene.clock.advance(.seconds(1))
            try await scene.ledger.signedIn(user, from: "10.0.0.\(number)", by: Scene.author)
        }
        let store = try scene.store()
        #expect(try await !store.isKnown("10.0.0.1", of: user))
        #expect(try await store.isKnown("10.0.0.2", of: user))
        #expect(try await store.isKnown("10.0.0.21", of: user))
        #expect(try await store.user(id: user.id)?.lastSignIn == scene.clock.now())
    }

    @Test func `a token is found by its hash, has one name, and is worth nothing once removed`() async throws {
        let scene = try await Scene()
        let (ledger, store, name) = (scene.ledger, try scene.store(), try AccessName("ci"))
        let end = scene.clock.now() + .seconds(60)
        let token = try await ledger.addToken(name, .operator, hash: [7], expiresAt: end, by: Self.author("r1"))
        #expect(try await store.token(withHash: [7]) == token)
        #expect(token.createdBy == "a test")
        await #expect(throws: Refused.self) {
            try await ledger.addToken(name, .viewer, hash: [8], expiresAt: end, by: Self.author("r2"))
        }
        // Nobody has got the first one: the answer was lost.
        _ = try await ledger.addToken(name, .operator, hash: [9], expiresAt: end, by: Self.author("r1"))
        #expect(try await store.token(withHash: [7]) == nil)
        #expect(try await store.tokens().map(\.id) == [token.id])
        try await ledger.removeToken(name, by: Scene.author)
        #expect(try await store.token(withHash: [9]) == nil)
        await #expect(throws: Refused.self) { try await ledger.removeToken(name, by: Scene.author) }
    }

    @Test func `that a token was used is written once a minute`() async throws {
        let scene = try await Scene()
        let end = scene.clock.now() + .seconds(60)
        let token = try await scene.ledger.addToken(
            try AccessName("ci"), .viewer, hash: [7], expiresAt: end, by: Scene.author)
        let store = try scene.store()
        let first = scene.clock.now()
        try await scene.ledger.usedToken(token.id)
        scene.clock.advance(.seconds(59))
        try await scene.ledger.usedToken(token.id)
        #expect(try await store.tokens().first?.lastUsed == first)
        scene.clock.advance(.seconds(1))
        try await scene.ledger.usedToken(token.id)
        #expect(try await store.tokens().first?.lastUsed == first + .seconds(60))
    }
}
