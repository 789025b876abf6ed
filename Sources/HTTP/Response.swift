public import Linux

/// What a handler answers.
public struct Response: Sendable {
    public var status: Int
    /// The words after the status, where its own are not enough.
    public var reason: String?
    public var headers: Headers
    public var body: Body

    public enum Body: Sendable {
        case bytes([UInt8])
        case file(File, Range<Int>)
        /// A stream that ends when its writer returns, or at once when the client has gone.
        case stream(@Sendable (ResponseWriter) async throws -> Void)
    }

    public init(status: Int, reason: String? = nil, headers: Headers = [:], body: Body = .bytes([])) {
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body
    }

    public static func text(_ text: String, status: Int = 200) -> Response { content(text, "text/plain", status) }
    public static func html(_ text: String, status: Int = 200) -> Response { content(text, "text/html", status) }

    public static func json(_ bytes: [UInt8], status: Int = 200) -> Response {
        Response(status: status, headers: ["content-type": "application/json"], body: .bytes(bytes))
    }

    /// Sends a browser that posted a form to a page it may reload.
    public static func redirect(to path: String) -> Response { Response(status: 303, headers: ["location": path]) }

    /// A file, or the part of it that the request's Range asks for.
    public static func file(_ file: File, type: String, for request: Request) -> Response {
        let tag = "\"\(String(file.modified, radix: 36))-\(String(file.size, radix: 36))\""
        return partial(size: file.size, tag: tag, type: type, for: request) { .file(file, $0) }
    }

    /// Bytes that never change under their tag, or the part of them that the request's Range asks for.
    public static func bytes(_ bytes: [UInt8], tag: String, type: String, for request: Request) -> Response {
        partial(size: bytes.count, tag: "\"\(tag)\"", type: type, for: request) { .bytes(Array(bytes[$0])) }
    }

    /// The range requests of RFC 9110 section 14.
    private static func partial(
        size: Int, tag: String, type: String, for request: Request, _ body: (Range<Int>) -> Body
    ) -> Response {
        let headers: Headers = ["content-type": type, "etag": tag, "accept-ranges": "bytes"]
        if request.headers["if-none-match"] == tag { return Response(status: 304, headers: headers) }
        let isStale = request.headers["if-range"].map { $0 != tag } ?? false
        guard let text = request.headers["range"], !isStale, let wish = ByteRange(text) else {
            return Response(status: 200, headers: headers, body: body(0..<size))
        }
        guard let range = wish.range(in: size) else {
            return Response(status: 416, headers: ["content-range": "bytes */\(size)"])
        }
        var partial = Response(status: 206, headers: headers, body: body(range))
        partial.headers["content-range"] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
        return partial
    }

    public mutating func add(_ more: Headers) {
        for field in more.fields { headers[field.name] = field.value }
    }

    /// Server-Sent Events.
    public static func events(_ write: @escaping @Sendable (ResponseWriter) async throws -> Void) -> Response {
        let headers: Headers = [
            "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no",
        ]
        return Response(status: 200, headers: headers, body: .stream(write))
    }

    private static func content(_ text: String, _ type: String, _ status: Int) -> Response {
        Response(status: status, headers: ["content-type": "\(type); charset=utf-8"], body: .bytes(Array(text.utf8)))
    }

    /// The head as it goes over the wire; `length` is nil for a stream, which ends with the connection.
    func head(length: Int?, keepAlive: Bool) -> [UInt8] {
        let reason = reason.map(Headers.harmless) ?? Self.reasons[status] ?? "Status"
        var text = "HTTP/1.1 \(status) \(reason)\r\n"
        for field in headers.fields { text += "\(field.name): \(field.value)\r\n" }
        if let length, status != 304 { text += "content-length: \(length)\r\n" }
        text += keepAlive ? "\r\n" : "connection: close\r\n\r\n"
        return Array(text.utf8)
    }

    static let reasons = [
        200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content", 303: "See Other",
        304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed",
        408: "Request Timeout", 409: "Conflict", 412: "Precondition Failed", 413: "Content Too Large",
        414: "URI Too Long",
        415: "Unsupported Media Type", 416: "Range Not Satisfiable", 422: "Unprocessable Content",
        429: "Too Many Requests", 431: "Request Header Fields Too Large", 500: "Internal Server Error",
        501: "Not Implemented",
        502: "Bad Gateway", 503: "Service Unavailable", 505: "HTTP Version Not Supported",
        507: "Insufficient Storage",
    ]
}

/// One `bytes=` range of a Range field; several ranges, or another unit, are answered with the whole file.
struct ByteRange: Equatable {
    let first: Int?
    let last: Int?

    init?(_ text: String) {
        guard text.hasPrefix("bytes=") else { return nil }
        let ends = text.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard ends.count == 2, ends.contains(where: { !$0.isEmpty }) else { return nil }
        guard ends.allSatisfy({ $0.utf8.count <= 15 && $0.utf8.allSatisfy(HeadParser.isDigit) }) else { return nil }
        (first, last) = (Int(ends[0]), Int(ends[1]))
        if let first, let last, last < first { return nil }
    }

    /// The range within a file, or nil when the file has no such bytes.
    func range(in size: Int) -> Range<Int>? {
        guard let first else {
            guard let last, last > 0, size > 0 else { return nil }
            return max(0, size - last)..<size
        }
        guard first < size else { return nil }
        return first..<min(size, (last ?? size - 1) + 1)
    }
}

/// An error told as RFC 9457 says, naming the field it is about where there is one.
public struct Problem: Error, Equatable, Sendable, CustomStringConvertible {
    public var status: Int
    public var detail: String
    public var field: String?
    /// What the answer says besides, such as when to try again.
    public var headers: Headers

    public init(_ status: Int, _ detail: String, field: String? = nil, headers: Headers = [:]) {
        self.status = status
        self.detail = detail
        self.field = field
        self.headers = headers
    }

    public var description: String { detail }

    public var response: Response {
        var json = "{\"status\":\(status),\"title\":\(JSONText.quoted(Response.reasons[status] ?? "Error"))"
        json += ",\"detail\":\(JSONText.quoted(detail))"
        if let field { json += ",\"field\":\(JSONText.quoted(field))" }
        var response = Response(
            status: status, headers: ["content-type": "application/problem+json"],
            body: .bytes(Array((json + "}").utf8)))
        response.add(headers)
        return response
    }
}

/// The one piece of JSON that needs no encoder: a string (RFC 8259 section 7).
public enum JSONText {
    public static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 32 || scalar.value == 0x2028 || scalar.value == 0x2029:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
