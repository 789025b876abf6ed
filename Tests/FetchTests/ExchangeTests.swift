import HTTP
import Linux
import Serving
import Testing

@testable import Fetch

@Suite(.timeLimit(.minutes(5))) struct ExchangeTests {
    private func exchange(_ request: Exchange.Request) async throws -> Exchange.Reply {
        try await Exchange(request, try Worker()).reply()
    }

    static let routes = Routes(
        .get("/echo") { Response(status: 200, body: .bytes(Array(described($0).utf8))) },
        .post("/echo") { .text(described($0), status: 201) },
        .patch("/echo") { .text(described($0), status: 412) },
        .get("/fields") { _ in Response(status: 200, headers: ["etag": "W/\"a\"", "retry-after": "7"]) },
        .get("/moved") { _ in Response(status: 302, headers: ["location": "/echo"]) },
        .get("/long") { _ in Response(status: 200, body: .bytes(Array(repeating: 7, count: Exchange.most + 1))) },
        .get("/begun") { _ in
            Response.events { writer in
                for word in ["one", "two"] { try await writer.write(Array(word.utf8)) }
                try await reactor.sleep(for: .seconds(3600))
            }
        },
        .get("/silent") { _ in
            try await reactor.sleep(for: .seconds(3600))
            return Response(status: 200)
        })

    private static func described(_ request: HTTP.Request) -> String {
        let names = ["authorization", "x-own", "content-type"]
        let fields = names.compactMap { name in request.headers[name].map { "\(name): \($0)" } }
        return ([request.method] + fields + [String(decoding: request.body, as: UTF8.self)]).joined(separator: "|")
    }

    private func asking(
        _ path: String, _ method: Exchange.Request.Method = .get,
        _ change: @escaping @Sendable (inout Exchange.Request) -> Void = { _ in },
        _ body: @escaping @Sendable (Exchange.Request) async throws -> Void
    ) async throws {
        try await Serving.serving(Self.routes) { port in
            var request = Exchange.Request(method, try #require(WebURL("http://127.0.0.1:\(port)\(path)")))
            request.isDirect = true
            change(&request)
            try await body(request)
        }
    }

    private func text(_ reply: Exchange.Reply) -> String { String(decoding: reply.body, as: UTF8.self) }

    @Test func `method, fields, body and login are sent, and every status is an answer`() async throws {
        try await asking("/echo") { request in
            let reply = try await exchange(request)
            #expect((reply.status, text(reply)) == (200, "GET|"))
        }
        try await asking(
            "/echo", .post,
            {
                $0.fields = [("X-Own", "a b"), ("Content-Type", "application/json")]
                $0.body = Array("{}".utf8)
                $0.login = Exchange.Login(user: "root", password: "calvin:1")
            },
            { request in
                let reply = try await exchange(request)
                let expected =
                    "POST|authorization: Basic cm9vdDpjYWx2aW46MQ==|x-own: a b|content-type: application/json|{}"
                #expect((reply.status, text(reply)) == (201, expected))
            })
        try await asking("/echo", .patch) { request in
            let reply = try await exchange(request)
            #expect((reply.status, text(reply)) == (412, "PATCH|"))
        }
        try await asking("/fields") { request in
            let reply = try await exchange(request)
            #expect((reply["etag"], reply["retry-after"], reply["none"]) == ("W/\"a\"", "7", nil))
        }
    }

    @Test func `a redirect is an answer, unless it is to be followed`() async throws {
        try await asking("/moved") { request in
            let reply = try await exchange(request)
            #expect((reply.status, reply["location"]) == (302, "/echo"))
        }
        try await asking("/moved", .get, { $0.redirects = 1 }) { request in
            let reply = try await exchange(request)
            #expect((reply.status, text(reply)) == (200, "GET|"))
        }
    }

    @Test func `an answer that is too long, and one that does not come, are given up`() async throws {
        try await asking("/long") { request in
            let failed = await #expect(throws: ExchangeFailed.self) { try await exchange(request) }
            #expect((failed?.fact, failed?.isPassing) == ("the answer is longer than 4 MiB", false))
        }
        try await asking("/silent", .get, { $0.limit = .seconds(1) }) { request in
            let failed = await #expect(throws: ExchangeFailed.self) { try await exchange(request) }
            #expect((failed?.fact, failed?.isPassing) == ("it did not answer within 1 s", true))
        }
    }

    @Test func `an answer that does not end is taken as it comes, until its server is silent`() async throws {
        try await asking("/begun", .get, { $0.limit = .milliseconds(1) }) { request in
            let exchange = Exchange(request, try Worker())
            var taken: [UInt8] = []
            while taken.count < 6 { taken += try await exchange.next(within: .seconds(30)) }
            #expect((await exchange.status, String(decoding: taken, as: UTF8.self)) == (200, "onetwo"))
            let failed = await #expect(throws: ExchangeFailed.self) {
                try await exchange.next(within: .milliseconds(50))
            }
            #expect((failed?.isPassing, failed?.hasConnected) == (true, true))
        }
        try await asking("/echo") { request in
            let exchange = Exchange(request, try Worker())
            #expect(try await exchange.next(within: .seconds(30)) == Array("GET|".utf8))
            #expect(try await exchange.next(within: .seconds(30)).isEmpty)
        }
    }

    @Test func `several wait at the same time on one thread, and one that is cancelled leaves`() async throws {
        try await asking("/silent") { silent in
            let worker = try Worker()
            try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask {
                        await #expect(throws: ExchangeFailed.self) { try await Exchange(silent, worker).reply() }
                    }
                }
                var quick = silent
                quick.url = try #require(silent.url.at("/echo"))
                #expect(try await Exchange(quick, worker).reply().status == 200)
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test func `what is secret is in no error, and cannot smuggle in a field`() async throws {
        var unreachable = Exchange.Request(.get, try #require(WebURL("http://127.0.0.1:1/on?password=geheim")))
        unreachable.isDirect = true
        unreachable.login = Exchange.Login(user: "root", password: "geheim")
        let told = try #require(try await failure(unreachable))
        #expect(told.hasPrefix("http://127.0.0.1:1/on gives no answer: ") && !told.contains("geheim"), "\(told)")
        unreachable.fields = [("Authorization", "Bearer geheim\r\nX-Other: 1")]
        #expect(
            try await failure(unreachable)
                == "http://127.0.0.1:1/on gives no answer: the field Authorization would have"
                + " characters that no field may have. Look for a line break in it.")
    }

    private func failure(_ request: Exchange.Request) async throws -> String? {
        let failed = await #expect(throws: ExchangeFailed.self) { try await exchange(request) }
        return failed?.description
    }
}
