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
        "too-little-memory", "install-looked-at",
    ])
    func `a machine that is not to be installed starts from its own disk`(name: String) throws {
        #expect(try Self.golden(name).follow(on: Self.machine).end == .ownDisk)
    }

    @Test func `a machine that is to be installed tells its memory`() throws {
        guard case .chain(let url) = try Self.golden("memory-question").follow(on: Self.machine).end else {
            Issue.record("it does not ask again")
            return
        }
        #expect(url.hasSuffix("?memory=0040" + String(repeating: "-", count: 15) + "&platform=efi"))
    }

    @Test func `an installation is what a script loads, in its order`() throws {
        let run = try Self.golden("install").follow(on: Self.machine)
        let initrds = ["initrd.img", "body", "tail", "agent"].map { "http://192.168.1.5/boot/\($0)?token=TOKEN" }
        guard case .installation(let installation) = run.end else {
            Issue.record("it does not install")
            return
        }
        #expect(installation.kernel == "http://192.168.1.5/boot/vmlinuz?token=TOKEN")
        #expect(installation.initrds == initrds)
        #expect(KernelWords.problems(installation.words).isEmpty && !installation.words.isEmpty)
        #expect(run.screen.last == "Host pve-01: installs Proxmox VE 9.2-1" && run.reports.isEmpty)
    }

    @Test func `what cannot be loaded leads where the script says`() throws {
        let script = try Self.golden("install")
        let run = try script.follow(on: Self.machine, failing: ["http://192.168.1.5/boot/body?token=TOKEN"])
        #expect(run.end == .ownDisk)
        #expect(run.reports == ["http://192.168.1.5/boot/lost?token=TOKEN&file=ISO"])
        #expect(run.screen.contains { $0.hasPrefix("This machine did not get the installer (ISO)") })
        // An agent that cannot be loaded is done without.
        let agent = try script.follow(on: Self.machine, failing: ["http://192.168.1.5/boot/agent?token=TOKEN"])
        guard case .installation(let installation) = agent.end else {
            Issue.record("it does not install without the agent")
            return
        }
        #expect(installation.initrds.count == 3 && agent.reports.isEmpty)
        let again = try Self.golden("memory-question")
        guard case .chain(let url) = try again.follow(on: Self.machine).end else { return }
        #expect(try again.follow(on: Self.machine, failing: [url]).end == .ownDisk)
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
