/// The ISO as a kernel finds it: a member of a cpio archive (newc), loaded in two parts that lie end to end.
public struct BootArchive: Equatable, Sendable {
    /// Why a kernel would not find `/proxmox.iso` in its memory.
    public struct Malformed: Error, Equatable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// Where the ISO begins in the first part.
    public let isoOffset: Int
    public let isoSize: Int

    private static let alignment = 4096
    private static let headerSize = 110
    private static let name = "proxmox.iso"
    private static let end = "TRAILER!!!"

    /// Reads the header from the beginning of the first part, and checks that both parts add up to what it says.
    public init(beginning: [UInt8], bodySize: Int, tail: [UInt8]) throws(Malformed) {
        guard let name = Self.name(of: beginning), let size = Self.number(beginning, 54) else {
            throw Malformed(description: "the body does not begin with the header of a cpio archive")
        }
        guard name == Self.name else {
            throw Malformed(description: "the archive has a file \(name), but the installer looks for proxmox.iso")
        }
        try self.init(isoSize: size, bodySize: bodySize, tail: tail)
    }

    /// What can be known without the first part.
    public init(bodySize: Int, tail: [UInt8]) throws(Malformed) {
        let whole = bodySize + tail.count - Self.start - Self.trailerSize
        try self.init(isoSize: whole / 4 * 4, bodySize: bodySize, tail: tail)
    }

    private init(isoSize: Int, bodySize: Int, tail: [UInt8]) throws(Malformed) {
        guard bodySize % Self.alignment == 0 else {
            throw Malformed(description: "the body ends at no multiple of 4096, so iPXE leaves a gap before the tail")
        }
        let expected = Self.start + Self.padded(isoSize) + Self.trailerSize
        guard bodySize + tail.count == expected else {
            throw Malformed(
                description: "body and tail have \(bodySize + tail.count) bytes together, not the \(expected) that an "
                    + "ISO of \(isoSize) bytes takes")
        }
        guard isoSize > 0, isoSize % 2048 == 0 else {
            throw Malformed(description: "an ISO of \(isoSize) bytes is none")
        }
        guard tail.count >= Self.trailerSize, Self.name(of: Array(tail.suffix(Self.trailerSize))) == Self.end else {
            throw Malformed(description: "the tail does not end with the end of the archive")
        }
        (isoOffset, self.isoSize) = (Self.start, isoSize)
    }

    /// The text of the mode file: it begins at a block of the ISO, and nothing follows it but zeros.
    public func modeFile(bodySize: Int, tail: [UInt8]) throws(Malformed) -> ModeFile {
        let block = 2048
        var start = (block - (bodySize - isoOffset) % block) % block
        while start < tail.count {
            let bytes = tail[start...].prefix { $0 == 9 || $0 == 10 || (32...126).contains($0) }
            let text = String(decoding: bytes, as: UTF8.self)
            if text.contains("mode"), let document = try? TOMLDocument(parsing: text), document.root["mode"] != nil {
                do throws(InstallerRefusal) {
                    return try ModeFile(document.root)
                } catch {
                    throw Malformed(description: "the mode file is wrong: \(error.message)")
                }
            }
            start += block
        }
        throw Malformed(description: "there is no mode file in the tail: the installer would not know whom to ask")
    }

    private static var start: Int { padded(headerSize + name.utf8.count + 1) }
    private static var trailerSize: Int { padded(headerSize + end.utf8.count + 1) }

    private static func padded(_ count: Int) -> Int { (count + 3) / 4 * 4 }

    private static func name(of header: [UInt8]) -> String? {
        guard header.count >= headerSize, header.starts(with: "070701".utf8), let length = number(header, 94),
            (2...256).contains(length), header.count >= headerSize + length
        else { return nil }
        return String(decoding: header[headerSize..<headerSize + length - 1], as: UTF8.self)
    }

    /// A field of a header: eight hexadecimal digits.
    private static func number(_ header: [UInt8], _ offset: Int) -> Int? {
        guard header.count >= offset + 8 else { return nil }
        return Int(String(decoding: header[offset..<offset + 8], as: UTF8.self), radix: 16)
    }
}
