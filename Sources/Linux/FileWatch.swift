import CLinux
import Glibc

/// Tells when something in a folder was written or renamed: the way editors and `mv` save a file.
public final class FileWatch: Sendable {
    private let descriptor: FileDescriptor
    private let reactor: Reactor

    public init(folder: String, _ reactor: Reactor) throws(Errno) {
        descriptor = FileDescriptor(
            owning: try retrying { inotify_init1(CInt(IN_CLOEXEC) | CInt(IN_NONBLOCK)) })
        self.reactor = reactor
        let fd = descriptor.rawValue
        let events = UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_DELETE)
        try retrying { inotify_add_watch(fd, folder, events) }
        try reactor.register(descriptor)
    }

    deinit { reactor.forget(descriptor) }

    /// Returns after the next change, or the changes so far.
    public func change() async throws {
        var bytes: [UInt8] = []
        while try unlessBlocked({ () throws(Errno) in try descriptor.read(into: &bytes, upTo: 16384) }) == nil {
            try await reactor.wait(descriptor, for: .readable)
        }
    }
}
