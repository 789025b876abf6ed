import CLinux
import Glibc

/// Tells when something in a folder was written or renamed: the way editors and `mv` save a file.
public final class FileWatch: Sendable {
    private let descriptor: WatchedDescriptor

    public init(folder: String, _ reactor: Reactor) throws(Errno) {
        let fd = try retrying { inotify_init1(CInt(IN_CLOEXEC)) }
        descriptor = try WatchedDescriptor(FileDescriptor(owning: fd), reactor)
        let events = UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_DELETE)
        try retrying { inotify_add_watch(fd, folder, events) }
    }

    /// Returns after the next change, or the changes so far.
    public func change() async throws {
        _ = try await descriptor.whenReady(.readable) { descriptor throws(Errno) in
            var bytes: [UInt8] = []
            return try descriptor.read(into: &bytes, upTo: 16384)
        }
    }
}
