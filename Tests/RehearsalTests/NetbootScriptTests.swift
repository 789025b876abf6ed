import Foundation
import Model
import Testing

@testable import Rehearsal

@Suite struct NetbootScriptTests {
    static let machine = FakeMachine(9, type: ServerType(key: "any", bootDisk: .path("/dev/sda")))

    static let scripts = Stage.answers.deletingLastPathComponent().appending(path: "Golden")

    static func golden(_ name: String) throws -> NetbootScript {
        try NetbootScript(try String(contentsOf: scripts.appending(path: "\(name).ipxe"), encoding: .utf8))
    }

    @Test(arguments: [
        "local", "local-exit", "local-file", "local-sanboot", "local-switched", "failed", "unknown",
        "too-little-memory",
    ])
    func `a machine that is not to be installed starts from its own disk`(name: String) throws {
        #expect(try Self.golden(name).follow(on: Self.machine).end == .ownDisk)
    }

    @Test func `a machine that is to be installed tells its memory`() throws {
        guard case .chain(let url) = try Self.golden("memory-question").follow(on: Self.machine).end else {
            Issue.record("it does not ask again")
            return
        }
        #expect(url.hasSuffix("?memory=0040" + String(repeating: "-", count: 15)))
    }

    static let installation = """
        #!ipxe
        echo Host     pve-01: to be installed
        kernel --name k http://box/boot/vmlinuz?token=T ramdisk_size=16777216 rw quiet || goto failed
        initrd --name initrd.img http://box/boot/initrd.img?token=T || goto failed
        initrd http://box/boot/body?token=T || goto failed
        initrd http://box/boot/tail?token=T || goto failed
        boot || goto failed
        :failed
        echo It could not be loaded.
        iseq ${platform} efi && exit 1 ||
        exit
        """

    @Test func `an installation is what a script loads, in its order`() throws {
        let (end, screen) = try NetbootScript(Self.installation).follow(on: Self.machine)
        let initrds = ["initrd.img", "body", "tail"].map { "http://box/boot/\($0)?token=T" }
        let words = ["ramdisk_size=16777216", "rw", "quiet"]
        #expect(
            end == .installation(.init(kernel: "http://box/boot/vmlinuz?token=T", words: words, initrds: initrds)))
        #expect(screen == ["Host pve-01: to be installed"])
    }

    @Test func `what cannot be loaded leads where the script says`() throws {
        let script = try NetbootScript(Self.installation)
        let (end, screen) = try script.follow(on: Self.machine, failing: ["http://box/boot/body?token=T"])
        #expect(end == .ownDisk && screen.last == "It could not be loaded.")
    }

    static let wrong: [(String, String)] = [
        ("<html>", "the script does not begin with #!ipxe, so iPXE takes it for no script"),
        ("#!ipxe\nfetch x", "line 2 of the script: iPXE knows no command fetch"),
        ("#!ipxe\n:a\ngoto a", "line 2 of the script: it goes round in a circle"),
    ]

    @Test(arguments: wrong)
    func `a script that iPXE would stop at is refused`(text: String, reason: String) {
        #expect(throws: NetbootScript.Malformed(description: reason)) {
            try NetbootScript(text).follow(on: Self.machine)
        }
    }

    @Test func `words that would stay on the installed system are told`() {
        let good = ["ramdisk_size=16777216", "rw", "quiet", "splash=silent", "proxmox-start-auto-installer"]
        #expect(KernelWords.problems(good + ["proxmox-sprout-1"]).isEmpty)
        #expect(
            KernelWords.problems(good + ["initrd=initrd.img"])
                == ["initrd=initrd.img would stay on the installed system's command line"])
        #expect(
            KernelWords.problems(["quiet"]) == [
                "proxmox-start-auto-installer is missing: the installer would wait for a person"
            ])
        #expect(KernelWords.problems(good + ["root=/dev/sda"]).count == 1)
    }
}
