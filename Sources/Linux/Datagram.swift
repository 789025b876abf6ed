import CLinux
import Glibc

/// A socket of datagrams, read one by one.
public final class DatagramSocket: Sendable {
    private let descriptor: FileDescriptor
    private let reactor: Reactor

    public init(_ descriptor: consuming FileDescriptor, _ reactor: Reactor) throws(Errno) {
        try descriptor.makeNonBlocking()
        self.descriptor = descriptor
        self.reactor = reactor
        try reactor.register(self.descriptor)
    }

    deinit { reactor.forget(descriptor) }

    /// The next message from a process of this machine, and that process's id.
    public func receiveFromProcess() async throws -> (text: String, sender: CInt) {
        try await next { fd throws(Errno) in
            var bytes = [UInt8](repeating: 0, count: 4096)
            var sender: pid_t = 0
            let count = try retrying { linux_receive_from_process(fd, &bytes, bytes.count, &sender) }
            return (String(decoding: bytes.prefix(count), as: UTF8.self), sender)
        }
    }

    private func next<Value>(_ receive: (CInt) throws(Errno) -> Value) async throws -> Value {
        while true {
            let fd = descriptor.rawValue
            if let value = try unlessBlocked({ () throws(Errno) in try receive(fd) }) { return value }
            try await reactor.wait(descriptor, for: .readable)
        }
    }
}
