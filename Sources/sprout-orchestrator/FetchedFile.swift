import Control
import Fetch
import HTTP
import Linux
import Metrics
import Model

/// sprout-fetch, which may reach the Internet and has nothing worth stealing, as the orchestrator asks it.
struct Fetcher: Sendable {
    private let client: Client
    private let reactor: Reactor

    init(socket: String, _ reactor: Reactor) {
        (client, self.reactor) = (Client(.unix(path: socket), reactor), reactor)
    }

    func file(at url: WebURL) -> any RemoteFile { FetchedFile(url, client, reactor) }

    /// What it counts: sprout-web may not ask it, and is told by the orchestrator.
    func measurements() async -> [Measurement] {
        let answer = try? await client.send("GET", "/metrics", timeout: .milliseconds(500))
        let told = answer.flatMap { try? JSON.decode([Measurement].self, from: $0.body) }
        return (told ?? []) + [Measurement(.up, "sprout-fetch", is: told == nil ? 0 : 1)]
    }
}

/// Why something could not be fetched, as a sentence.
struct NotFetched: Error, Equatable, CustomStringConvertible {
    let description: String
    /// Whether the same may well succeed later.
    let isPassing: Bool

    static func changed(_ url: WebURL) -> NotFetched {
        let fact = "it was changed on the server meanwhile. Try again, and it begins anew"
        return NotFetched(description: "\(url) cannot be fetched: \(fact)", isPassing: false)
    }
}

/// A file on a web server, as sprout-fetch gives it.
actor FetchedFile: RemoteFile {
    private let url: WebURL
    private let client: Client
    private let reactor: Reactor
    private var known: Content?
    private var body: Client.Incoming?
    private var position: Int64 = 0

    init(_ url: WebURL, _ client: Client, _ reactor: Reactor) {
        (self.url, self.client, self.reactor) = (url, client, reactor)
    }

    func begin() async throws -> Content {
        if let known { return known }
        return try await connect().content
    }

    func seek(to offset: Int64) {
        guard offset != position else { return }
        (position, body) = (offset, nil)
    }

    func next() async throws -> [UInt8] {
        let body = if let body { body } else { try await connect().body }
        let bytes = try await takingLossAsPassing { try await body.next() }
        position += Int64(bytes.count)
        if bytes.isEmpty, let size = known?.size, position < size {
            throw NotFetched(
                description: "\(url) cannot be fetched: it ended after \(position) of \(size) bytes", isPassing: true)
        }
        return bytes
    }

    private func connect() async throws -> (content: Content, body: Client.Incoming) {
        let incoming = try await takingLossAsPassing { try await ask() }
        let headers = incoming.answer.headers
        guard incoming.answer.status == 200 else {
            let told = try await takingLossAsPassing { try await Self.whole(incoming) }
            let problem = try JSON.decode(ToldProblem.self, from: told)
            throw NotFetched(description: problem.detail, isPassing: incoming.answer.status == 503)
        }
        let content = Content(
            size: headers["x-sprout-size"].flatMap { Int64($0) }, type: headers["content-type"],
            version: headers["x-sprout-version"], place: headers["x-sprout-place"].flatMap { WebURL($0) })
        // Another of several mirrors may send it the next time.
        if let known, known.size != content.size || known.version != content.version {
            throw NotFetched.changed(url)
        }
        (known, body) = (content, incoming)
        return (content, incoming)
    }

    /// While sprout-fetch is started again nobody need know: what is asked of it then waits.
    private func ask() async throws -> Client.Incoming {
        let target = "/content?url=\(Percent.encoded(url.text))&from=\(position)"
        let deadline = Reactor.Deadline.now + .seconds(10)
        while true {
            do {
                // Longer than sprout-fetch itself waits for a server.
                return try await client.receive(target, patience: .seconds(120))
            } catch is CancellationError {
                throw CancellationError()
            } catch  where .now < deadline {
                try await reactor.sleep(for: .milliseconds(100))
            }
        }
    }

    private static func whole(_ incoming: Client.Incoming) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let more = try await incoming.next()
            if more.isEmpty { return bytes }
            bytes += more
        }
    }

    /// That sprout-fetch is away, or goes away, passes: it is started again.
    private func takingLossAsPassing<Value>(_ ask: () async throws -> Value) async throws -> Value {
        do {
            return try await ask()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            body = nil
            throw NotFetched(description: "sprout-fetch does not answer (\(error))", isPassing: true)
        }
    }

    private struct ToldProblem: Decodable { let detail: String }
}
