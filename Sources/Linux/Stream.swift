import CLinux
import Glibc

/// One end of a connection, shared by the tasks that serve it and closed when the last of them lets go.
public final class Stream: Sendable {
    private let descriptor: FileDescriptor
    private let reactor: Reactor

    public init(_ descriptor: consuming FileDescriptor, _ reactor: Reactor) throws(Errno) {
        try descriptor.makeNonBlocking()
        self.descriptor = descriptor
        self.reactor = reactor
        try reactor.register(self.descriptor)
    }

    deinit { reactor.forget(descriptor) }

    /// Appends what has arrived to `bytes`; false at the end of the stream.
    public func read(into bytes: inout [UInt8], until deadline: Reactor.Deadline? = nil) async throws -> Bool {
        while true {
            let count = try unlessBlocked { () throws(Errno) in try descriptor.read(into: &bytes, upTo: 16384) }
            if let count { return count > 0 }
            try await reactor.wait(descriptor, for: .readable, until: deadline)
        }
    }

    public func write(_ bytes: [UInt8], until deadline: Reactor.Deadline? = nil) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            if let count = try unlessBlocked({ () throws(Errno) in try descriptor.write(rest) }) {
                rest = rest.dropFirst(count)
            } else {
                try await reactor.wait(descriptor, for: .writable, until: deadline)
            }
        }
    }

    /// Sends a part of a file without bringing it into this process, giving up when no byte moves for a while.
    public func write(_ file: File, _ range: Range<Int>, patience: Duration = .seconds(60)) async throws {
        var offset = off_t(range.lowerBound)
        while Int(offset) < range.upperBound {
            let count = min(range.upperBound - Int(offset), 1 << 18)
            let (out, source) = (descriptor.rawValue, file.descriptor.rawValue)
            let sent = try unlessBlocked { () throws(Errno) in try retrying { sendfile(out, source, &offset, count) } }
            switch sent {
            case nil: try await reactor.wait(descriptor, for: .writable, until: .now + patience)
            case 0: throw Errno.connectionReset
            default: await Task.yield()
            }
        }
    }

    /// Says that nothing more will be sent, while what the peer still sends can be read.
    public func finishWriting() {
        _ = Glibc.shutdown(descriptor.rawValue, CInt(SHUT_WR))
    }

    /// Returns when the peer has gone, throwing away what it still says.
    public func waitForEnd(until deadline: Reactor.Deadline? = nil) async {
        var ignored: [UInt8] = []
        while (try? await read(into: &ignored, until: deadline)) == true { ignored.removeAll(keepingCapacity: true) }
    }

    /// The process at the other end of a Unix socket, as the kernel saw it connect; nil on a network socket.
    public var peer: Peer? {
        var peer = linux_peer()
        guard linux_peer(descriptor.rawValue, &peer) == 0, peer.pid != 0 else { return nil }
        return Peer(processID: peer.pid, userID: peer.uid)
    }

    public struct Peer: Equatable, Sendable {
        public let processID: CInt
        public let userID: UInt32
    }
}

/// A listening socket, whose connections wait in the kernel until they are accepted.
public final class Listener: Sendable {
    private let descriptor: FileDescriptor
    private let reactor: Reactor

    public init(_ descriptor: consuming FileDescriptor, _ reactor: Reactor) throws(Errno) {
        try descriptor.makeNonBlocking()
        self.descriptor = descriptor
        self.reactor = reactor
        try reactor.register(self.descriptor)
    }

    deinit { reactor.forget(descriptor) }

    public func accept() async throws -> Stream {
        while true {
            let fd = descriptor.rawValue
            do {
                if let socket = try unlessBlocked({ () throws(Errno) in try retrying { linux_accept(fd) } }) {
                    return try Stream(FileDescriptor(owning: socket), reactor)
                }
                try await reactor.wait(descriptor, for: .readable)
            } catch let error as Errno where error.isPassing {
                try await reactor.sleep(for: .milliseconds(100))
            }
        }
    }
}

extension Errno {
    /// The peer left before it was accepted, or the process is out of descriptors for now: no reason to stop.
    fileprivate var isPassing: Bool { [ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(rawValue) }
}
