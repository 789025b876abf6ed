import HTTP
import Linux
import Serving
import Testing

@testable import Fetch

private let whole = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 5) }
private let type = "application/octet-stream"

@Suite(.timeLimit(.minutes(5))) struct DownloadTests {
    @Test func `it says how large it is, and gives its bytes to the last`() async throws {
        let routes = Routes(.get("/x") { .bytes(whole, tag: "a", type: type, for: $0) })
        try await serving(routes) { place in
            let download = try place.download("/x")
            let answer = try await download.begin()
            #expect((answer.size, answer.version, answer.type) == (3_000_000, "\"a\"", type))
            #expect(try await place.content(of: download) == whole)
            #expect(try await download.next() == [])
            #expect(await place.remarks.all() == [])
        }
    }

    @Test func `it begins at any byte`() async throws {
        let routes = Routes(.get("/x") { .bytes(whole, tag: "a", type: type, for: $0) })
        try await serving(routes) { place in
            let download = try place.download("/x")
            _ = try await download.begin()
            await download.seek(to: 2_999_000)
            #expect(try await place.content(of: download) == Array(whole[2_999_000...]))
        }
    }

    @Test func `a connection that breaks is gone on with where it broke`() async throws {
        let (visits, asked) = (Visits(), Notes<String>())
        let routes = Routes(
            .get("/x") { request in
                asked.add("\(request.headers["range"] ?? "all") \(request.headers["if-range"] ?? "")")
                if await visits.next() == 1 { return .broken(whole, after: 1_000_000, tag: "\"a\"") }
                return .bytes(whole, tag: "a", type: type, for: request)
            })
        try await serving(routes) { place in
            let content = try await place.content(at: "/x")
            #expect(content == whole)
            #expect(await asked.all() == ["all ", "bytes=1000000- \"a\""])
            let remarks = await place.remarks.all()
            #expect(remarks.count == 1 && remarks.allSatisfy { $0.contains("the connection broke (") })
            #expect(remarks.first?.hasSuffix("Going on at 1 MB.") == true)
        }
    }

    @Test func `a server that cannot begin in the middle sends it once more, and nothing comes twice`() async throws {
        let visits = Visits()
        let routes = Routes(
            .get("/x") { _ in await visits.next() == 1 ? .broken(whole, after: 2_000_000) : .whole(whole) })
        try await serving(routes) { place in
            let content = try await place.content(at: "/x")
            #expect(content == whole)
            let last = await place.remarks.all().last
            #expect(last?.hasSuffix("the server cannot begin in the middle: 2 MB are fetched once more.") == true)
        }
    }

    static let others: [@Sendable (Request) -> Response] = [
        { .bytes(whole, tag: "b", type: type, for: $0) }, { _ in .whole(whole, tag: "\"b\"") },
        { _ in .whole(Array(whole.dropLast()), tag: "\"a\"") }, { _ in Response(status: 416) },
    ]

    @Test(arguments: others.indices)
    func `what was changed meanwhile is not put together with what it was`(index: Int) async throws {
        let visits = Visits()
        let routes = Routes(
            .get("/x") { request in
                await visits.next() == 1
                    ? .broken(whole, after: 1_000_000, tag: "\"a\"") : Self.others[index](request)
            })
        try await serving(routes) { place in
            let download = try place.download("/x")
            let failed = await #expect(throws: FetchFailed.self) { try await place.content(of: download) }
            #expect(failed?.fact == "it was changed on the server meanwhile")
        }
    }

    @Test func `a server that always breaks is given up, one that gets on is not`() async throws {
        let routes = Routes(
            .get("/stuck") { _ in .broken(whole, after: 1_000_000) },
            .get("/slow") { request in
                let start = request.headers["range"].flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
                return Response(
                    status: start == 0 ? 200 : 206,
                    headers: [
                        "content-length": "\(whole.count - start)", "etag": "\"a\"",
                        "content-range": "bytes \(start)-\(whole.count - 1)/\(whole.count)",
                    ], body: .stream { try await $0.write(Array(whole[start...].prefix(200_000))) })
            })
        try await serving(routes) { place in
            let stuck = try place.download("/stuck", Patience(pause: .zero, tries: 3))
            let failed = await #expect(throws: FetchFailed.self) { try await place.content(of: stuck) }
            #expect(failed?.description.contains("Try again, and it goes on where it stopped.") == true)
            let content = try await place.content(at: "/slow", Patience(pause: .zero, tries: 1))
            #expect(content == whole)
        }
    }

    @Test func `no more is fetched than is taken, and what fits on the way`() async throws {
        let sent = Visits()
        let routes = Routes(
            .get("/x") { _ in
                Response(
                    status: 200, headers: ["content-length": "400000000"],
                    body: .stream { writer in
                        let megabyte = [UInt8](repeating: 7, count: 1_000_000)
                        for _ in 0..<400 {
                            _ = await sent.next()
                            try await writer.write(megabyte)
                        }
                    })
            })
        try await serving(routes) { place in
            let download = try place.download("/x")
            var taken = 0
            while taken < 40_000_000 {
                let count = try await download.next().count
                #expect(count <= 2_000_000)
                taken += count
            }
            #expect(await sent.next() < 100)
        }
    }

    @Test func `who waits for bytes can be cancelled`() async throws {
        let routes = Routes(
            .get("/x") { _ in
                Response(
                    status: 200, headers: ["content-length": "2"],
                    body: .stream {
                        try await $0.write([1])
                        try await reactor.sleep(for: .seconds(3600))
                    })
            })
        try await serving(routes) { place in
            let download = try place.download("/x")
            #expect(try await download.next() == [1])
            try await withThrowingTaskGroup { group in
                group.addTask { await #expect(throws: CancellationError.self) { try await download.next() } }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }
}
