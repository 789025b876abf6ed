import Glibc
import Linux

/// Finds files in a cpio archive (newc) on the disk, of whose contents it reads only those that are wanted.
///
/// As a kernel does, it goes on behind the end of an archive with the next one, and takes the last file of a name.
/// Whatever is in the archive, it reads forward only and no more than `mostMembers` headers.
struct CpioReader: ~Copyable {
    /// A member, and where its content lies.
    struct Member: Equatable {
        let name: String
        let isPlainFile: Bool
        let offset: Int64
        let size: Int64
    }

    static let mostMembers = 200_000
    private static let headerSize: Int64 = 110
    private let file: FileDescriptor
    private let size: Int64

    init(_ path: String) throws(Errno) {
        self.init(try FileDescriptor(reading: path), size: try FileState(path).size)
    }

    private init(_ file: consuming FileDescriptor, size: Int64) {
        self.file = file
        self.size = size
    }

    /// The last member of a name, however the archive writes it; nil if there is none before the first that is no member.
    func last(named name: String) throws(Errno) -> Member? {
        var found: Member?
        var position: Int64 = 0
        for _ in 0..<Self.mostMembers {
            guard let start = try nextArchive(from: position), let (member, end) = try member(at: start) else { break }
            if [name, "./\(name)", "/\(name)"].contains(member.name) { found = member }
            position = end
        }
        return found
    }

    func content(of member: Member) throws(Errno) -> [UInt8] { try bytes(at: member.offset, Int(member.size)) }

    private func member(at start: Int64) throws(Errno) -> (Member, end: Int64)? {
        let header = try bytes(at: start, Int(Self.headerSize))
        guard header.count == Self.headerSize, header.starts(with: "070701".utf8) || header.starts(with: "070702".utf8),
            let mode = Self.number(header, 14), let size = Self.number(header, 54),
            let nameSize = Self.number(header, 94), (1...4096).contains(nameSize)
        else { return nil }
        let name = try bytes(at: start + Self.headerSize, Int(nameSize))
        let offset = Self.padded(start + Self.headerSize + nameSize)
        guard name.count == nameSize, offset + size <= self.size else { return nil }
        let member = Member(
            name: String(decoding: name.dropLast(), as: UTF8.self), isPlainFile: mode & 0o170000 == 0o100000,
            offset: offset, size: size)
        return (member, Self.padded(offset + size))
    }

    /// Where the zeros end that may lie between two archives.
    private func nextArchive(from position: Int64) throws(Errno) -> Int64? {
        var position = position
        while position < size {
            let piece = try bytes(at: position, 512)
            if let filled = piece.firstIndex(where: { $0 != 0 }) { return position + Int64(filled) }
            position += 512
        }
        return nil
    }

    private func bytes(at position: Int64, _ count: Int) throws(Errno) -> [UInt8] {
        try file.seek(to: position)
        var bytes: [UInt8] = []
        while bytes.count < count, try file.read(into: &bytes, upTo: count - bytes.count) > 0 {}
        return bytes
    }

    /// A field of a header: eight hexadecimal digits.
    private static func number(_ header: [UInt8], _ offset: Int) -> Int64? {
        Int64(String(decoding: header[offset..<offset + 8], as: UTF8.self), radix: 16).flatMap { $0 >= 0 ? $0 : nil }
    }

    private static func padded(_ count: Int64) -> Int64 { (count + 3) / 4 * 4 }
}
