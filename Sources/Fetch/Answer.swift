/// What a server says of a file.
public struct Content: Equatable, Sendable {
    /// How long it is, where the server says so.
    public let size: Int64?
    public let type: String?
    /// Tells this content from what may be there another time, where the server does.
    public let version: String?
    /// Where a redirect led; nil if it is at the address itself.
    public let place: WebURL?

    public init(size: Int64?, type: String?, version: String?, place: WebURL?) {
        (self.size, self.type, self.version, self.place) = (size, type, version, place)
    }
}

/// What a server says of the bytes that follow.
struct Answer: Equatable, Sendable {
    let status: Int
    /// Where in the whole its bytes begin.
    let start: Int64
    /// How long the whole is, where the server says so.
    let size: Int64?
    private let place: WebURL?
    private let contentType: String?
    private let tag: String?
    private let modified: String?

    /// `field` gives a field of its head, and `length` is how many bytes follow, or negative.
    init(status: Int, place: WebURL?, length: Int64, field: (String) -> String?) {
        (self.status, self.place) = (status, place)
        (contentType, tag, modified) = (field("Content-Type"), field("ETag"), field("Last-Modified"))
        let range = status == 206 ? field("Content-Range").flatMap(Self.range) : nil
        start = range?.start ?? 0
        size = status == 206 ? range?.size : length < 0 ? nil : length
    }

    var content: Content { Content(size: size, type: contentType, version: tag ?? modified, place: place) }

    /// What a request for a part may be made to depend on: a weak tag stands for more than one content (RFC 9110, 13.1.5).
    var validator: String? { tag?.hasPrefix("W/") == false ? tag : modified }

    func isSameContent(as other: Answer) -> Bool {
        if let size, let others = other.size, size != others { return false }
        if let tag, let others = other.tag { return tag == others }
        if let modified, let others = other.modified { return modified == others }
        return true
    }

    /// The start and the size that are told by `bytes 100-199/1000`.
    private static func range(_ text: String) -> (start: Int64, size: Int64?)? {
        let words = text.split(whereSeparator: { " -/".contains($0) })
        guard words.count == 4, words[0].lowercased() == "bytes", let start = Int64(words[1]) else { return nil }
        return (start, Int64(words[3]))
    }
}
