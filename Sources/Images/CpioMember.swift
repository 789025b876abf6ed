/// A file as a member of a cpio archive (newc), which the kernel unpacks into its initramfs.
///
/// iPXE lays the files that it loads end to end, each at a multiple of 4096: so one member may be cut there, and its
/// parts loaded as two files.
public struct CpioMember: Sendable {
    public static let alignment: Int64 = 4096

    private let name: String
    private let size: Int64
    private let mode: Int

    public init(name: String, size: Int64, mode: Int = 0o100444) {
        (self.name, self.size, self.mode) = (name, size, mode)
    }

    /// What precedes the content.
    public var header: [UInt8] {
        let fields: [Int64] = [1, Int64(mode), 0, 0, 1, 0, size, 0, 0, 0, 0, Int64(name.utf8.count + 1), 0]
        var bytes = Array("070701".utf8)
        for field in fields { bytes += Self.hexadecimal(field) }
        bytes += Array(name.utf8) + [0]
        return bytes + Self.padding(after: bytes.count)
    }

    /// What follows the content: padding, and the end of the archive.
    public var trailer: [UInt8] { Self.padding(after: Int(size % 4)) + Self.end }

    /// A whole archive of small files; a folder is a member too, which has no content.
    public static func archive(_ members: [(name: String, mode: Int, content: [UInt8])]) -> [UInt8] {
        members.reduce(into: []) { bytes, member in
            bytes += CpioMember(name: member.name, size: Int64(member.content.count), mode: member.mode).header
            bytes += member.content + padding(after: member.content.count)
        } + end
    }

    private static var end: [UInt8] { CpioMember(name: "TRAILER!!!", size: 0, mode: 0).header }

    private static func padding(after count: Int) -> [UInt8] { Array(repeating: 0, count: (4 - count % 4) % 4) }

    private static func hexadecimal(_ number: Int64) -> [UInt8] {
        let digits = String(number, radix: 16, uppercase: true)
        return Array((String(repeating: "0", count: max(0, 8 - digits.count)) + digits).utf8)
    }
}
