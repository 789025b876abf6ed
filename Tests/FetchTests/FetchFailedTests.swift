import HTTP
import Linux
import Serving
import Testing

@testable import Fetch

@Suite(.timeLimit(.minutes(5))) struct FetchFailedTests {
    /// Why this cannot be fetched from a server that answers what its path says.
    private func failure(_ path: String, _ patience: Patience = Patience(pause: .zero)) async throws -> String {
        let failures = Notes<String>()
        try await serving(Self.routes) { place in
            let download = try place.download(path, patience)
            let failed = await #expect(throws: FetchFailed.self) { try await place.content(of: download) }
            failures.add(failed.map { "\($0)" }?.replacing(":\(place.port)", with: "") ?? "")
        }
        return await failures.all().joined()
    }

    static let routes = Routes(
        .get("/status/:code") { Response(status: Int($0.parameters["code"] ?? "") ?? 500) },
        .get("/to/:count") { request in
            let count = Int(request.parameters["count"] ?? "") ?? 0
            return Response(status: 302, headers: ["location": count > 1 ? "/to/\(count - 1)" : "/end"])
        },
        .get("/end") { _ in .text("the end") },
        .get("/elsewhere") { _ in Response(status: 302, headers: ["location": "file:///etc/hostname"]) },
        .get("/silent") { _ in
            Response(
                status: 200, headers: ["content-length": "2"],
                body: .stream {
                    try await $0.write([1])
                    try await reactor.sleep(for: .seconds(3600))
                })
        })

    static let statuses = [
        (404, "the server has no such file (404). Look for it in http://127.0.0.1/status/."),
        (403, "the server refuses it (403). Find out whether it needs a login or a subscription."),
        (503, "the server fails (503). Try again later."), (418, "the server answers 418. Look at it with a browser."),
    ]

    @Test(arguments: statuses)
    func `an error of the server's is told with a remedy`(status: Int, words: String) async throws {
        let said = try await failure("/status/\(status)")
        #expect(said == "http://127.0.0.1/status/\(status) cannot be fetched: \(words)")
    }

    @Test func `five redirects are followed, a sixth is not, nor one to another protocol`() async throws {
        try await serving(Self.routes) { place in
            let content = try await place.content(at: "/to/5")
            #expect(content == Array("the end".utf8))
        }
        #expect(
            try await failure("/to/6").contains("it is redirected more than 5 times. Give the address where it ends."))
        #expect(try await failure("/elsewhere").contains("it is redirected to what is not followed ("))
    }

    @Test func `a server that falls silent is not waited for without end`() async throws {
        let said = try await failure("/silent", Patience(stall: .seconds(1)))
        #expect(said.hasSuffix("nothing arrived for 1 s. Try again, and it goes on where it stopped."))
    }

    @Test func `a host that is not there is told by its name`() async throws {
        let url = try #require(WebURL("http://nowhere.invalid/x.iso"))
        // A network may have a name server that says so, one that never answers, or none.
        let download = Download(url, try Worker(), reactor, Patience(connect: .seconds(3)))
        let failed = await #expect(throws: FetchFailed.self) { try await download.begin() }
        #expect(failed?.fact == "there is no host nowhere.invalid, or no name server answers")
    }

    @Test func `a port where nobody listens is told at once`() async throws {
        let url = try #require(WebURL("http://127.0.0.1:1/x.iso"))
        let download = Download(url, try Worker(), reactor)
        let failed = await #expect(throws: FetchFailed.self) { try await download.begin() }
        #expect(failed?.fact.hasPrefix("nobody answers there (") == true)
    }
}
