import Foundation
import Linux
import Model
import Testing

@testable import Images

/// The line that lets the agent in, in the first program of an installer.
@Suite(.timeLimit(.minutes(5))) struct InitScriptTests {
    private static let reactor: Reactor = {
        guard let reactor = try? Reactor() else { preconditionFailure("no epoll") }
        reactor.start()
        return reactor
    }()

    static let standIn = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Rehearsal/initrd/init").path

    private func patched(_ text: String) throws -> String {
        String(decoding: try InitScript(patching: Array(text.utf8)).patched, as: UTF8.self)
    }

    @Test func `the stand-in's own /init gets one line more, before the one that leaves it`() throws {
        let text = try Files.text(Self.standIn)
        let lines = try patched(text).split(separator: "\n", omittingEmptySubsequences: false)
        let place = try #require(lines.firstIndex { $0 == InitScript.line })
        #expect(lines[place + 1].hasPrefix("if ! exec switch_root -c /dev/console /mnt/.installer-mp /bin/setsid"))
        var without = lines
        without.remove(at: place)
        #expect(without.joined(separator: "\n") == text)
    }

    @Test func `blanks before the line, and what else is in the text, stay as they are`() throws {
        #expect(
            try patched("#! /bin/busybox sh -e\n# exec switch_root\nif x; then\n\t  exec  switch_root /new /init\nfi")
                == "#! /bin/busybox sh -e\n# exec switch_root\nif x; then\n\t  [ ! -r /sprout/hook ] || . /sprout/hook\n"
                + "\t  exec  switch_root /new /init\nfi")
        // As in Proxmox's own, which can also start a system that is installed.
        #expect(
            try patched(
                "#!/bin/sh\nif a; then\n  if ! exec switch_root -c /dev/console /m /x -c \"exec /sbin/unconfigured.sh\"; then\n"
                    + "    b\n  fi\nelse\n  exec /sbin/switch_root -c /dev/console /mnt sbin/init\nfi\n")
                == "#!/bin/sh\nif a; then\n  [ ! -r /sprout/hook ] || . /sprout/hook\n"
                + "  if ! exec switch_root -c /dev/console /m /x -c \"exec /sbin/unconfigured.sh\"; then\n"
                + "    b\n  fi\nelse\n  exec /sbin/switch_root -c /dev/console /mnt sbin/init\nfi\n")
        let bytes = Array("#!/bin/bash\n".utf8) + [0xff, 0xfe, 10] + Array("exec switch_root /a /b\n".utf8)
        #expect(try InitScript(patching: bytes).patched.contains(0xff))
    }

    static let unsuitable: [(String, String)] = [
        ("", "its /init is no shell script"),
        ("\u{7f}ELF", "its /init is no shell script"),
        ("#!/usr/bin/python3\nexec switch_root /a\n", "its /init is no shell script"),
        ("exec switch_root /a /b\n", "its /init is no shell script"),
        ("#!/bin/sh\necho\n", "its /init has no line that begins with exec switch_root"),
        ("#!/bin/sh\nexec switch_rooted /a\n", "its /init has no line that begins with exec switch_root"),
        ("#!/bin/sh\n[ x ] && exec switch_root /a\n", "its /init has no line that begins with exec switch_root"),
        (
            "#!/bin/sh\nexec switch_root /a\nexec switch_root /b\n",
            "its /init has 2 lines that begin with exec switch_root, and which of them starts the installer is not known"
        ),
        (
            "#!/bin/sh\nexec switch_root /a unconfigured.sh\nif ! exec switch_root /b unconfigured.sh; then\nfi\n",
            "its /init has 2 lines that begin with exec switch_root, and which of them starts the installer is not known"
        ),
        (
            "#!/bin/sh\ntrue && \\\nexec switch_root /a\n",
            "in its /init the line before exec switch_root goes on in that line"
        ),
    ]

    @Test(arguments: unsuitable)
    func `what is not as it is known to be is left alone, and the reason is said`(text: String, reason: String) {
        #expect(throws: InitScript.Unsuitable(reason)) { try InitScript(patching: Array(text.utf8)) }
    }

    private static let packed = "mkdir r && cp \(standIn) r/init && cd r && echo init | cpio -oH newc --quiet > ../out"

    private func imported(_ iso: SyntheticISO) async throws -> (InstallerImage, String) {
        let folder = "\(iso.folder)/work"
        try Files.makeFolder(folder)
        let image = try await Importer(in: folder, Self.reactor)
            .run(iso.path, named: "in.iso", at: Timestamp(milliseconds: 0))
        return (image, folder)
    }

    @Test(arguments: ["zstd -q", "gzip", "cat"])
    func `an import keeps the patched /init as a file of the image, however the initrd is packed`(
        packing: String
    ) async throws {
        let iso = try SyntheticISO(packing: packing, initrd: Self.packed)
        defer { iso.remove() }
        let (image, folder) = try await imported(iso)
        #expect(image.files.map(\.name) == ["vmlinuz", "initrd.img", "body", "tail", "init"])
        #expect(image.withoutAgent == nil && image.agentObstacle == nil)
        #expect(try Files.text("\(folder)/init") == (try patched(try Files.text(Self.standIn))))
        let images = ImageFolder("\(iso.folder)/images")
        try images.prepare()
        try images.adopt(folder, as: image)
        try images.check(image)
        try await images.verify(image, Self.reactor)
        #expect(try Files.mode(of: "\(images.path)/\(image.id)/init") == 0o644)
        try SyntheticISO.shell("echo >> \(images.path)/\(image.id)/init")
        #expect(throws: ImageFolder.Damaged.self) { try images.check(image) }
    }

    static let without: [(String, String)] = [
        ("head -c 200000 /dev/zero > out", "its initrd has no /init"),
        ("mkdir r && cd r && touch a && echo a | cpio -oH newc --quiet > ../out", "its initrd has no /init"),
        (
            "mkdir r && cd r && ln -s bin/busybox init && echo init | cpio -oH newc --quiet > ../out",
            "the /init of its initrd is no plain file"
        ),
        (
            "mkdir r && cd r && (echo '#!/bin/sh'; head -c 300000 /dev/zero) > init && echo init"
                + " | cpio -oH newc --quiet > ../out",
            "its /init has 300010 bytes, and a script of more than 262144 is not read"
        ),
        (
            "mkdir r && cd r && echo '#!/bin/sh' > init && echo init | cpio -oH newc --quiet > ../out",
            "its /init has no line that begins with exec switch_root"
        ),
        (
            // Cut off within the content.
            "mkdir r && cp \(standIn) r/init && cd r && echo init | cpio -oH newc --quiet | head -c 900 > ../out",
            "its initrd has no /init"
        ),
    ]

    @Test(arguments: without)
    func `an image without a suitable /init is imported all the same, and says why`(
        initrd: String, reason: String
    ) async throws {
        let iso = try SyntheticISO(initrd: initrd)
        defer { iso.remove() }
        let (image, folder) = try await imported(iso)
        #expect(image.withoutAgent == reason && image.agentObstacle == reason)
        #expect(image.files.map(\.name) == Importer.fileNames)
        let images = ImageFolder("\(iso.folder)/images")
        try images.prepare()
        try images.adopt(folder, as: image)
        #expect(Files.names(in: "\(images.path)/\(image.id)") == ["body", "initrd.img", "tail", "vmlinuz"])
        try images.check(image)
    }

    @Test func `the last /init counts, also of a second archive behind zeros`() throws {
        let iso = try SyntheticISO(
            initrd: """
                mkdir r; cd r; echo early > init; touch early
                (echo early; echo init) | cpio -oH newc --quiet > ../out; head -c 512 /dev/zero >> ../out
                cp \(Self.standIn) init; echo ./init | cpio -oH newc --quiet >> ../out; printf garbage >> ../out
                """)
        defer { iso.remove() }
        #expect(
            try InitScript(fromInitrd: "\(iso.folder)/initrd").patched
                == (try InitScript(patching: try Files.read(Self.standIn)).patched))
    }

    @Test func `an archive with any byte changed or cut ends in an answer`() throws {
        let iso = try SyntheticISO(initrd: Self.packed)
        defer { iso.remove() }
        let whole = try Files.read("\(iso.folder)/initrd")
        let path = "\(iso.folder)/changed"
        for place in 0..<130 {
            for value in [UInt8(ascii: "0"), UInt8(ascii: "F"), UInt8(ascii: "-"), 0, 255] {
                var changed = whole
                changed[place] = value
                try Data(changed).write(to: URL(filePath: path))
                _ = try? InitScript(fromInitrd: path)
            }
            try Data(whole.prefix(place * 10)).write(to: URL(filePath: path))
            #expect(throws: InitScript.Unsuitable.self) { try InitScript(fromInitrd: path) }
        }
    }

    @Test func `an archive of several files is one that cpio reads`() throws {
        let iso = try SyntheticISO()
        defer { iso.remove() }
        let archive = CpioMember.archive([
            ("init", 0o100755, Array("#!/bin/sh\n".utf8)), ("sprout", 0o040700, []),
            ("sprout/hook", 0o100600, Array("abcd".utf8)), ("sprout/place", 0o100600, []),
        ])
        try Files.write(archive, to: "\(iso.folder)/archive")
        try SyntheticISO.shell(
            """
            cd \(iso.folder) && mkdir x && cd x && cpio -idm --quiet < ../archive
            test "$(find . -printf '%P %m %s %y\\n' | grep -v ' d$' | sort | tr '\\n' ,)" = \
            'init 755 10 f,sprout/hook 600 4 f,sprout/place 600 0 f,' && test "$(stat -c %a sprout)" = 700
            """)
    }
}
