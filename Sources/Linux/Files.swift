import CLinux
import Glibc

/// The few things Sprout does with files as a whole.
public enum Files {
    /// The whole of a small file.
    public static func read(_ path: String, limit: Int = 1 << 20) throws(Errno) -> [UInt8] {
        let file = try FileDescriptor(reading: path)
        var bytes: [UInt8] = []
        while try file.read(into: &bytes, upTo: 65536) > 0 {
            guard bytes.count <= limit else { throw Errno(rawValue: EFBIG) }
        }
        return bytes
    }

    public static func text(_ path: String) throws(Errno) -> String {
        String(decoding: try read(path), as: UTF8.self)
    }

    /// Replaces a file's content: a reader, and a power cut, see the old text or the new one.
    public static func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws(Errno) {
        try write(Array(text.utf8), to: path, mode: mode)
    }

    public static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o644) throws(Errno) {
        let draft = "\(path).\(getpid()).new"
        let file = FileDescriptor(
            owning: try retrying { open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode) })
        var rest = bytes[...]
        while !rest.isEmpty { rest = rest.dropFirst(try file.write(rest)) }
        try retrying { fsync(file.rawValue) }
        try retrying { rename(draft, path) }
    }

    /// Who may do what with a file.
    public static func mode(of path: String) throws(Errno) -> UInt32 {
        var state = stat()
        try retrying { stat(path, &state) }
        return state.st_mode & 0o7777
    }

    /// Adds to the end of a file, which is made if there is none.
    public static func append(_ bytes: [UInt8], to path: String) throws(Errno) {
        let file = FileDescriptor(
            owning: try retrying { open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640) })
        var rest = bytes[...]
        while !rest.isEmpty { rest = rest.dropFirst(try file.write(rest)) }
    }

    /// Copies a file that may be large; half a copy is never seen under its name.
    public static func copy(_ path: String, to target: String) throws(Errno) {
        let source = try FileDescriptor(reading: path)
        let draft = "\(target).\(getpid()).new"
        let copy = try FileDescriptor(writing: draft)
        while true {
            var bytes: [UInt8] = []
            guard try source.read(into: &bytes, upTo: 1 << 20) > 0 else { break }
            var rest = bytes[...]
            while !rest.isEmpty { rest = rest.dropFirst(try copy.write(rest)) }
        }
        try copy.synchronize()
        try retrying { rename(draft, target) }
    }

    /// Gives a file or a folder another name on the same disk, or throws if there is something of that name.
    public static func move(_ path: String, to other: String) throws(Errno) {
        guard !exists(other) else { throw Errno(rawValue: EEXIST) }
        try retrying { rename(path, other) }
    }

    /// The room that is left on the disk of a folder.
    public static func freeBytes(at path: String) throws(Errno) -> Int64 {
        var state = statvfs()
        try retrying { statvfs(path, &state) }
        return Int64(state.f_bavail) * Int64(state.f_frsize)
    }

    /// The size of the disk of a folder.
    public static func diskBytes(at path: String) throws(Errno) -> Int64 {
        var state = statvfs()
        try retrying { statvfs(path, &state) }
        return Int64(state.f_blocks) * Int64(state.f_frsize)
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Makes a folder and those above it.
    public static func makeFolder(_ path: String, mode: UInt32 = 0o755) throws(Errno) {
        guard !exists(path) else { return }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeFolder(String(path[..<slash]), mode: mode)
        }
        do throws(Errno) {
            try retrying { mkdir(path, mode) }
        } catch  where error.rawValue == EEXIST {
            return
        }
    }

    public static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    public static func link(at path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The absolute form of a path that exists.
    public static func absolute(_ path: String) throws(Errno) -> String {
        guard let resolved = realpath(path, nil) else { throw Errno(rawValue: errno) }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

/// A lock on a file that the kernel releases when its holder ends, however it ends.
public struct FileLock: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    /// Takes the lock, or gives nil when another process has it.
    public static func take(_ path: String) throws(Errno) -> FileLock? {
        let fd = try retrying { open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
        let lock = FileLock(descriptor: FileDescriptor(owning: fd))
        guard flock(fd, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw Errno(rawValue: errno) }
            return nil
        }
        return lock
    }
}

/// A file opened for reading, with what HTTP says about it.
public final class File: Sendable {
    let descriptor: FileDescriptor
    public let size: Int
    /// When it was last changed, in nanoseconds since 1970.
    public let modified: Int64

    public init(_ path: String) throws(Errno) {
        descriptor = try FileDescriptor(reading: path)
        var status = stat()
        guard fstat(descriptor.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Errno(rawValue: EISDIR) }
        size = status.st_size
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }
}
