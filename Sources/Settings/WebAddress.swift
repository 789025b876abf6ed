/// An http or https URL without user name, password and fragment.
public struct WebAddress: Equatable, Sendable, CustomStringConvertible {
    public enum Scheme: String, CaseIterable, Sendable { case http, https }

    public let scheme: Scheme
    /// A name or an address; an IPv6 address without its brackets.
    public let host: String
    /// The port, where it is not the scheme's own.
    public let port: UInt16?
    /// Path and query: empty, or beginning with a slash or a question mark.
    public let target: String

    public init?(_ text: String) {
        guard text.utf8.count <= 2000, text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        let scheme = Scheme.allCases.first { text.lowercased().hasPrefix("\($0.rawValue)://") }
        guard let scheme else { return nil }
        let rest = text.dropFirst(scheme.rawValue.count + 3)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let (host, port) = Self.split(authority), HostName.isValid(host) else { return nil }
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port
        let target = String(rest.dropFirst(authority.count))
        self.target = target == "/" ? "" : target
    }

    /// The URL up to the path.
    public var origin: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(scheme.rawValue)://\(name)" + (port.map { ":\($0)" } ?? "")
    }

    public var hasQuery: Bool { target.contains("?") }

    public var description: String { origin + target }

    private static func split(_ authority: Substring) -> (host: Substring, port: UInt16?)? {
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let host = authority[..<end].dropFirst()
            guard HostName.isIPv6(host) else { return nil }
            return port(authority[end...].dropFirst()).map { (host, $0) }
        }
        let host = authority.prefix { $0 != ":" }
        return port(authority.dropFirst(host.count)).map { (host, $0) }
    }

    /// What follows the host: nothing, or a colon and a port; the outer nil is anything else.
    private static func port(_ text: Substring) -> UInt16?? {
        if text.isEmpty { return .some(nil) }
        guard text.first == ":", let number = Decimal.read(text.dropFirst(), upTo: 65535) else { return nil }
        return number == 0 ? nil : .some(UInt16(number))
    }

    /// The characters of a URL (RFC 3986), but not `#` and `@`.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._~:/?[]!$&'()*+,;=%".utf8.contains(byte)
        }
    }
}
