import CLinux
import Glibc

/// One end of a connection, shared by the tasks that serve it and closed when the last of them lets go.
public final class Stream: Sendable {
    private let descriptor: WatchedDescriptor

    public init(_ descriptor: consuming FileDescriptor, _ reactor: Reactor) throws(Errno) {
        self.descriptor = try WatchedDescriptor(descriptor, reactor)
    }

    /// Appends what has arrived to `bytes`; false at the end of the stream.
    public func read(into bytes: inout [UInt8], until deadline: Reactor.Deadline? = nil) async throws -> Bool {
        try await descriptor.whenReady(.readable, until: deadline) { descriptor throws(Errno) in
            try descriptor.read(into: &bytes, upTo: 16384) > 0
        }
    }

    public func write(_ bytes: [UInt8], until deadline: Reactor.Deadline? = nil) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try await descriptor.whenReady(.writable, until: deadline) { descriptor throws(Errno) in
                try descriptor.write(rest)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Sends a part of a file without bringing it into this process, giving up when no byte moves for a while.
    public func write(_ file: File, _ range: Range<Int>, patience: Duration = .seconds(60)) async throws {
        var offset = off_t(range.lowerBound)
        while Int(offset) < range.upperBound {
            let count = min(range.upperBound - Int(offset), 1 << 18)
            let source = file.descriptor.rawValue
            let sent = try await descriptor.whenReady(.writable, until: .now + patience) { descriptor throws(Errno) in
                let out = descriptor.rawValue
                return try retrying { sendfile(out, source, &offset, count) }
            }
            guard sent > 0 else { throw Errno.connectionReset }
            await Task.yield()
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
    private let descriptor: WatchedDescriptor
    private let reactor: Reactor

    public init(_ descriptor: consuming FileDescriptor, _ reactor: Reactor) throws(Errno) {
        self.descriptor = try WatchedDescriptor(descriptor, reactor)
        self.reactor = reactor
    }

    public func accept() async throws -> Stream {
        while true {
            do {
                let socket = try await descriptor.whenReady(.readable) { descriptor throws(Errno) in
                    let fd = descriptor.rawValue
                    return try retrying { linux_accept(fd) }
                }
                return try Stream(FileDescriptor(owning: socket), reactor)
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
