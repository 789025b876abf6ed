/// What If-Match and If-None-Match list (RFC 9110 section 8.8.3).
public enum EntityTags {
    /// The tags without their quotes; nil is `*`, which any state of the thing matches.
    ///
    /// One that was made weak on its way counts too: nginx does that when it compresses, and ours tell states of a
    /// thing apart, not the bytes that show it.
    public static func list(_ field: String) -> [String]? {
        guard field != "*" else { return nil }
        return field.split(separator: ",").map { part in
            let tag = part.drop { $0 == " " }.prefix { $0 != " " }
            return (tag.hasPrefix("W/") ? tag.dropFirst(2) : tag).filter { $0 != "\"" }
        }
    }
}

extension Response {
    /// JSON that a client may keep: without its body where the client has it already.
    public static func json(_ bytes: [UInt8], tag: String, for request: Request) -> Response {
        let headers: Headers = ["content-type": "application/json", "etag": "\"\(tag)\"", "cache-control": "no-cache"]
        if let known = request.headers["if-none-match"], EntityTags.list(known)?.contains(tag) ?? true {
            return Response(status: 304, headers: headers)
        }
        return Response(status: 200, headers: headers, body: .bytes(bytes))
    }
}
