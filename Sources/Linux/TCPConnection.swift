import CLinux
import Glibc

/// A connection over which a C library speaks: it makes the calls, and what it would block for is waited for here.
public final class TCPConnection: Sendable {
    private let descriptor: WatchedDescriptor

    /// Connects to an IP address; a name is refused, since looking it up would block.
    public init(to host: String, port: UInt16, _ reactor: Reactor, until deadline: Reactor.Deadline) async throws {
        guard let address = try Address.networkAddresses(host, port, flags: AI_NUMERICHOST).first else {
            throw Address.Unknown(address: host, reason: "it has no addresses")
        }
        descriptor = try WatchedDescriptor(FileDescriptor.connecting(to: address), reactor)
        try await descriptor.whenReady(.writable, until: deadline, isBlocked: true) { descriptor throws(Errno) in
            try descriptor.takeError()
        }
    }

    public var rawValue: CInt { descriptor.rawValue }

    /// Returns when there is something to read, or the end, or when something can be sent.
    public func wait(for readiness: Reactor.Readiness, until deadline: Reactor.Deadline) async throws {
        // The library may stop reading with bytes left in the kernel, of which nobody is told a second time.
        try await descriptor.whenReady(readiness, until: deadline, isBlocked: readiness == .writable) {
            descriptor throws(Errno) in
            guard readiness == .readable else { return }
            var byte: UInt8 = 0
            let fd = descriptor.rawValue
            try retrying { recv(fd, &byte, 1, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT)) }
        }
    }

    /// Ends the connection while the library still holds its descriptor: its calls fail from now on, and none waits.
    public func shutDown() {
        _ = Glibc.shutdown(descriptor.rawValue, CInt(SHUT_RDWR))
    }
}

extension FileDescriptor {
    /// Begins to connect; it can be written to when that is over.
    fileprivate static func connecting(to address: SocketAddress) throws(Errno) -> FileDescriptor {
        let socket = try FileDescriptor.socket(address.family, CInt(SOCK_STREAM.rawValue))
        try socket.makeNonBlocking()
        // What is said by turns waits for nothing, however little it is.
        try socket.set(CInt(IPPROTO_TCP), TCP_NODELAY, 1)
        let fd = socket.rawValue
        try address.call { Glibc.connect(fd, $0, $1) == 0 || errno == EINPROGRESS ? 0 : -1 }
        return socket
    }

    /// Throws how an attempt to connect ended, unless it succeeded.
    fileprivate borrowing func takeError() throws(Errno) {
        let fd = rawValue
        var (code, size): (CInt, socklen_t) = (0, 4)
        try retrying { getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) }
        guard code == 0 else { throw Errno(rawValue: code) }
    }
}
