/// An address that begins with http:// or https://.
public struct WebURL: Equatable, Sendable, CustomStringConvertible {
    /// Whether all that comes from there comes over TLS.
    public let isEncrypted: Bool
    private let authority: Substring
    private let path: Substring
    private let query: Substring

    public init?(_ text: String) {
        guard text.utf8.allSatisfy({ $0 > 32 && $0 != 127 }), let colon = text.firstIndex(of: ":") else { return nil }
        let (scheme, rest) = (text[..<colon].lowercased(), text[colon...])
        guard scheme == "http" || scheme == "https", rest.hasPrefix("://") else { return nil }
        isEncrypted = scheme == "https"
        let afterScheme = rest.dropFirst(3)
        authority = afterScheme.prefix { !"/?#".contains($0) }
        let target = afterScheme[authority.endIndex...].prefix { $0 != "#" }
        let given = target.prefix { $0 != "?" }
        path = given.isEmpty ? "/" : given
        query = target[given.endIndex...]
        guard !host.isEmpty else { return nil }
    }

    private init(_ other: WebURL, path: Substring, query: Substring = "") {
        (isEncrypted, authority) = (other.isEncrypted, other.authority)
        (self.path, self.query) = (path, query)
    }

    /// All of it: it may hold a password, or a token in its query.
    public var text: String { "\(scheme)\(authority)\(path)\(query)" }

    /// What may be shown to anybody.
    public var description: String { "\(scheme)\(host)\(path)" }

    /// Whether somebody's name, and mostly a password, stands in it.
    public var hasLogin: Bool { authority.contains("@") }

    /// The last part of its path; empty where that is a folder's.
    public var fileName: String { String(path[folder.endIndex...]) }

    /// Another file of the same folder; the folder itself for an empty name.
    public func beside(_ name: String) -> WebURL { WebURL(self, path: folder + name) }

    public func appending(_ suffix: String) -> WebURL { WebURL(self, path: path + suffix) }

    /// What is at another path of the same server, which begins with a slash and may have a query.
    public func at(_ target: String) -> WebURL? {
        guard target.hasPrefix("/"), target.utf8.allSatisfy({ $0 > 32 && $0 != 127 }) else { return nil }
        let target = target.prefix { $0 != "#" }
        let path = target.prefix { $0 != "?" }
        return WebURL(self, path: path, query: target[path.endIndex...])
    }

    private var scheme: String { isEncrypted ? "https://" : "http://" }
    private var folder: Substring { path[..<(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)] }

    /// With its port, and without the name and password of somebody.
    var host: Substring {
        authority[(authority.lastIndex(of: "@").map(authority.index(after:)) ?? authority.startIndex)...]
    }
}
