import Glibc
public import HTTP
public import Linux

public let reactor: Reactor = {
    // As `runProgram` has it: a server that writes to a client that left is told so by the call.
    signal(SIGPIPE, SIG_IGN)
    guard let reactor = try? Reactor() else { preconditionFailure("no epoll") }
    reactor.start()
    return reactor
}()

/// A server on a port of its own for the time of `body`.
public func serving(_ routes: Routes, _ body: @escaping @Sendable (UInt16) async throws -> Void) async throws {
    let (server, port) = try listening(routes)
    try await withTaskExecutorPreference(reactor) {
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            group.addTask { try await body(port) }
            try await group.next()
            group.cancelAll()
        }
    }
}

private func listening(_ routes: Routes) throws -> (Server, UInt16) {
    let socket = try FileDescriptor.listening(on: .tcp(host: "127.0.0.1", port: 0))
    let port = try boundPort(of: socket)
    return (try Server(on: socket, reactor, routes) { _, _ in }, port)
}

/// The port that the kernel has chosen for a socket.
public func boundPort(of socket: borrowing FileDescriptor) throws -> UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let fd = socket.rawValue
    let code = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(fd, $0, &length) }
    }
    guard code == 0 else { throw Errno(rawValue: errno) }
    return UInt16(bigEndian: address.sin_port)
}

/// What was noted, in order, by whoever.
public struct Notes<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    public init() { (stream, continuation) = AsyncStream.makeStream(of: Value.self) }

    public func add(_ value: Value) { continuation.yield(value) }

    /// All there are; nothing can be added afterwards.
    public func all() async -> [Value] {
        continuation.finish()
        return await stream.reduce(into: []) { $0.append($1) }
    }
}
