import Testing

@testable import HTTP

private func parse(_ text: String) throws(Refusal) -> (request: Request, framing: Request.Framing)? {
    let bytes = Array(text.utf8)
    return try Request.parse(bytes.span, limits: Limits())
}

@Suite struct RequestTests {
    @Test func `a request is read into its parts`() throws {
        let text =
            "POST /api/hosts/a%20b?limit=2&after=x%2By HTTP/1.1\r\nHost: box\r\nX-Request-ID: \t r1 \r\ncontent-length: 3\r\n\r\nabc"
        let (request, framing) = try #require(try parse(text))
        #expect(request.method == "POST")
        #expect(request.segments == ["api", "hosts", "a b"])
        #expect(request.query == ["limit": "2", "after": "x+y"])
        #expect(request.id == "r1")
        #expect(framing == Request.Framing(headLength: text.utf8.count - 3, bodyLength: 3, keepAlive: true))
    }

    static let connections: [(String, Bool)] = [
        ("HTTP/1.1\r\nHost: a", true), ("HTTP/1.1\r\nHost: a\r\nConnection: close", false), ("HTTP/1.0", false),
        ("HTTP/1.0\r\nConnection: keep-alive", true),
    ]

    @Test(arguments: connections)
    func `a connection is kept as the version and the client wish`(rest: String, expected: Bool) throws {
        #expect(try parse("GET / \(rest)\r\n\r\n")?.framing.keepAlive == expected)
    }

    static let refused: [(String, Int, String)] = [
        ("GET / HTTP/1.1\nHost: a\n\n", 400, "bare LF"),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", 400, "bare LF"),
        ("GET / HTTP/1.1\rHost: a\r\n\r\n", 400, "bare CR"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400, "bare CR"),
        ("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "NUL"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 400, "NUL"),
        ("\r\n\r\n", 400, "request line"),
        ("GET /\r\n\r\n", 400, "request line"),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "request line"),
        ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "token"),
        ("ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "token"),
        ("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "path"),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "path"),
        ("GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400, "path"),
        ("GET /ä HTTP/1.1\r\nHost: a\r\n\r\n", 400, "path"),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "version"),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505, "version"),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", 400, "version"),
        ("GET / HTTP/1.1\r\n\r\n", 400, "Host"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "Host"),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "name"),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400, "name"),
        ("GET / HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n", 400, "name"),
        ("GET / HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n", 400, "name"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{1}\r\n\r\n", 400, "control"),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 501, "Transfer-Encoding"),
        ("GET / HTTP/1.0\r\nTransfer-Encoding: identity\r\n\r\n", 501, "Transfer-Encoding"),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 501,
            "Transfer-Encoding"
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "two Content-Length"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400, "two Content-Length"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400, "Content-Length"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", 400, "Content-Length"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", 400, "Content-Length"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400, "Content-Length"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413, "1048576"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999\r\n\r\n", 400, "digits"),
        ("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "percent"),
        ("GET /%2 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "percent"),
        ("GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", 400, "percent"),
        ("GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n", 400, "forbidden"),
        ("GET /a%5Cb HTTP/1.1\r\nHost: a\r\n\r\n", 400, "forbidden"),
        ("GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "forbidden"),
        ("GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "climbing"),
        ("GET /a/%2e%2e/b HTTP/1.1\r\nHost: a\r\n\r\n", 400, "climbing"),
        ("GET //etc HTTP/1.1\r\nHost: a\r\n\r\n", 400, "empty"),
        ("GET /?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "form field"),
        ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414, "8192"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 17000))\r\n\r\n", 431, "16384"),
        ("GET / HTTP/1.1\r\n\(String(repeating: "X: a\r\n", count: 101))\r\n", 431, "100"),
    ]

    @Test(arguments: refused)
    func `what two readers could take differently is refused`(text: String, status: Int, reason: String) {
        let refusal = #expect(throws: Refusal.self) { try parse(text) }
        #expect(refusal?.status == status)
        #expect(refusal?.reason.contains(reason) == true, "\(refusal?.reason ?? "")")
    }

    @Test func `a request id that could be something else is none`() throws {
        for id in ["", "a b", "\"", String(repeating: "a", count: 65)] {
            #expect(try Request("GET", "/", headers: ["x-request-id": id]).id == nil)
        }
    }
}

@Suite struct RoutesTests {
    let routes = Routes(
        .get("/hosts/:id") { .text("one \($0.parameters["id"] ?? "")") }, .get("/hosts/all") { _ in .text("never") },
        .post("/hosts") { _ in .text("made") }, .delete("/hosts/:id") { _ in .text("gone") },
        .get("/") { _ in .text("root") })

    static let paths: [(String, String, String)] = [
        ("GET", "/", "root"), ("GET", "/hosts/a%20b", "one a b"), ("HEAD", "/hosts/a", "one a"),
        ("POST", "/hosts", "made"),
        ("DELETE", "/hosts/a", "gone"),
    ]

    @Test(arguments: paths)
    func `a request finds its route`(method: String, path: String, expected: String) async throws {
        guard case .bytes(let body) = try await routes.respond(to: Request(method, path)).body else { return }
        #expect(String(decoding: body, as: UTF8.self) == expected)
    }

    @Test func `a path that is not there is 404, a method that is not there is 405 with those that are`() async throws {
        await #expect(throws: Problem(404, "There is nothing at /nope.")) {
            try await routes.respond(to: Request("GET", "/nope"))
        }
        let answer = try await routes.respond(to: Request("POST", "/hosts/a"))
        #expect(answer.status == 405)
        #expect(answer.headers["allow"] == "GET, DELETE")
    }
}
