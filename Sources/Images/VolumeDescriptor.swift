import Glibc
import Linux
import Model

/// The first description of an ISO 9660 volume (ECMA-119, 8.4): enough to tell an ISO from something else, and a whole
/// one from one that was cut off.
struct VolumeDescriptor: Equatable {
    /// How long the volume says it is.
    let size: Int64

    init(of path: String) throws(DiscInformation.Unusable) {
        guard let bytes = Self.sector(16, of: path) else {
            throw .init("it is shorter than 34 kB: this is no ISO")
        }
        guard bytes[0] == 1, bytes[1..<6].elementsEqual("CD001".utf8) else {
            throw .init("it does not begin as an ISO does: is it another kind of file, or compressed?")
        }
        let blocks = (0..<4).reduce(Int64(0)) { $0 | Int64(bytes[80 + $1]) << (8 * $1) }
        size = blocks * 2048
    }

    private static func sector(_ number: Int, of path: String) -> [UInt8]? {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var bytes = [UInt8](repeating: 0, count: 2048)
        return pread(fd, &bytes, 2048, off_t(number * 2048)) == 2048 ? bytes : nil
    }
}
