import Control
import HTTP
import Model

/// A cookie that no script reads, and no other site's request brings.
struct GuardedCookie {
    private let name: String

    static let session = GuardedCookie(name: "sprout-session")
    /// Holds the token of a wall's link.
    static let wall = GuardedCookie(name: "sprout-wall")

    func value(in request: Request) -> String? {
        let prefix = name(for: request) + "="
        for header in request.headers.all("cookie") {
            for pair in header.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                if pair.hasPrefix(prefix) { return String(pair.dropFirst(prefix.count)) }
            }
        }
        return nil
    }

    func set(_ value: String, until end: Timestamp, for request: Request) -> String {
        text(value, seconds: Elapsed.seconds(between: .now(), end), request)
    }

    func clear(for request: Request) -> String { text("", seconds: 0, request) }

    /// Over TLS by a name that browsers take from nobody who speaks without it.
    private func name(for request: Request) -> String { request.isOverTLS ? "__Host-\(name)" : name }

    private func text(_ value: String, seconds: Int, _ request: Request) -> String {
        "\(name(for: request))=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Lax"
            + (request.isOverTLS ? "; Secure" : "")
    }
}
