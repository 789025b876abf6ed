import CLinux
import Glibc

/// A socket of datagrams, read one by one.
public final class DatagramSocket: Sendable {
    private let descriptor: WatchedDescriptor

    public init(_ descriptor: consuming FileDescriptor, _ reactor: Reactor) throws(Errno) {
        self.descriptor = try WatchedDescriptor(descriptor, reactor)
    }

    /// The next message from a process of this machine, and that process's id.
    public func receiveFromProcess() async throws -> (text: String, sender: CInt) {
        try await descriptor.whenReady(.readable) { descriptor throws(Errno) in
            var bytes = [UInt8](repeating: 0, count: 4096)
            var sender: pid_t = 0
            let fd = descriptor.rawValue
            let count = try retrying { linux_receive_from_process(fd, &bytes, bytes.count, &sender) }
            return (String(decoding: bytes.prefix(count), as: UTF8.self), sender)
        }
    }
}
