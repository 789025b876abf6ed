import Glibc
import Linux
import Testing

@testable import sprout_boot

@Suite struct BootFilesTests {
    static let names: [(String, String?)] = [
        ("undionly.kpxe", "undionly.kpxe"), ("/undionly.kpxe", "undionly.kpxe"), ("//undionly.kpxe", "undionly.kpxe"),
        ("\\undionly.kpxe", "undionly.kpxe"), ("UNDIONLY.KPXE", "undionly.kpxe"), ("./a", "a"),
        ("tftp://192.168.1.2/snponly.efi", "192.168.1.2/snponly.efi"), ("TFTP://snponly.efi", "snponly.efi"),
        ("52-54-00-AA-00-01\\autoexec.ipxe", "52-54-00-aa-00-01/autoexec.ipxe"), ("/boot/x/a.efi", "boot/x/a.efi"),
        ("../etc/passwd", nil), ("a/../../b", nil), ("a\\..\\b", nil), ("..", nil), ("/", nil), ("", nil),
        ("tftp://", nil), (String(repeating: "a", count: 255), String(repeating: "a", count: 255)),
        (String(repeating: "a", count: 256), nil),
    ]

    @Test(arguments: names)
    func `names are read as firmware writes them`(text: String, expected: String?) {
        #expect(BootFileName(Array(text.utf8))?.path == expected)
    }

    @Test(arguments: [[0xff], [0xff, 0x41, 0x42], [0], [0x0a], [0xc3, 0xa4, 0x2e]] as [[UInt8]])
    func `garbage behind a name is cut off`(garbage: [UInt8]) {
        #expect(BootFileName(Array("undionly.kpxe".utf8) + garbage)?.path == "undionly.kpxe")
        #expect(BootFileName(garbage) == nil)
    }

    @Test func `only the names of the table are opened, and their files are shared`() async throws {
        let folder = try Folder()
        try Files.write("program", to: "\(folder.path)/ipxe-amd64.efi")
        try Files.write("secret", to: "\(folder.path)/secret")
        let files = BootFiles(folder: folder.path)
        #expect(try await files.content(of: name("ipxe.efi"), for: asker(0)) == Array("program".utf8))
        #expect(try await files.content(of: name("any/where/ipxe-amd64.efi"), for: asker(0)) == Array("program".utf8))
        #expect(try await files.content(of: name("secret"), for: asker(0)) == nil)
        unlink("\(folder.path)/ipxe-amd64.efi")
        #expect(try await files.content(of: name("ipxe.efi"), for: asker(0)) == Array("program".utf8))
    }

    @Test func `a missing file names the package, and is found when it comes`() async throws {
        let folder = try Folder()
        let files = BootFiles(folder: folder.path)
        let problems = await files.problems()
        #expect(problems.count == 4)
        #expect(
            problems.first == "\(folder.path)/undionly.kpxe cannot be read (No such file or directory):"
                + " install Debian's package ipxe, of Debian 13 or newer,"
                + " or name the folder with its files in SPROUT_NETBOOT_FILES"
        )
        await #expect(throws: BootFiles.Missing.self) {
            _ = try await files.content(of: name("snponly.efi"), for: asker(0))
        }
        try Files.write("x", to: "\(folder.path)/snponly.efi")
        #expect(try await files.content(of: name("snponly.efi"), for: asker(0)) == [120])
        #expect(await files.problems().count == 3)
    }

    @Test func `a file may be made for the one who asks`() async throws {
        let files = BootFiles(
            folder: "/nowhere",
            made: ["autoexec.ipxe": { $1.client == 7 ? Array("\($0.folder) \($1.localAddress)".utf8) : nil }])
        #expect(try await files.content(of: name("AA-BB/autoexec.ipxe"), for: asker(7)) == Array("aa-bb 2".utf8))
        #expect(try await files.content(of: name("autoexec.ipxe"), for: asker(8)) == nil)
    }

    private func asker(_ client: UInt32) -> BootFiles.Asker { BootFiles.Asker(client: client, localAddress: 2) }

    private func name(_ text: String) throws -> BootFileName { try #require(BootFileName(Array(text.utf8))) }
}

/// A folder of its own that goes with the test.
private final class Folder {
    let path: String

    init() throws {
        path = "/tmp/sprout-boot-files-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Files.makeFolder(path)
    }

    deinit {
        for name in Files.names(in: path) { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}
