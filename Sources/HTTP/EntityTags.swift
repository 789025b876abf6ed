/// What If-Match and If-None-Match list (RFC 9110 section 8.8.3).
public enum EntityTags {
    /// The tags without their quotes that compare strongly; nil is `*`, which any state of the thing matches.
    public static func strong(_ field: String) -> [String]? {
        guard field != "*" else { return nil }
        return list(field).filter { !$0.hasPrefix("W/") }.map { $0.filter { $0 != "\"" } }
    }

    /// A tag that was made weak on its way is the same for a cache: nginx does that when it compresses.
    static func matchesWeakly(_ field: String, _ tag: String) -> Bool {
        field == "*" || list(field).contains { ($0.hasPrefix("W/") ? String($0.dropFirst(2)) : $0) == "\"\(tag)\"" }
    }

    private static func list(_ field: String) -> [String] {
        field.split(separator: ",").map { String($0.drop { $0 == " " }.prefix { $0 != " " }) }
    }
}

extension Response {
    /// JSON that a client may keep: without its body where the client has it already.
    public static func json(_ bytes: [UInt8], tag: String, for request: Request) -> Response {
        let headers: Headers = ["content-type": "application/json", "etag": "\"\(tag)\"", "cache-control": "no-cache"]
        if let known = request.headers["if-none-match"], EntityTags.matchesWeakly(known, tag) {
            return Response(status: 304, headers: headers)
        }
        return Response(status: 200, headers: headers, body: .bytes(bytes))
    }
}
