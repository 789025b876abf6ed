import Control
import HTTP
import Linux
import Model

/// The Sprout that a command asks.
struct API: Sendable {
    private let door: any Door
    private let reactor: Reactor
    /// What is shown to a Sprout that is asked over the network; its own socket asks for nothing.
    private let token: String?

    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
    }

    init(_ invocation: Invocation) throws {
        reactor = invocation.reactor
        let address = try SproutAddress(invocation)
        door = try address.door(reactor)
        token = address.isRemote ? try Self.token(invocation) : nil
    }

    private static func token(_ invocation: Invocation) throws -> String? {
        guard let path = invocation.value("--token-file") else { return Environment["SPROUT_TOKEN"] }
        do throws(Errno) {
            return try Files.text(path).filter { !$0.isWhitespace }
        } catch {
            throw Failure(description: "\(path): \(error); it is to hold a token of `sprout tokens create`")
        }
    }

    private func headers(_ others: Headers) -> Headers {
        var headers = others
        headers["authorization"] = token.map { "Bearer \($0)" }
        return headers
    }

    /// The answer as a value, and as it came.
    ///
    /// Swift 6.3.1 crashes where it inlines this: it does not split what comes of it.
    @inline(never)
    func get<Value: Decodable>(_ path: String, as type: Value.Type) async throws -> (value: Value, json: String) {
        let answer = try await send("GET", path)
        return (try JSON.decode(type, from: answer.body), String(decoding: answer.body, as: UTF8.self))
    }

    /// All hosts that a filter lets through, page by page; it begins with an ampersand, if there is one.
    func hosts(_ filter: String = "") async throws -> [Host] {
        var hosts: [Host] = []
        var next: String? = ""
        while let after = next {
            let page = try await get(
                "/api/hosts?limit=1000&after=\(Percent.encoded(after))\(filter)", as: HostPage.self
            ).value
            hosts += page.hosts
            next = page.next
        }
        return hosts
    }

    /// Sends a request; a problem in the answer is thrown in its own words.
    ///
    /// Each command has an id of its own, so that repeating it over a connection that broke does nothing twice.
    @discardableResult
    func send(
        _ method: String, _ path: String, body: [UInt8] = [], type: String = "application/json"
    ) async throws -> Answer {
        let headers = headers(["x-request-id": Self.newRequestID(), "content-type": type])
        let deadline = Reactor.Deadline.now + .seconds(10)
        while true {
            do {
                let answer = try await door.send(method, path, headers, body)
                if answer.status < 400 { return answer }
                let problem = try? JSON.decode(ReceivedProblem.self, from: answer.body)
                throw Failure(description: problem?.sentence ?? "the answer is \(answer.status)")
            } catch let error as Broken {
                guard Reactor.Deadline.now < deadline else { throw Unreachable(description: "\(error)") }
                try await reactor.sleep(for: .milliseconds(100))
            }
        }
    }

    /// Follows the events for ever, over every restart of the other side, of which `remark` is told.
    func follow(
        _ path: String = "/events", after first: Int64?,
        remark: (String) async -> Void = { Terminal.complain($0) },
        _ take: (ServerSentEvent) async throws -> Void
    ) async throws {
        var last = first
        var hasAnswered = false
        while true {
            do {
                let point: Headers = last.map { ["last-event-id": String($0)] } ?? [:]
                try await door.follow(path, headers(point)) { event in
                    hasAnswered = true
                    if let id = event.id.flatMap({ Int64($0) }) { last = id }
                    try await take(event)
                }
            } catch let error as Unreachable where hasAnswered {
                await remark("(\(error) Trying again.)")
            } catch let error as Broken {
                await remark("(\(error); trying again)")
            }
            try await reactor.sleep(for: .seconds(1))
        }
    }

    private static func newRequestID() -> String {
        String(UInt64.random(in: 0...UInt64.max), radix: 16) + String(UInt64.random(in: 0...UInt64.max), radix: 16)
    }
}

/// What Sprout says against a request.
struct ReceivedProblem: Decodable {
    let detail: String
    let field: String?

    /// With the field that is wrong, unless the sentence names it.
    var sentence: String {
        guard let field, !detail.contains(field) else { return detail }
        return "\(detail) (field: \(field))"
    }
}
