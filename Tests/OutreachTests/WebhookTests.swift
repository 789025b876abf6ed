import Fetch
import HTTP
import Serving
import Testing

@testable import Outreach

@Suite(.timeLimit(.minutes(5))) struct WebhookTests {
    @Test func `S20: a body is signed with the key, and a repetition is known by its delivery`() throws {
        let body = Array("The quick brown fox jumps over the lazy dog".utf8)
        let request = Webhook(try Sample.outlet("http://a/b", secret: "key")).request(body, "d-1")
        #expect(request.method == .post && request.url.text == "http://a/b" && request.body == body)
        let fields = Dictionary(request.fields.map { ($0.name, $0.value) }) { $1 }
        #expect(
            fields == [
                "Content-Type": "application/json", "X-Sprout-Delivery": "d-1",
                "X-Sprout-Signature": "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
            ])
    }

    @Test func `without a key a call is not signed`() throws {
        let webhook = Webhook(try Sample.outlet("http://a/b"))
        #expect(!webhook.isSigned)
        #expect(!webhook.request([], "d").fields.contains { $0.name == "X-Sprout-Signature" })
    }

    static let answers: [(status: Int, words: String?)] = [
        (200, nil), (202, nil), (204, nil),
        (302, "answers 302. Write the address where it ends into provisioning.yaml."),
        (401, "answers 401. Store the right secret with: sprout secrets set infrastructure."),
        (404, "answers 404. Correct its address in provisioning.yaml."),
        (500, "answers 500. It is tried again."), (503, "answers 503. It is tried again."),
        (422, "answers 422. Correct what it complains of."),
    ]

    @Test(arguments: answers)
    func `any answer of the two hundreds is a success, and another is told with its remedy`(
        status: Int, words: String?
    ) async throws {
        let routes = Routes(.post("/hook") { _ in Response(status: status) })
        try await serving(routes) { port in
            let webhook = Webhook(try Sample.outlet("http://127.0.0.1:\(port)/hook", secret: "key"))
            do throws(NotTold) {
                try await webhook.send(Array("{}".utf8), delivery: "d")
                #expect(words == nil)
            } catch {
                #expect(error.description == words.map { "http://127.0.0.1:\(port)/hook \($0)" })
            }
        }
    }

    @Test func `neither the secret nor a path that is one gets into a sentence, nor what steers a terminal`()
        async throws
    {
        let routes = Routes(
            .post("/services/T0KEN") { _ in Response(status: 400, body: .bytes(Array("bad\u{1B}[2J key geheim\n".utf8)))
            }
        )
        try await serving(routes) { port in
            let outlet = try Sample.outlet(
                "http://127.0.0.1:\(port)/services/T0KEN", secret: "geheim", hidesPath: true)
            let failed = await #expect(throws: NotTold.self) { try await Webhook(outlet).send([], delivery: "d") }
            #expect(
                failed?.description
                    == "http://127.0.0.1:\(port) answers 400, and says: bad [2J key …. Correct what it complains of.")
        }
    }

    @Test func `a server that is not there is told with what the kernel says`() async throws {
        let outlet = try Sample.outlet("http://127.0.0.1:1/x", hidesPath: true)
        let failed = await #expect(throws: NotTold.self) { try await Webhook(outlet).send([], delivery: "d") }
        #expect(failed?.description.hasPrefix("http://127.0.0.1:1 gives no answer: ") == true, "\(failed as Any)")
        #expect(failed?.description.contains("/x") == false)
    }
}
