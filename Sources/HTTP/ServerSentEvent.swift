/// One event of a `text/event-stream` (the WHATWG HTML standard, "Server-sent events").
public struct ServerSentEvent: Equatable, Sendable {
    public var id: String?
    public var event: String?
    public var data: String

    public init(id: String? = nil, event: String? = nil, data: String) {
        self.id = id
        self.event = event
        self.data = data
    }

    /// As it goes over the wire.
    public var bytes: [UInt8] {
        var text = ""
        if let id { text += "id: \(Self.singleLine(id))\n" }
        if let event { text += "event: \(Self.singleLine(event))\n" }
        text += "data: "
        var bytes = Array(text.utf8)
        var previous: UInt8 = 0
        for byte in data.utf8 {
            // The only line ends of the format: others that Unicode has may be part of a text.
            switch byte {
            case UInt8(ascii: "\n") where previous == UInt8(ascii: "\r"): break
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): bytes += Array("\ndata: ".utf8)
            default: bytes.append(byte)
            }
            previous = byte
        }
        return bytes + Array("\n\n".utf8)
    }

    private static func singleLine(_ text: String) -> String { String(text.filter { !$0.isNewline && $0 != "\0" }) }
}

/// Takes a stream's bytes as they come, and gives the events they complete.
public struct ServerSentEventParser: Sendable {
    private var rest: [UInt8] = []
    private var event = ServerSentEvent(data: "")
    private var hasData = false
    private let limit: Int

    /// A line longer than `limit` bytes is an error: whoever sends it is not the server we know.
    public init(limit: Int = 1 << 20) {
        self.limit = limit
    }

    public mutating func parse(_ bytes: [UInt8]) throws(Refusal) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        rest += bytes
        var start = 0
        for index in rest.indices where rest[index] == UInt8(ascii: "\n") {
            var end = index
            if end > start, rest[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            if let complete = take(String(decoding: rest[start..<end], as: UTF8.self)) { events.append(complete) }
            start = index + 1
        }
        rest.removeSubrange(..<start)
        guard rest.count <= limit else { throw Refusal(400, "A line of the event stream is too long.") }
        return events
    }

    private mutating func take(_ line: String) -> ServerSentEvent? {
        guard !line.isEmpty else {
            defer { (event, hasData) = (ServerSentEvent(data: ""), false) }
            return hasData ? event : nil
        }
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        var value = parts.count > 1 ? String(parts[1]) : ""
        if value.hasPrefix(" ") { value.removeFirst() }
        switch parts[0] {
        case "id": event.id = value
        case "event": event.event = value
        case "data":
            event.data += hasData ? "\n\(value)" : value
            hasData = true
        default: break
        }
        return nil
    }
}
