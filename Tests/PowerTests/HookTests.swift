import HTTP
import Linux
import Model
import Serving
import Testing

@testable import Power

@Suite(.timeLimit(.minutes(5))) struct HookTests {
    private func requests(
        _ secret: String? = nil, off: String? = "/off?x=geheim", by answer: @escaping @Sendable (Request) -> Response,
        _ body: @escaping @Sendable (PowerDriver, Scene) async throws -> Void
    ) async throws -> [String] {
        let asked = Notes<String>()
        let handler: @Sendable (Request) async throws -> Response = { request in
            asked.add("\(request.method) \(request.path) \(request.headers["authorization"]?.prefix(20) ?? "")")
            return answer(request)
        }
        try await answering(handler) { (scene) async throws in
            try await body(scene.hook(on: "/{host}/on?x=geheim", off: off, secret: secret), scene)
        }
        return await asked.all()
    }

    @Test func `its addresses are asked, and nothing is known of what they do`() async throws {
        let asked = try await requests(by: { _ in .text("ok") }) { (driver, scene) async throws in
            #expect(try await driver.state() == .unknown)
            #expect(try await driver.on().effect == .sent)
            #expect(try await driver.restart().effect == .sent)
            #expect(await scene.pauses.all() == [.seconds(10)])
        }
        #expect(asked == ["GET /pve-01/on?x=geheim ", "GET /off?x=geheim ", "GET /pve-01/on?x=geheim "])
    }

    @Test func `what cannot be done by it is for a person`() async throws {
        let asked = try await requests(off: nil, by: { _ in .text("ok") }) { (driver, _) async throws in
            #expect(try await driver.off(gracefully: true).effect == .byHand)
            #expect(try await driver.off(gracefully: false).effect == .byHand)
            #expect(try await driver.restart().sentence == "Restart pve-01, or press its power button if it is off.")
            #expect(try await driver.bootFromNetworkOnce().effect == .byHand)
        }
        #expect(asked.isEmpty)
    }

    @Test func `it is asked by POST where that is wanted`() async throws {
        let asked = try await requests(by: { Response(status: $0.method == "POST" ? 204 : 405) }) {
            (driver, _) async throws in
            #expect(try await driver.on().effect == .sent)
        }
        #expect(asked == ["GET /pve-01/on?x=geheim ", "POST /pve-01/on?x=geheim "])
    }

    @Test func `a token is a bearer's, and a user with a password logs in, by digest where that is wanted`()
        async throws
    {
        #expect(
            try await requests("eyJhbGciOiJIUzI1", by: { _ in .text("ok") }) { (driver, _) async throws in
                _ = try await driver.on()
            }
                == ["GET /pve-01/on?x=geheim Bearer eyJhbGciOiJIU"])
        let challenge = "Digest realm=\"shelly\", nonce=\"1\", algorithm=SHA-256, qop=\"auth\""
        let asked = try await requests(
            "admin:geheim",
            by: { request in
                request.headers["authorization"]?.hasPrefix("Digest ") == true
                    ? .text("ok") : Response(status: 401, headers: ["www-authenticate": challenge])
            }
        ) { (driver, _) async throws in
            #expect(try await driver.on().effect == .sent)
        }
        #expect(
            asked == [
                "GET /pve-01/on?x=geheim Basic YWRtaW46Z2VoZW", "GET /pve-01/on?x=geheim ",
                "GET /pve-01/on?x=geheim Digest username=\"adm",
            ])
    }

    static let refusals = [
        (302, "it sends you to another address (302). Write where it ends as on_url in server-types.yaml."),
        (401, "it refuses who asks (401). Store the right one with: sprout secrets set plug."),
        (404, "there is nothing (404). Correct on_url in server-types.yaml."),
        (500, "it fails (500). Try again later."), (418, "it answers 418. Try on_url with curl -v."),
    ]

    @Test(arguments: refusals)
    func `a refusal is told with its address, and nothing secret`(status: Int, words: String) async throws {
        _ = try await requests("admin:geheim", by: { _ in Response(status: status) }) { (driver, scene) async throws in
            let failed = await #expect(throws: PowerFailed.self) { try await driver.on() }
            #expect(scene.plain(failed) == "pve-01 cannot be switched on by http://bmc/pve-01/on: \(words)")
        }
    }

    @Test func `a token that could smuggle in a field is not sent`() async throws {
        let asked = try await requests("abc\r\nX-Other", by: { _ in .text("ok") }) { (driver, _) async throws in
            let failed = await #expect(throws: PowerFailed.self) { try await driver.on() }
            #expect(failed?.description.contains("the field Authorization would have characters") == true)
        }
        #expect(asked.isEmpty)
    }
}

@Suite struct ByHandTests {
    @Test func `a person is told what to do`() async throws {
        let driver = PowerDriver(.manual, of: Scene.host, PowerAccess(), try Worker(), reactor)
        let outcome = try await driver.on()
        #expect((outcome.effect, outcome.sentence) == (.byHand, "Press the power button of pve-01."))
        #expect(try await driver.off(gracefully: false).sentence == "Hold the power button of pve-01 until it is off.")
        #expect(try await driver.bootFromNetworkOnce().sentence.contains("mostly F12"))
        #expect(try await driver.state() == .unknown)
    }
}
