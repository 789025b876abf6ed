import Fetch
import Linux

/// Where the Sprout is that a command asks, from its options or the environment.
enum SproutAddress {
    case plain(Address)
    case encrypted(WebURL, Fingerprint?)

    init(_ invocation: Invocation) throws {
        let given = ["--state", "--socket", "--url"].filter(invocation.has)
        guard given.count < 2 else {
            throw UsageError(
                description: "\(given.joined(separator: " and ")) exclude each other", verb: invocation.verb)
        }
        let fingerprint = try Self.fingerprint(invocation)
        if let path = invocation.value("--socket") {
            self = .plain(.unix(path: path))
        } else if let url = invocation.value("--url") {
            self = try Self.network(url, fingerprint)
        } else if let state = invocation.value("--state") {
            self = .plain(.unix(path: "\(state)/run/web.sock"))
        } else if let url = Environment["SPROUT_URL"] {
            self = try Self.network(url, fingerprint)
        } else {
            let run = Environment["SPROUT_STATE"].map { "\($0)/run" } ?? "/run/sprout"
            self = .plain(.unix(path: "\(run)/web.sock"))
        }
        guard isRemote || !invocation.has("--fingerprint") else {
            throw UsageError(
                description: "--fingerprint is for --url: a socket shows no certificate", verb: invocation.verb)
        }
    }

    var isRemote: Bool {
        if case .plain(.unix) = self { false } else { true }
    }

    func door(_ reactor: Reactor) throws -> any Door {
        switch self {
        case .plain(let address): PlainDoor(address, reactor)
        case .encrypted(let url, let fingerprint): try EncryptedDoor(url, fingerprint)
        }
    }

    private static func network(_ url: String, _ fingerprint: Fingerprint?) throws -> SproutAddress {
        if let url = WebURL(url), url.isEncrypted { return .encrypted(url, fingerprint) }
        let text = url.hasPrefix("http://") ? String(url.dropFirst(7)) : url
        let authority = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        guard let address = Address(authority: authority, defaultPort: 80) else {
            throw UsageError(description: "\"\(url)\" is no URL; write http:// or https://, and HOST or HOST:PORT")
        }
        guard fingerprint == nil else {
            throw UsageError(
                description: "\(url) shows no certificate, which a fingerprint is given for: write https://")
        }
        return .plain(address)
    }

    private static func fingerprint(_ invocation: Invocation) throws -> Fingerprint? {
        guard let text = invocation.value("--fingerprint") ?? Environment["SPROUT_FINGERPRINT"] else { return nil }
        guard let fingerprint = Fingerprint(text) else {
            throw UsageError(
                description:
                    "\"\(text)\" is no fingerprint: it is 32 pairs of hexadecimal digits, as `sprout tls show` says",
                verb: invocation.verb)
        }
        return fingerprint
    }
}
