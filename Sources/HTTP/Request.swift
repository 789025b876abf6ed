public import Linux

/// A request as a handler sees it: parsed, its path decoded, its body complete.
public struct Request: Sendable {
    public var method: String
    /// The path and the query as they were sent.
    public var target: String
    /// The path as it was sent, and its decoded parts.
    public var path: String
    public var segments: [String]
    public var query: [String: String]
    public var headers: Headers
    public var body: [UInt8] = []
    /// What a route's pattern named: `/hosts/:id` gives `id`.
    public var parameters: [String: String] = [:]
    /// The process that sent it over a Unix socket.
    public var peer: Stream.Peer?

    public init(_ method: String, _ target: String, headers: Headers = [:], body: [UInt8] = []) throws(Refusal) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.method = method
        self.target = target
        self.path = String(parts[0])
        self.segments = try Percent.segments(parts[0])
        self.query = parts.count > 1 ? try Percent.form(parts[1]) : [:]
        self.headers = headers
        self.body = body
    }

    /// The id under which the journal, the events and the response know this request.
    public var id: String? {
        guard let id = headers["x-request-id"], (1...64).contains(id.utf8.count),
            id.utf8.allSatisfy(HeadParser.isTokenCharacter)
        else { return nil }
        return id
    }
}

extension Request {
    /// What follows a parsed head.
    struct Framing: Equatable {
        let headLength: Int
        let bodyLength: Int
        let keepAlive: Bool
    }

    /// Parses a head (RFC 9112 sections 3 and 5); nil when it is not complete yet.
    static func parse(
        _ bytes: Span<UInt8>, limits: Limits
    ) throws(Refusal) -> (request: Request, framing: Framing)? {
        guard let (lines, length) = try HeadParser.lines(of: bytes, limits: limits) else { return nil }
        guard let first = lines.first else { throw Refusal(400, "The request line is empty.") }
        let (method, target, minor) = try requestLine(bytes, first, limits)
        let headers = try HeadParser.headers(of: bytes, lines.dropFirst())
        guard headers["transfer-encoding"] == nil else {
            throw Refusal(501, "Transfer-Encoding is not supported: send Content-Length.")
        }
        guard headers.all("host").count == 1 || (minor == 0 && headers["host"] == nil) else {
            throw Refusal(400, "A request has exactly one Host field.")
        }
        let bodyLength = try HeadParser.contentLength(headers) ?? 0
        guard bodyLength <= limits.body else {
            throw Refusal(413, "The body has \(bodyLength) bytes; \(limits.body) are allowed.")
        }
        let request = try Request(method, target, headers: headers)
        let wishes = headers["connection"]?.lowercased() ?? ""
        let keepAlive = minor == 0 ? wishes == "keep-alive" : wishes != "close"
        return (request, Framing(headLength: length, bodyLength: bodyLength, keepAlive: keepAlive))
    }

    private static func requestLine(
        _ bytes: Span<UInt8>, _ line: Range<Int>, _ limits: Limits
    ) throws(Refusal) -> (method: String, target: String, minor: Int) {
        let spaces = line.filter { bytes[$0] == UInt8(ascii: " ") }
        guard spaces.count == 2 else { throw Refusal(400, "The request line is not: method, target, version.") }
        let method = line.lowerBound..<spaces[0]
        let target = spaces[0] + 1..<spaces[1]
        guard (1...16).contains(method.count), method.allSatisfy({ HeadParser.isTokenCharacter(bytes[$0]) }) else {
            throw Refusal(400, "The method is not a token.")
        }
        guard target.count <= limits.target else {
            throw Refusal(414, "The target is longer than \(limits.target) bytes.")
        }
        guard let slash = target.first, bytes[slash] == UInt8(ascii: "/"),
            target.allSatisfy({ (0x21...0x7E).contains(bytes[$0]) && bytes[$0] != UInt8(ascii: "#") })
        else { throw Refusal(400, "The target is not a path.") }
        let version = HeadParser.text(bytes, spaces[1] + 1..<line.upperBound)
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw Refusal(version.hasPrefix("HTTP/") ? 505 : 400, "The version is not HTTP/1.1.")
        }
        return (HeadParser.text(bytes, method), HeadParser.text(bytes, target), version.hasSuffix("1") ? 1 : 0)
    }
}
