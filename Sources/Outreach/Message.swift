internal import FoundationEssentials
public import Model

/// What people are told of a host: what happened, why, and what to do.
public struct Message: Equatable, Sendable {
    /// What it is about; nil is a test.
    public let kind: NoticeKind?
    public let at: Timestamp
    public let title: String
    public let text: String
    public let host: (id: String, hostname: String)?
    /// The page that shows more.
    public let page: String?

    /// `publicURL` is where people reach the box, if that is known.
    public init(_ kind: NoticeKind, of host: Host, at moment: Timestamp, because reason: String?, publicURL: String?) {
        let title =
            switch kind {
            case .ready: "\(host.hostname) is ready"
            case .failed: "\(host.hostname) failed"
            case .needsYou: "\(host.hostname) needs you"
            }
        (self.kind, at, self.title) = (kind, moment, title)
        text = reason.map(Self.sentence) ?? "\(title)."
        self.host = (host.id, "\(host.hostname)")
        page = publicURL.map { "\($0)/hosts/\(host.id)" }
    }

    /// What tells a person that messages arrive.
    public init(testAt moment: Timestamp, publicURL: String?) {
        (kind, at, title, host, page) = (nil, moment, "Sprout can reach you", nil, publicURL)
        text = "This is a test: somebody has asked Sprout to send it. What becomes of your hosts is told here."
    }

    public static func == (a: Message, b: Message) -> Bool {
        (a.kind, a.at, a.title, a.text, a.page) == (b.kind, b.at, b.title, b.text, b.page)
            && a.host?.id == b.host?.id && a.host?.hostname == b.host?.hostname
    }

    /// The body that a webhook gets.
    public func json(delivery: String) throws -> [UInt8] {
        let body = Body(
            event: kind.map { "host.\($0.rawValue)" } ?? "test", delivery: delivery, at: at,
            host: host.map { .init(id: $0.id, hostname: $0.hostname) }, title: title, message: text, url: page)
        return try sortedJSON(body)
    }

    /// A reason goes on after a colon, and stands alone here.
    private static func sentence(_ reason: String) -> String {
        guard let first = reason.first else { return reason }
        return first.uppercased() + reason.dropFirst()
    }

    private struct Body: Encodable {
        let event: String
        let delivery: String
        let at: Timestamp
        let host: HostName?
        let title: String
        let message: String
        let url: String?
    }

    private struct HostName: Encodable {
        let id: String
        let hostname: String
    }
}

/// JSON whose bytes are the same each time: what is signed once is signed for good.
func sortedJSON(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value))
}
