import Control
import Crypto
import Foundation
import HTTP
import Ledger
import Linux
import Model
import Store
import Testing

@testable import sprout_web

/// Who is let in at the front door, with sessions that this test signs itself.
@Suite(.timeLimit(.minutes(5))) struct DoorkeeperTests {
    private struct Scene {
        let ledger: Ledger
        let store: Store
        let key: SigningKey
        let site: Site
        let routes: Routes
        let user: User

        init() async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "sprout-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let path = folder.appending(path: "sprout.db").path
            ledger = try Ledger(path: path, try Worker(), now: Timestamp.now)
            store = try Store(path: path)
            key = try SigningKey(seed: SecureRandom.bytes(32))
            try await ledger.keepSessionKey(key.publicKey.hexadecimal)
            user = try await ledger.addUser(
                try AccessName("anna"), .admin, password: [1], by: Ledger.Author(actor: "a test"))
            site = try Site.alone(store)
            let door = Doorkeeper(.front, store, Feed(), try Reactor()) { _ in }
            routes = site.routes(Health("a test") { "" }, door)
        }

        func cookie(endsIn seconds: Int, signedBy key: SigningKey) throws -> String {
            let session = WebSession(
                id: "1f", user: user.id, generation: user.generation, expiresAt: .now() + .seconds(seconds))
            return "\(session.text).\(try key.sign(Array(session.text.utf8)).hexadecimal)"
        }

        func status(_ headers: Headers, _ method: String = "GET", _ path: String = "/api/hosts") async throws -> Int {
            do {
                return try await routes.respond(to: try Request(method, path, headers: headers)).status
            } catch let problem as Problem {
                return problem.status
            }
        }
    }

    @Test func `a session is taken that has not run out and is signed by this Sprout`() async throws {
        let scene = try await Scene()
        let (good, name) = (try scene.cookie(endsIn: 60, signedBy: scene.key), "sprout-session")
        #expect(try await scene.status(["cookie": "a=b; \(name)=\(good)"]) == 200)
        #expect(
            try await scene.status(["cookie": "\(name)=\(try scene.cookie(endsIn: -1, signedBy: scene.key))"]) == 401)
        let strange = try SigningKey(seed: SecureRandom.bytes(32))
        #expect(try await scene.status(["cookie": "\(name)=\(try scene.cookie(endsIn: 60, signedBy: strange))"]) == 401)
        #expect(try await scene.status(["cookie": "x\(name)=\(good)"]) == 401)
        // Over TLS another name counts, which who speaks without it cannot have set.
        let secure: Headers = ["cookie": "\(name)=\(good)", "x-forwarded-proto": "https"]
        #expect(try await scene.status(secure) == 401)
        #expect(try await scene.status(["cookie": "__Host-\(name)=\(good)", "x-forwarded-proto": "https"]) == 200)
    }

    /// Those of the pages too, which the description of the API leaves out.
    @Test func `no route is open to nobody, and none to a role that is too low`() async throws {
        let scene = try await Scene()
        for route in scene.site.guardedRoutes(Health("a test") { "" }) {
            guard let need = route.role else { continue }
            let words = route.route.name.split(separator: " ").map(String.init)
            let path = words[1].split(separator: "/").map { $0.hasPrefix("{") ? "1" : "\($0)" }.joined(separator: "/")
            #expect(try await scene.status([:], words[0], "/\(path)") == 401, "\(route.route.name)")
            for role in Role.allCases where role < need {
                let token = AccessToken()
                let name = try AccessName("t\(token.hash.hexadecimal.prefix(20))")
                _ = try await scene.ledger.addToken(
                    name, role, hash: token.hash, expiresAt: .now() + .seconds(60), by: .init(actor: "a test"))
                let headers: Headers = ["authorization": "Bearer \(token.text)"]
                #expect(try await scene.status(headers, words[0], "/\(path)") == 403, "\(route.route.name) as \(role)")
            }
        }
    }

    @Test func `a token is taken until it runs out`() async throws {
        let scene = try await Scene()
        for (name, seconds, status) in [("good", 60, 200), ("late", -1, 401)] {
            let token = AccessToken()
            _ = try await scene.ledger.addToken(
                try AccessName(name), .viewer, hash: token.hash, expiresAt: .now() + .seconds(seconds),
                by: Ledger.Author(actor: "a test"))
            #expect(try await scene.status(["authorization": "Bearer \(token.text)"]) == status)
        }
    }
}
