import Testing

@testable import Wire

/// Bytes as they were seen on the wire, with `.` for NUL.
func packet(_ operation: UInt8, _ text: String) -> [UInt8] {
    [0, operation] + text.utf8.map { $0 == UInt8(ascii: ".") ? 0 : $0 }
}

@Suite struct TFTPPacketTests {
    static let requests: [([UInt8], TFTPRequest)] = [
        // EDK2 asks for the size first,
        (
            packet(1, "snponly_efi.octet.tsize.0.blksize.1468.windowsize.4."),
            TFTPRequest(
                name: Array("snponly_efi".utf8),
                options: TFTPOptions(blockSize: 1468, transferSize: 0, windowSize: 4))
        ),
        // and iPXE for the script.
        (
            packet(1, "autoexec_ipxe.octet.blksize.1432.tsize.0."),
            TFTPRequest(name: Array("autoexec_ipxe".utf8), options: TFTPOptions(blockSize: 1432, transferSize: 0))
        ),
        (packet(1, "a.OCTET.BlkSize.512."), TFTPRequest(name: [97], options: TFTPOptions(blockSize: 512))),
        (packet(1, "a.netascii."), TFTPRequest(name: [97], mode: .netascii)),
        (packet(1, "a.mail."), TFTPRequest(name: [97], mode: .mail)),
        (packet(1, "a.binary."), TFTPRequest(name: [97], mode: .unknown)),
        // A name with its NUL counted in, garbage behind a name, padding behind the options, half an option.
        (packet(1, "a..octet."), TFTPRequest(name: [97])),
        ([0, 1, 97, 0xff, 0] + Array("octet".utf8) + [0], TFTPRequest(name: [97, 0xff])),
        (packet(1, "a.octet.tsize.0......"), TFTPRequest(name: [97], options: TFTPOptions(transferSize: 0))),
        (packet(1, "a.octet.tsize.0.blksize.14"), TFTPRequest(name: [97], options: TFTPOptions(transferSize: 0))),
        (packet(1, "a.octet.blksize"), TFTPRequest(name: [97])),
    ]

    @Test(arguments: requests)
    func `requests are read`(bytes: [UInt8], expected: TFTPRequest) throws {
        #expect(try TFTPPacket(parsing: bytes.span) == .readRequest(expected))
    }

    static let nonsense = [
        "blksize.7.", "blksize.-8.", "blksize.+512.", "blksize. 512.", "blksize..", "blksize.99999999999999999999.",
        "timeout.0.", "timeout.256.", "windowsize.0.", "tsize.x.", "multicast.1.", "blksize2.1024.",
    ]

    @Test(arguments: nonsense)
    func `an option that makes no sense is as if it were not there`(option: String) throws {
        let bytes = packet(1, "a.octet.\(option)timeout.3.")
        let expected = TFTPRequest(name: [97], options: TFTPOptions(timeout: 3))
        #expect(try TFTPPacket(parsing: bytes.span) == .readRequest(expected))
    }

    @Test func `the first of two equal options counts`() throws {
        let bytes = packet(1, "a.octet.blksize.1024.BLKSIZE.512.")
        let expected = TFTPRequest(name: [97], options: TFTPOptions(blockSize: 1024))
        #expect(try TFTPPacket(parsing: bytes.span) == .readRequest(expected))
    }

    static let malformed: [([UInt8], TFTPPacket.Malformed)] = [
        ([], .truncated), ([0], .truncated), ([0, 4], .truncated), ([0, 4, 0], .truncated),
        ([0, 0, 0, 0], .unknownOperation(0)), ([0, 7, 0, 0], .unknownOperation(7)),
        ([1, 1, 97, 0], .unknownOperation(257)),
        (packet(1, "abc"), .unterminated(.name)), (packet(1, "abc."), .unterminated(.mode)),
        (packet(1, "abc.octet"), .unterminated(.mode)), (packet(1, ".octet."), .unnamed),
    ]

    @Test(arguments: malformed)
    func `malformed packets are refused`(bytes: [UInt8], expected: TFTPPacket.Malformed) {
        #expect(throws: expected) { try TFTPPacket(parsing: bytes.span) }
    }

    static let serialized: [(TFTPPacket, [UInt8])] = [
        (.data(block: 258, bytes: [9, 8]), [0, 3, 1, 2, 9, 8]),
        (.data(block: 1, bytes: []), [0, 3, 0, 1]),
        (.acknowledgement(block: 65535), [0, 4, 255, 255]),
        (.error(.fileNotFound), [0, 5, 0, 1] + Array("File not found".utf8) + [0]),
        (
            .optionAcknowledgement(TFTPOptions(blockSize: 1468, transferSize: 10, timeout: 2, windowSize: 4)),
            packet(6, "blksize.1468.tsize.10.timeout.2.windowsize.4.")
        ),
    ]

    @Test(arguments: serialized)
    func `packets are written, and read back`(value: TFTPPacket, bytes: [UInt8]) throws {
        #expect(value.serialized() == bytes)
        #expect(try TFTPPacket(parsing: bytes.span) == value)
    }

    @Test func `an error's text may lack its end`() throws {
        #expect(try TFTPPacket(parsing: [0, 5, 0, 0, 97].span) == .error(TFTPError(code: 0, text: "a")))
    }
}
