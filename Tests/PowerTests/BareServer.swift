import Linux
import Serving

@testable import HTTP

/// A server that takes paths as controllers have them: a slash at their end, and a query.
struct BareServer: Sendable {
    let listener: Listener
    let port: UInt16
    let answer: @Sendable (Request) async throws -> Response

    init(_ answer: @escaping @Sendable (Request) async throws -> Response) throws {
        let socket = try FileDescriptor.listening(on: .tcp(host: "127.0.0.1", port: 0))
        port = try boundPort(of: socket)
        listener = try Listener(socket, reactor)
        self.answer = answer
    }

    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                let stream = try await listener.accept()
                group.addTask { try? await serve(stream) }
            }
        }
    }

    /// One request for each connection.
    private func serve(_ stream: Linux.Stream) async throws {
        var bytes: [UInt8] = []
        while true {
            if let request = try Self.request(bytes) {
                let response = try await answer(request)
                guard case .bytes(let body) = response.body else { return }
                return try await stream.write(response.head(length: body.count, keepAlive: false) + body)
            }
            guard try await stream.read(into: &bytes) else { return }
        }
    }

    /// The request with its whole target as its path, once it has all arrived.
    private static func request(_ bytes: [UInt8]) throws -> Request? {
        guard let (lines, length) = try HeadParser.lines(of: bytes.span, limits: Limits()), let first = lines.first
        else { return nil }
        let headers = try HeadParser.headers(of: bytes.span, lines.dropFirst())
        let size = try HeadParser.contentLength(headers) ?? 0
        guard bytes.count >= length + size else { return nil }
        let words = HeadParser.text(bytes.span, first).split(separator: " ")
        var request = try Request(String(words[0]), "/", headers: headers, body: Array(bytes[length...].prefix(size)))
        request.path = String(words[1])
        return request
    }
}
