import Glibc
import Linux
import Model
import Testing

@testable import Images

/// One loop for all tests of the process: it never ends.
private let reactor: Reactor = {
    guard let reactor = try? Reactor() else { preconditionFailure("no epoll") }
    reactor.start()
    return reactor
}()

/// A small ISO with the files that an importer looks for, made by xorriso as the real ones are.
struct SyntheticISO {
    let folder: String
    var path: String { "\(folder)/in.iso" }

    /// `initrd` makes the unpacked initrd in the folder; without it there is one that is no archive.
    init(
        release: String = "9.2", product: String = "pve", capable: Bool = true, packing: String = "zstd -q",
        initrd: String? = nil
    ) throws {
        var template = Array("/tmp/sprout-iso-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Errno(rawValue: errno) }
        folder = String(cString: made)
        let root = "\(folder)/root"
        for name in ["boot", ".disk", "proxmox"] { try Files.makeFolder("\(root)/\(name)") }
        let lines = """
            PRODUCT='\(product)'
            PRODUCTLONG='Proxmox VE'
            RELEASE="\(release)"
            ISORELEASE='1'
            """
        try Files.write(lines, to: "\(root)/.cd-info")
        try Files.write("an id", to: "\(root)/.pve-cd-id.txt")
        if capable { try Files.write("", to: "\(root)/auto-installer-capable") }
        try Files.write([UInt8](repeating: 7, count: 300_000), to: "\(root)/boot/linux26")
        try Files.write([UInt8](repeating: 8, count: 200_000), to: "\(folder)/initrd")
        try Files.write(
            (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }, to: "\(root)/pve-base.squashfs")
        if let initrd { try Self.shell("cd \(folder) && (\(initrd)) && mv out initrd") }
        try Self.shell(
            """
            \(packing) < \(folder)/initrd > \(root)/boot/initrd.img
            xorriso -as mkisofs -quiet -r -V PVE -o \(folder)/in.iso \(root) 2>/dev/null
            """)
    }

    func remove() { try? Self.shell("chmod -R u+w \(folder); rm -r \(folder)") }

    static func shell(_ text: String) throws {
        guard system(text) == 0 else { throw Errno(rawValue: ECHILD) }
    }
}

@Suite(.timeLimit(.minutes(5))) struct ImporterTests {
    private func imported(
        _ iso: SyntheticISO, expected: String? = nil, report: @escaping @Sendable (Importer.Progress) -> Void = { _ in }
    ) async throws -> (InstallerImage, String) {
        let folder = "\(iso.folder)/work"
        try Files.makeFolder(folder)
        let image = try await Importer(in: folder, reactor, report: report)
            .run(iso.path, named: "in.iso", expected: expected, at: Timestamp(milliseconds: 0))
        return (image, folder)
    }

    @Test func `P14: an ISO becomes a kernel, an initrd and an ISO in two parts`() async throws {
        let iso = try SyntheticISO()
        defer { iso.remove() }
        let (image, folder) = try await imported(iso)
        #expect((image.id, image.release, image.build) == ("proxmox-ve-9.2-1", "9.2", "1"))
        #expect(image.files.map(\.name) == ["vmlinuz", "initrd.img", "body", "tail"])
        #expect(Files.names(in: folder).sorted() == ["body", "initrd.img", "tail", "vmlinuz", "words"])
        #expect(try Files.read("\(folder)/vmlinuz") == [UInt8](repeating: 7, count: 300_000))
        try SyntheticISO.shell("cd \(folder) && zcat initrd.img | cmp - ../initrd")
        let body = try File("\(folder)/body")
        #expect(body.size % 4096 == 0)
        // What the kernel would unpack is an ISO with the mode file, and without /boot.
        try SyntheticISO.shell(
            """
            cd \(folder) && cat body tail > archive && mkdir out && cd out && cpio -idm --quiet < ../archive
            xorriso -report_about FAILURE -osirrox on -indev proxmox.iso -extract /auto-installer-mode.toml mode \
            -extract /pve-base.squashfs base 2>/dev/null
            cmp base ../../root/pve-base.squashfs
            ! xorriso -report_about FAILURE -indev proxmox.iso -find /boot 2>/dev/null | grep -q boot
            """)
        let tail = try Files.read("\(folder)/tail", limit: 4 << 20)
        let span = Int(image.modeFile.offset)..<Int(image.modeFile.offset + image.modeFile.length)
        #expect(tail[span] == (try Files.read("\(folder)/out/mode"))[...])
        #expect(tail.count < 1 << 20, "a tail is made for each operation: it must be small")
    }

    @Test func `P14: the checksum is compared with the one that was given`() async throws {
        let iso = try SyntheticISO()
        defer { iso.remove() }
        let (image, _) = try await imported(iso)
        let refused = await #expect(throws: DiscInformation.Unusable.self) {
            try await Importer(in: "\(iso.folder)/work", reactor).run(
                iso.path, named: "x", expected: "00", at: Timestamp(milliseconds: 0))
        }
        #expect(refused?.description == "its SHA-256 is \(image.sha256), but 00 was expected")
    }

    @Test func `every step tells how far it is`() async throws {
        let iso = try SyntheticISO()
        defer { iso.remove() }
        let (steps, queue) = AsyncStream.makeStream(of: Importer.Progress.self)
        _ = try await imported(iso) { queue.yield($0) }
        queue.finish()
        var seen: Set<Importer.Step> = []
        for await progress in steps { seen.insert(progress.step) }
        #expect(seen.isSuperset(of: [.hashing, .reading, .unpacking, .checking]))
    }

    @Test func `a file that is no such ISO is refused in a sentence`() async throws {
        let other = try SyntheticISO(product: "pbs")
        let old = try SyntheticISO(release: "7.4")
        let interactive = try SyntheticISO(capable: false)
        let cut = try SyntheticISO()
        let foreign = try SyntheticISO()
        let text = try SyntheticISO()
        defer { for iso in [other, old, interactive, cut, foreign, text] { iso.remove() } }
        try SyntheticISO.shell("truncate -s -1000000 \(cut.path)")
        try SyntheticISO.shell(
            "cd \(foreign.folder) && rm in.iso && mkdir e && echo x > e/x && xorriso -as mkisofs -quiet -o in.iso e 2>/dev/null"
        )
        try SyntheticISO.shell("head -c 100000 /dev/zero > \(text.path)")
        for (iso, words) in [
            (other, "only Proxmox VE can be installed"), (old, "needs 8.2 or newer"),
            (interactive, "needs 8.2 or newer"),
            (cut, "it is cut off"), (foreign, "its files cannot be read"), (text, "does not begin as an ISO does"),
        ] {
            let refused = await #expect(throws: DiscInformation.Unusable.self) { try await imported(iso) }
            #expect(refused?.description.contains(words) == true, "\(refused?.description ?? "")")
        }
    }

    @Test func `E20: a file that is gone, or was changed, is told before anything is armed`() async throws {
        let iso = try SyntheticISO()
        defer { iso.remove() }
        let (image, folder) = try await imported(iso)
        let images = ImageFolder("\(iso.folder)/images")
        try images.prepare()
        try images.adopt(folder, as: image)
        try images.check(image)
        try await images.verify(image, reactor)
        let body = "\(images.path)/\(image.id)/body"
        try SyntheticISO.shell("touch -d 2001-01-01 \(body)")
        #expect(throws: ImageFolder.Damaged.self) { try images.check(image) }
        try await images.verify(image, reactor)
        try await images.verify(image, reactor, inHaste: false)
        try SyntheticISO.shell("chmod u+w \(body); printf x | dd of=\(body) conv=notrunc status=none")
        let damaged = await #expect(throws: ImageFolder.Damaged.self) { try await images.verify(image, reactor) }
        let slowly = await #expect(throws: ImageFolder.Damaged.self) {
            try await images.verify(image, reactor, inHaste: false)
        }
        #expect(slowly == damaged)
        #expect(Files.names(in: images.incoming) == [])
        let recorded = try #require(image.files.first { $0.name == "body" }?.sha256)
        #expect(damaged?.description.contains("was \(recorded) when it was imported") == true)
        unlink(body)
        let missing = #expect(throws: ImageFolder.Damaged.self) { try images.check(image) }
        #expect(missing?.description.contains("is missing: import proxmox-ve-9.2-1 again") == true)
    }
}
