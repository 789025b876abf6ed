public import Fetch
public import Linux

/// Somewhere outside that is told things: how it is reached, and what it is shown so that it listens.
public struct Outlet: Sendable {
    public let url: WebURL
    /// The text of the secret, and the name under which it is stored.
    let secret: String?
    let secretName: String
    let trust: Exchange.Trust
    /// Whether its path is told to nobody: for some it is all that keeps strangers out.
    let hidesPath: Bool
    let worker: Worker

    /// A certificate that nobody vouches for is known by its `fingerprint`.
    public init(
        _ url: WebURL, secret: String?, named secretName: String, fingerprint: Fingerprint?, hidesPath: Bool = false,
        _ worker: Worker
    ) {
        (self.url, self.secret, self.secretName, self.worker) = (url, secret, secretName, worker)
        self.hidesPath = hidesPath
        trust = fingerprint.map { .certificate($0) } ?? .authorities
    }

    /// Its answer, whatever it is; where there is none, why.
    func reply(to request: Exchange.Request) async throws(NotTold) -> Exchange.Reply {
        var request = request
        request.trust = trust
        // What is on this network is not reached by a proxy.
        request.isDirect = true
        request.limit = Self.patience
        do throws(ExchangeFailed) {
            return try await Exchange(request, worker).reply()
        } catch {
            throw NotTold("\(shown(error.url)) gives no answer: \(error.fact). \(error.remedy).")
        }
    }

    private static let patience = Duration.seconds(15)

    private func shown(_ url: WebURL) -> String {
        let server = url.at("/").map { "\($0)".dropLast() }
        return hidesPath ? String(server ?? "It") : "\(url)"
    }

    /// Why what it answered is no success, with its own words.
    func refusal(_ reply: Exchange.Reply, to request: Exchange.Request) -> NotTold {
        let remedy: String
        switch reply.status {
        case 401, 403:
            remedy =
                secret == nil
                ? "Store what it wants to be shown with: sprout secrets set \(secretName)"
                : "Store the right secret with: sprout secrets set \(secretName)"
        case 300...399: remedy = "Write the address where it ends into provisioning.yaml"
        case 404, 410: remedy = "Correct its address in provisioning.yaml"
        case 429, 500...: remedy = "It is tried again"
        default: remedy = "Correct what it complains of"
        }
        let words = hidden(String(decoding: reply.body.prefix(2000), as: UTF8.self))
        let quoted = words.isEmpty ? "" : ", and says: \(words)"
        return NotTold("\(shown(request.url)) answers \(reply.status)\(quoted). \(remedy).")
    }

    /// What it says, without what it may have quoted of the secret, on one line that controls no terminal.
    func hidden(_ words: String) -> String {
        var text = words
        if let secret, secret.utf8.count > 2 { text = text.replacing(secret, with: "…") }
        let harmless = text.unicodeScalars.prefix(300).map { scalar -> Unicode.Scalar in
            scalar.properties.generalCategory == .control ? " " : scalar
        }
        return String(String.UnicodeScalarView(harmless)).split(separator: " ").joined(separator: " ")
    }
}

/// Why somebody could not be told something, and what to do, as sentences; nothing secret is in them.
public struct NotTold: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
