import Glibc
import Linux
import Testing

@testable import HTTP

private let reactor: Reactor = {
    guard let reactor = try? Reactor() else { preconditionFailure("no epoll") }
    reactor.start()
    return reactor
}()

/// A server on a socket of its own for the time of `body`.
private func serving(
    _ routes: Routes, limits: Limits = Limits(), _ body: @escaping @Sendable (Address) async throws -> Void
) async throws {
    var template = Array("/tmp/sprout-http-XXXXXX".utf8CString)
    guard let folder = mkdtemp(&template) else { throw Errno(rawValue: errno) }
    let address = Address.unix(path: String(cString: folder) + "/s")
    let server = try Server(on: FileDescriptor.listening(on: address), reactor, routes, limits: limits) { _, _ in }
    try await withTaskExecutorPreference(reactor) {
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            group.addTask { try await body(address) }
            try await group.next()
            group.cancelAll()
        }
    }
}

/// What the server says to these bytes until it closes.
private func exchange(_ address: Address, _ text: String, thenClose: Bool = true) async throws -> String {
    let stream = try Linux.Stream(connectingTo: address, reactor)
    try await stream.write(Array(text.utf8))
    if thenClose { stream.finishWriting() }
    var bytes: [UInt8] = []
    while try await stream.read(into: &bytes, until: .now + .seconds(20)) {}
    return String(decoding: bytes, as: UTF8.self)
}

@Suite(.timeLimit(.minutes(5))) struct ServerTests {
    let routes = Routes(
        .get("/echo/:word") { .text($0.parameters["word"] ?? "") },
        .post("/body") { .text("\($0.body.count)") },
        .get("/wrong") { _ in throw Errno.noSuchFile })

    @Test func `pipelined requests are answered in order on one connection`() async throws {
        try await serving(routes) { address in
            let words = (0..<50).map { "w\($0)" }
            let text = words.map { "GET /echo/\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
            let answer = try await exchange(address, text)
            let bodies = answer.components(separatedBy: "\r\n\r\n").dropFirst().map { $0.prefix { $0 != "H" } }
            #expect(bodies.map(String.init) == words)
        }
    }

    @Test func `a body is read whole, and what follows is the next request`() async throws {
        try await serving(routes) { address in
            let answer = try await exchange(
                address,
                "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /GET /echo/x HTTP/1.1\r\nHost: a\r\n\r\n"
            )
            #expect(answer.contains("\r\n\r\n5"))
            #expect(answer.hasSuffix("\r\n\r\nx"))
        }
    }

    @Test func `an answer can have words of its own after its status, which begin no line`() async throws {
        let routes = Routes(.get("/") { _ in Response(status: 424, reason: "no cluster\r\nx: y") })
        try await serving(routes) { address in
            let answer = try await exchange(address, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 424 no cluster  x: y\r\n"))
        }
    }

    @Test func `HEAD has the length and no body`() async throws {
        try await serving(routes) { address in
            let answer = try await exchange(
                address, "HEAD /echo/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(answer.contains("content-length: 5"))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `what is large is downloaded in pieces, or broken off; HEAD tells how much there is`() async throws {
        let routes = Routes(.get("/large") { _ in .text(String(repeating: "x", count: 300_000)) })
        try await serving(routes) { address in
            let client = Client(address, reactor)
            var sizes: [Int] = []
            let answer = try await client.download("/large") { sizes.append($0.count) }
            #expect(answer.status == 200 && answer.body.isEmpty)
            #expect(sizes.reduce(0, +) == 300_000 && sizes.count > 5)
            let head = try await client.send("HEAD", "/large")
            #expect(head.headers["content-length"] == "300000" && head.body.isEmpty)
            #expect(try await client.download("/small") { _ in Issue.record("this is not there") }.status == 404)
            await #expect(throws: CancellationError.self) {
                try await client.download("/large") { _ in throw CancellationError() }
            }
        }
    }

    @Test func `a refused request gets its answer, then the connection ends`() async throws {
        try await serving(routes) { address in
            let answer = try await exchange(
                address, "GET / HTTP/1.1\nHost: a\n\nGET /echo/smuggled HTTP/1.1\r\nHost: a\r\n\r\n", thenClose: false)
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            #expect(!answer.contains("smuggled"))
        }
    }

    @Test func `an error that nobody expected tells the client nothing`() async throws {
        try await serving(routes) { address in
            let answer = try await Client(address, reactor).send("GET", "/wrong")
            #expect(answer.status == 500)
            #expect(!String(decoding: answer.body, as: UTF8.self).contains("No such file"))
        }
    }

    @Test func `a client that sends its head too slowly is refused`() async throws {
        var limits = Limits()
        limits.headTime = .milliseconds(50)
        try await serving(routes, limits: limits) { address in
            let answer = try await exchange(address, "GET / HTTP/1.1\r\nHost", thenClose: false)
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test func `a client that sends its body too slowly is refused`() async throws {
        var limits = Limits()
        limits.bodyTime = .milliseconds(50)
        try await serving(routes, limits: limits) { address in
            let text = "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"
            let answer = try await exchange(address, text, thenClose: false)
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
        }
    }

    @Test func `a connection too many is told so`() async throws {
        var limits = Limits()
        limits.connections = 1
        try await serving(routes, limits: limits) { address in
            let first = try Linux.Stream(connectingTo: address, reactor)
            try await first.write(Array("GET /echo/a HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
            var bytes: [UInt8] = []
            _ = try await first.read(into: &bytes)
            let answer = try await exchange(address, "", thenClose: false)
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
        }
    }

    @Test func `a server that is stopped ends its connections`() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Linux.Stream.self)
        try await serving(routes) { address in arrived.yield(try Linux.Stream(connectingTo: address, reactor)) }
        var iterator = arrivals.makeAsyncIterator()
        let stream = try #require(await iterator.next())
        var bytes: [UInt8] = []
        let isMore = try? await stream.read(into: &bytes, until: .now + .seconds(10))
        #expect(isMore != true)
    }
}

@Suite(.timeLimit(.minutes(5))) struct StreamingTests {
    @Test func `a client that has gone is noticed at once`() async throws {
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        let routes = Routes(
            .get("/events") { _ in
                .events { writer in
                    defer { ended.yield() }
                    try await writer.send(id: 1, data: "first")
                    try await reactor.sleep(for: .seconds(3600))
                }
            })
        try await serving(routes) { address in
            do {
                let stream = try Linux.Stream(connectingTo: address, reactor)
                try await stream.write(Array("GET /events HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                var bytes: [UInt8] = []
                while !String(decoding: bytes, as: UTF8.self).contains("data: first") {
                    _ = try await stream.read(into: &bytes)
                }
            }
            var iterator = ends.makeAsyncIterator()
            _ = await iterator.next()
        }
    }

    @Test func `a client follows events to their end`() async throws {
        let routes = Routes(
            .get("/events") { request in
                let last = request.headers["last-event-id"] ?? ""
                return .events { writer in
                    for id in 1...3 { try await writer.send(id: Int64(id), data: "\(last)-\(id)") }
                }
            })
        try await serving(routes) { address in
            var data: [String] = []
            try await Client(address, reactor).follow("/events", headers: ["last-event-id": "9"]) {
                data.append($0.data)
            }
            #expect(data == ["9-1", "9-2", "9-3"])
        }
    }

    @Test func `a large file is sent, whole or in part`() async throws {
        var template = Array("/tmp/sprout-file-XXXXXX".utf8CString)
        let descriptor = FileDescriptor(owning: mkstemp(&template))
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        let content = (0..<3 << 20).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var rest = content[...]
        while !rest.isEmpty { rest = rest.dropFirst(try descriptor.write(rest)) }
        let routes = Routes(.get("/file") { .file(try File(path), type: "application/octet-stream", for: $0) })
        try await serving(routes) { address in
            let client = Client(address, reactor)
            let whole = try await client.send("GET", "/file")
            #expect(whole.body == content)
            let part = try await client.send("GET", "/file", headers: ["range": "bytes=1048576-1048579"])
            #expect(part.status == 206)
            #expect(part.headers["content-range"] == "bytes 1048576-1048579/3145728")
            #expect(part.body == Array(content[1_048_576..<1_048_580]))
            #expect(try await client.send("GET", "/file", headers: ["range": "bytes=9999999-"]).status == 416)
            let tag = try #require(whole.headers["etag"])
            #expect(try await client.send("GET", "/file", headers: ["if-none-match": tag]).status == 304)
            let stale: Headers = ["range": "bytes=0-1", "if-range": "\"other\""]
            #expect(try await client.send("GET", "/file", headers: stale).body.count == content.count)
        }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
