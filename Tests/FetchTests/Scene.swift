import Glibc
import HTTP
import Linux
import Testing

@testable import Fetch

let reactor: Reactor = {
    // As `runProgram` has it: a server that writes to a client that left is told so by the call.
    signal(SIGPIPE, SIG_IGN)
    guard let reactor = try? Reactor() else { preconditionFailure("no epoll") }
    reactor.start()
    return reactor
}()

/// A server on a port of its own for the time of `body`.
func serving(_ routes: Routes, _ body: @escaping @Sendable (Place) async throws -> Void) async throws {
    let (server, port) = try listening(routes)
    try await withTaskExecutorPreference(reactor) {
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            group.addTask { try await body(Place(port: port, worker: Worker())) }
            try await group.next()
            group.cancelAll()
        }
    }
}

private func listening(_ routes: Routes) throws -> (Server, UInt16) {
    let socket = try FileDescriptor.listening(on: .tcp(host: "127.0.0.1", port: 0))
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let fd = socket.rawValue
    let code = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(fd, $0, &length) }
    }
    guard code == 0 else { throw Errno(rawValue: errno) }
    return (try Server(on: socket, reactor, routes) { _, _ in }, UInt16(bigEndian: address.sin_port))
}

/// Where a test's server is, and how it is asked.
struct Place: Sendable {
    let port: UInt16
    let worker: Worker
    /// What was said of what costs time.
    let remarks = Notes<String>()

    func download(_ path: String, _ patience: Patience = Patience(pause: .zero)) throws -> Download {
        let url = try #require(WebURL("http://127.0.0.1:\(port)\(path)"))
        return Download(url, worker, reactor, patience) { [remarks] in remarks.add($0) }
    }

    func content(at path: String, _ patience: Patience = Patience(pause: .zero)) async throws -> [UInt8] {
        try await content(of: download(path, patience))
    }

    func content(of download: Download) async throws -> [UInt8] {
        var content: [UInt8] = []
        while true {
            let bytes = try await download.next()
            if bytes.isEmpty { return content }
            content += bytes
        }
    }
}

/// What was noted, in order, by whoever.
struct Notes<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: Value.self) }

    func add(_ value: Value) { continuation.yield(value) }

    /// All there are; nothing can be added afterwards.
    func all() async -> [Value] {
        continuation.finish()
        return await stream.reduce(into: []) { $0.append($1) }
    }
}

/// Counts the requests for something.
actor Visits {
    private var count = 0
    func next() -> Int {
        count += 1
        return count
    }
}

extension Response {
    /// Says that all of `bytes` follow, and sends only the first of them.
    static func broken(_ bytes: [UInt8], after count: Int, tag: String? = nil) -> Response {
        var headers: Headers = ["content-length": "\(bytes.count)"]
        headers["etag"] = tag
        return Response(
            status: 200, headers: headers, body: .stream { try await $0.write(Array(bytes.prefix(count))) })
    }

    static func whole(_ bytes: [UInt8], tag: String? = nil) -> Response {
        var headers: Headers = [:]
        headers["etag"] = tag
        return Response(status: 200, headers: headers, body: .bytes(bytes))
    }
}
