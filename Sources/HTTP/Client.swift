public import Linux

/// Asks an HTTP server, over a Unix socket or the network: one connection, one request.
///
/// It speaks HTTP/1.0, to which every server answers without transfer codings.
public struct Client: Sendable {
    public let address: Address
    private let reactor: Reactor

    public init(_ address: Address, _ reactor: Reactor) {
        self.address = address
        self.reactor = reactor
    }

    /// A whole response, its body in memory.
    public struct Answer: Equatable, Sendable {
        public let status: Int
        public let headers: Headers
        public let body: [UInt8]
    }

    /// The connection ended, or went silent, before the response was complete.
    public struct Incomplete: Error, CustomStringConvertible {
        public let address: Address
        public var description: String { "\(address) closed the connection before it had answered" }
    }

    /// Sends a request and waits for the whole response.
    public func send(
        _ method: String, _ target: String, headers: Headers = [:], body: [UInt8] = [],
        timeout: Duration = .seconds(60)
    ) async throws -> Answer {
        let deadline = Reactor.Deadline.now + timeout
        let (stream, head, start) = try await open(method, target, headers, body, deadline)
        // The answer to HEAD tells the length of what does not follow.
        if method == "HEAD" { return Answer(status: head.status, headers: head.headers, body: []) }
        var rest = start
        while rest.count < head.contentLength ?? Int.max {
            guard try await stream.read(into: &rest, until: deadline) else { break }
            guard rest.count <= Self.longestBody else { throw Refusal(502, "\(address) answers too much.") }
        }
        if let length = head.contentLength {
            guard rest.count >= length else { throw Incomplete(address: address) }
            rest.removeSubrange(length...)
        }
        return Answer(status: head.status, headers: head.headers, body: rest)
    }

    /// Loads what need not fit into memory: `take` gets it piece by piece, and may throw to break it off.
    ///
    /// What an answer says that is no 200 is not read. One that is silent for longer than `patience` is taken for gone.
    public func download(
        _ target: String, headers: Headers = [:], patience: Duration = .seconds(60),
        _ take: ([UInt8]) async throws -> Void
    ) async throws -> Answer {
        let incoming = try await receive(target, headers: headers, patience: patience)
        guard incoming.answer.status == 200 else { return incoming.answer }
        while true {
            let piece = try await incoming.next()
            if piece.isEmpty { return incoming.answer }
            try await take(piece)
            // A server that sends faster than this is read must not keep the other tasks waiting.
            await Task.yield()
        }
    }

    /// Asks for what need not fit into memory, and gives it once its head is there.
    public func receive(
        _ target: String, headers: Headers = [:], patience: Duration = .seconds(60)
    ) async throws -> Incoming {
        let (stream, head, start) = try await open("GET", target, headers, [], .now + patience)
        return Incoming(stream, head, start, patience, address)
    }

    /// An answer whose body is taken piece by piece, by one task.
    public actor Incoming {
        /// Without its body.
        public nonisolated let answer: Answer
        private let stream: Stream
        private let length: Int
        private let patience: Duration
        private let address: Address
        private var ahead: [UInt8]
        private var received = 0

        init(_ stream: Stream, _ head: ResponseHead, _ start: [UInt8], _ patience: Duration, _ address: Address) {
            answer = Answer(status: head.status, headers: head.headers, body: [])
            length = head.contentLength ?? Int.max
            (self.stream, ahead, self.patience, self.address) = (stream, start, patience, address)
        }

        /// The next bytes; none at the end, where the server says how much there is.
        public func next() async throws -> [UInt8] {
            guard received < length else { return [] }
            var piece = ahead
            ahead = []
            if piece.isEmpty, try await !stream.read(into: &piece, until: .now + patience), length != Int.max {
                throw Incomplete(address: address)
            }
            received += piece.count
            return piece
        }
    }

    /// Follows a stream of Server-Sent Events until it ends, calling `take` for each.
    ///
    /// A server sends something every 15 seconds; one that is silent for longer than `patience` is taken for gone.
    public func follow(
        _ target: String, headers: Headers = [:], patience: Duration = .seconds(45),
        _ take: (ServerSentEvent) async throws -> Void
    ) async throws {
        let (stream, head, start) = try await open("GET", target, headers, [], .now + patience)
        guard head.status == 200 else { throw Refusal(head.status, "\(address) answers \(head.status).") }
        var parser = ServerSentEventParser()
        var bytes = start
        repeat {
            for event in try parser.parse(bytes) { try await take(event) }
            bytes.removeAll(keepingCapacity: true)
        } while try await stream.read(into: &bytes, until: .now + patience)
    }

    private func open(
        _ method: String, _ target: String, _ headers: Headers, _ body: [UInt8], _ deadline: Reactor.Deadline
    ) async throws -> (Stream, ResponseHead, [UInt8]) {
        let stream = try Stream(connectingTo: address, reactor)
        var text = "\(method) \(target) HTTP/1.0\r\n"
        if headers["host"] == nil { text += "host: \(hostField)\r\n" }
        for field in headers.fields { text += "\(field.name): \(field.value)\r\n" }
        if !body.isEmpty { text += "content-length: \(body.count)\r\n" }
        try await stream.write(Array((text + "\r\n").utf8) + body, until: deadline)
        var input: [UInt8] = []
        while try await stream.read(into: &input, until: deadline) {
            if let head = try ResponseHead.parse(input.span, limits: Limits()) {
                return (stream, head, Array(input[head.length...]))
            }
        }
        throw Incomplete(address: address)
    }

    private var hostField: String {
        guard case .tcp = address else { return "sprout" }
        return address.description
    }

    private static let longestBody = 256 << 20
}

/// The head of a response (RFC 9112 section 4).
struct ResponseHead: Equatable {
    let status: Int
    let headers: Headers
    let contentLength: Int?
    let length: Int

    static func parse(_ bytes: Span<UInt8>, limits: Limits) throws(Refusal) -> ResponseHead? {
        guard let (lines, length) = try HeadParser.lines(of: bytes, limits: limits) else { return nil }
        let first = lines.first.map { HeadParser.text(bytes, $0) } ?? ""
        let words = first.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0", words[1].utf8.count == 3,
            let status = Int(words[1]), (100...599).contains(status)
        else { throw Refusal(502, "The answer is not HTTP.") }
        let headers = try HeadParser.headers(of: bytes, lines.dropFirst())
        guard headers["transfer-encoding"] == nil else { throw Refusal(502, "The answer has a transfer coding.") }
        return ResponseHead(
            status: status, headers: headers, contentLength: try HeadParser.contentLength(headers), length: length)
    }
}
