import CLinux
import Glibc

/// An owned file descriptor: exactly one owner, closed exactly once, when that owner lets go.
public struct FileDescriptor: ~Copyable, Sendable {
    public let rawValue: CInt

    public init(owning rawValue: CInt) {
        self.rawValue = rawValue
    }

    deinit { _ = Glibc.close(rawValue) }

    /// Gives the descriptor up to a caller who keeps it open as long as the process lives.
    public consuming func release() -> CInt {
        let fd = rawValue
        discard self
        return fd
    }

    /// Makes a new file, or empties the one that is there.
    public init(writing path: String) throws(Errno) {
        self.init(owning: try retrying { open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640) })
    }

    /// Opens a file for reading.
    public init(reading path: String) throws(Errno) {
        rawValue = try retrying { linux_open_readable(path) }
    }

    /// Appends what can be read now to `bytes`, and says how much that was; 0 is end of file.
    public borrowing func read(into bytes: inout [UInt8], upTo count: Int) throws(Errno) -> Int {
        let fd = rawValue
        return try withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { space throws(Errno) in
            let received = try retrying { Glibc.read(fd, space.baseAddress, count) }
            bytes.append(contentsOf: space.prefix(received))
            return received
        }
    }

    /// Returns when what was written is on the disk.
    public borrowing func synchronize() throws(Errno) {
        let fd = rawValue
        try retrying { fsync(fd) }
    }

    /// Goes on reading, or writing, at a place of the file.
    public borrowing func seek(to position: Int64) throws(Errno) {
        let fd = rawValue
        _ = try retrying { lseek(fd, off_t(position), SEEK_SET) }
    }

    /// Writes what can be written now, without the signal that a vanished reader would raise.
    public borrowing func write(_ bytes: ArraySlice<UInt8>) throws(Errno) -> Int {
        let fd = rawValue
        return try retrying { bytes.withUnsafeBytes { Glibc.write(fd, $0.baseAddress, $0.count) } }
    }

    /// Makes calls on this descriptor return at once, and programs started from here not inherit it.
    public borrowing func makeNonBlocking() throws(Errno) {
        let flags = try retrying { fcntl(rawValue, F_GETFL) }
        try retrying { fcntl(rawValue, F_SETFL, flags | O_NONBLOCK) }
        try retrying { fcntl(rawValue, F_SETFD, FD_CLOEXEC) }
    }
}
