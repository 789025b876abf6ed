import Fetch
import HTTP
import Linux

/// The way to a Sprout: through a socket, in plain text, or over TLS.
protocol Door: Sendable {
    /// Throws `Unreachable` where nobody answers, and `Broken` where the connection ended before the answer did.
    func send(_ method: String, _ path: String, _ headers: Headers, _ body: [UInt8]) async throws -> API.Answer

    /// Takes the events of a stream until it ends.
    func follow(_ path: String, _ headers: Headers, _ take: (ServerSentEvent) async throws -> Void) async throws
}

/// The same may be asked again at once.
struct Broken: Error, CustomStringConvertible {
    let description: String
}

struct PlainDoor: Door {
    private let client: Client

    init(_ address: Address, _ reactor: Reactor) {
        client = Client(address, reactor)
    }

    func send(_ method: String, _ path: String, _ headers: Headers, _ body: [UInt8]) async throws -> API.Answer {
        try await telling {
            let answer = try await client.send(method, path, headers: headers, body: body)
            return API.Answer(status: answer.status, body: answer.body)
        }
    }

    func follow(_ path: String, _ headers: Headers, _ take: (ServerSentEvent) async throws -> Void) async throws {
        try await telling { try await client.follow(path, headers: headers, take) }
    }

    private func telling<Value>(_ ask: () async throws -> Value) async throws -> Value {
        do {
            return try await ask()
        } catch let error as Client.Incomplete {
            throw Broken(description: "\(error)")
        } catch let error as Errno where [.connectionReset, .brokenPipe, .timedOut].contains(error) {
            throw Broken(description: sentence(error))
        } catch let error as Errno {
            throw Unreachable(description: sentence(error))
        }
    }

    private func sentence(_ error: Errno) -> String {
        switch error {
        case .noSuchFile, .connectionRefused:
            "no Sprout answers at \(client.address). Is it running?"
                + " A `sprout up --state DIR` is asked with --state DIR."
        case Errno(rawValue: 13):
            "\(client.address): \(error). Use sudo, or become a member of the group sprout."
        default: "\(client.address): \(error)"
        }
    }
}

/// Who is asked over TLS is sent nothing before its certificate is known: a token would be worth something to others.
struct EncryptedDoor: Door {
    private let url: WebURL
    /// What the Sprout is known by; without it an authority has to vouch for it.
    private let known: Fingerprint?
    private let worker: Worker

    init(_ url: WebURL, _ known: Fingerprint?) throws {
        (self.url, self.known, worker) = (url, known, try Worker())
    }

    func send(_ method: String, _ path: String, _ headers: Headers, _ body: [UInt8]) async throws -> API.Answer {
        var request = try request(method, path, headers)
        if !body.isEmpty { request.body = body }
        let exchange = Exchange(request, worker)
        var answer: [UInt8] = []
        // Whoever checks a whole image answers late.
        while case let bytes = try await next(exchange, within: .seconds(60)), !bytes.isEmpty { answer += bytes }
        return API.Answer(status: await exchange.status, body: answer)
    }

    func follow(_ path: String, _ headers: Headers, _ take: (ServerSentEvent) async throws -> Void) async throws {
        let exchange = Exchange(try request("GET", path, headers), worker)
        var parser = ServerSentEventParser()
        // A Sprout says something every 15 seconds.
        while case let bytes = try await next(exchange, within: .seconds(45)), !bytes.isEmpty {
            let status = await exchange.status
            guard status == 200 else { throw Failure(description: "\(place) answers \(status)") }
            for event in try parser.parse(bytes) { try await take(event) }
        }
    }

    private func next(_ exchange: Exchange, within patience: Duration) async throws -> [UInt8] {
        do throws(ExchangeFailed) {
            return try await exchange.next(within: patience)
        } catch {
            throw await told(error)
        }
    }

    private func request(_ method: String, _ path: String, _ headers: Headers) throws -> Exchange.Request {
        guard let target = url.at(path), let method = Exchange.Request.Method(rawValue: method) else {
            throw Failure(description: "\(place) cannot be asked for \(path)")
        }
        var request = Exchange.Request(method, target)
        request.fields = headers.fields.map { ($0.name, $0.value) }
        request.trust = known.map { .certificate($0) } ?? .authorities
        request.isDirect = true
        return request
    }

    private func told(_ failed: ExchangeFailed) async -> any Error {
        if let known, let shown = failed.changedCertificate {
            return Failure(
                description: """
                    \(place) is not known by the certificate that it shows, so nothing was sent to it.
                      it shows   \(shown)
                      you trust  \(known)
                    On the box, `sprout tls show` says which it is to show, and `sprout events list --kind \
                    certificate.changed` since when.
                    """)
        }
        if failed.isUntrusted, let shown = await shown() {
            return Failure(
                description: """
                    \(place): \(failed.fact), so nothing was sent to it.
                    Compare what it shows with what `sprout tls show` says on the box; if they are the same, pass it on:
                      --fingerprint \(shown)
                    or as SPROUT_FINGERPRINT in the environment.
                    """)
        }
        guard failed.isPassing, failed.hasConnected else {
            return Unreachable(description: "no Sprout answers at \(place): \(failed.fact). \(failed.remedy).")
        }
        return Broken(description: "\(failed)")
    }

    /// The certificate of whoever answers: asked without a token, for what everybody may know.
    private func shown() async -> Fingerprint? {
        guard var request = try? request("GET", "/health", [:]) else { return nil }
        request.trust = .certificate(nil)
        return try? await Exchange(request, worker).reply().certificate
    }

    private var place: String { "\(url.at("/") ?? url)".dropLast().description }
}
