import HTTP
import Linux

/// Where machines ask: plain HTTP, at whatever URL they were told.
struct MachineDoor: Sendable {
    let reactor: Reactor

    func get(_ url: String, _ headers: Headers) async throws -> Client.Answer {
        let (client, target) = try reach(url)
        return try await client.send("GET", target, headers: headers)
    }

    func head(_ url: String, _ headers: Headers) async throws -> Client.Answer {
        let (client, target) = try reach(url)
        return try await client.send("HEAD", target, headers: headers)
    }

    func post(_ url: String, _ headers: Headers, _ body: [UInt8]) async throws -> Client.Answer {
        let (client, target) = try reach(url)
        return try await client.send("POST", target, headers: headers, body: body)
    }

    /// Loads a file and throws it away, but for its first bytes.
    func load(_ url: String, _ headers: Headers, keeping most: Int) async throws -> Loaded {
        let (client, target) = try reach(url)
        var (kept, size) = ([UInt8](), 0)
        let answer = try await client.download(target, headers: headers) { piece in
            if kept.count < most { kept += piece.prefix(most - kept.count) }
            size += piece.count
        }
        return Loaded(status: answer.status, size: size, beginning: kept)
    }

    struct Loaded: Sendable {
        let status: Int
        let size: Int
        let beginning: [UInt8]
    }

    /// Asks for a file and hangs up in the middle of it.
    func breakOff(_ url: String, _ headers: Headers) async throws {
        struct Enough: Error {}
        let (client, target) = try reach(url)
        do {
            _ = try await client.download(target, headers: headers) { _ in throw Enough() }
        } catch is Enough {}
    }

    private func reach(_ url: String) throws -> (Client, target: String) {
        let scheme = "http://"
        guard url.hasPrefix(scheme) else { throw Unreachable(description: "\(url): only http:// is rehearsed") }
        let rest = url.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let address = Address(authority: authority, defaultPort: 80) else {
            throw Unreachable(description: "\(url) is no URL")
        }
        let target = String(rest.dropFirst(authority.count))
        return (Client(address, reactor), target.hasPrefix("/") ? target : "/" + target)
    }

    /// The URL at which the machines of the Sprout that is asked find it.
    static func base(_ invocation: Invocation) throws -> String {
        guard !invocation.has("--socket") else {
            throw UsageError(
                description: "machines ask over the network: name it with --url, not --socket", verb: invocation.verb)
        }
        if let url = invocation.value("--url") { return whole(url) }
        if let state = invocation.value("--state") { return try kept(in: "\(state)/run/url") }
        if let url = Environment["SPROUT_URL"] { return whole(url) }
        if let state = Environment["SPROUT_STATE"] { return try kept(in: "\(state)/run/url") }
        return Files.exists("/run/sprout/url") ? try kept(in: "/run/sprout/url") : "http://127.0.0.1"
    }

    private static func whole(_ url: String) -> String {
        let text = url.hasPrefix("http://") || url.hasPrefix("https://") ? url : "http://\(url)"
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private static func kept(in file: String) throws -> String {
        guard let line = (try? Files.text(file))?.split(whereSeparator: \.isNewline).first else {
            throw Unreachable(
                description:
                    "\(file) does not say where machines find this Sprout: is it running? Or name it with --url.")
        }
        return whole(String(line))
    }
}
