import Foundation
import Model
import Testing

@testable import Recipes

@Suite struct BootScriptTests {
    static let server = "http://192.168.1.5"

    static var mac: MACAddress { get throws { try MACAddress("52:54:00:00:00:01") } }

    static func host(_ state: HostState, _ localBoot: LocalBoot = .usual) throws -> Model.Host {
        let mac = try mac
        let moment = Timestamp(milliseconds: 0)
        return Model.Host(
            id: "id", hostname: try Hostname("pve-01"), mac: mac, macs: [mac], serverType: "vm", state: state,
            stateSince: moment, labels: [:], createdAt: moment, localBoot: localBoot)
    }

    static var image: InstallerImage {
        get throws {
            InstallerImage(
                id: "proxmox-ve-9.2-1", product: "Proxmox VE", release: "9.2", build: "1", source: "pve.iso", size: 1,
                sha256: "", importedAt: Timestamp(milliseconds: 0),
                files: [.init(name: "init", size: 1, sha256: "", modified: 0)], modeFile: .init(offset: 0, length: 1))
        }
    }

    static func scripts() throws -> [(String, BootScript)] {
        [
            ("unknown", .unknown(try MACAddress("52:54:00:00:00:02"), server: server)),
            ("local", .local(try host(.ready), server: server)),
            ("local-switched", .local(try host(.ready, .automatic(isSwitched: true)), server: server)),
            ("local-exit", .local(try host(.ready, .exit), server: server)),
            ("local-sanboot", .local(try host(.ready, .sanboot), server: server)),
            (
                "local-file",
                .local(try host(.ready, .file(LoaderFile("/EFI/proxmox/grubx64.efi"))), server: server)
            ),
            ("memory-question", .memoryQuestion(try host(.pxeReady), mac: try mac, server: server)),
            ("install", .install(try host(.pxeReady), try image, token: "TOKEN", server: server, hasAgent: true)),
            ("held", .held(try host(.pxeReady), mac: try mac, server: server)),
            ("install-looked-at", .secret(try host(.pxeReady), server: server)),
            (
                "too-little-memory",
                .tooLittleMemory(try host(.pxeReady), .init(mebibytes: 4096), needed: .leastForProxmox, server: server)
            ),
            ("failed", .failed(try host(.failed), reason: "no disk; ${x} || shell\n#!ipxe", server: server)),
            ("autoexec", .autoexec(server: server)),
        ]
    }

    @Test func `each script is the one in its golden file`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
        for (name, script) in try Self.scripts() {
            let file = folder.appending(path: "\(name).ipxe")
            if ProcessInfo.processInfo.environment["SPROUT_WRITE_DOCS"] != nil {
                try script.text.write(to: file, atomically: true, encoding: .utf8)
            }
            #expect(try String(contentsOf: file, encoding: .utf8) == script.text, "\(name)")
        }
    }

    @Test func `only an image that lets the agent in is started with it, and only where that is wished`() throws {
        let host = try Self.host(.pxeReady)
        let line = "initrd --name agent http://192.168.1.5/boot/agent?token=TOKEN ||\nboot ||\n"
        func script(_ image: InstallerImage, hasAgent: Bool) -> String {
            BootScript.install(host, image, token: "TOKEN", server: Self.server, hasAgent: hasAgent).text
        }
        var image = try Self.image
        #expect(script(image, hasAgent: true).contains(line))
        let without = script(image, hasAgent: false)
        #expect(!without.contains("agent"))
        image.files = []
        #expect(script(image, hasAgent: true) == without)
    }

    @Test func `the place of the agent is one that a shell reads`() {
        #expect(
            InstallerAgent.place(server: Self.server, token: "t-_1")
                == "url='http://192.168.1.5/api/boot/telemetry'\ntoken='t-_1'\n")
        #expect(InstallerAgent.agent.starts(with: "#!/bin/bash\n".utf8))
        #expect(InstallerAgent.hook.starts(with: "#!/bin/sh\n".utf8))
    }

    @Test func `no script ends without having sent the machine to its own disk, on BIOS and on UEFI`() throws {
        for (name, script) in try Self.scripts() where name != "autoexec" {
            let lines = script.text.split(separator: "\n").map(String.init)
            let fork = try #require(lines.firstIndex(of: "iseq ${platform} efi && goto uefi ||"), "\(name)")
            let uefi = try #require(lines.firstIndex(of: ":uefi"), "\(name)")
            #expect(["exit", "sanboot --no-describe --drive 0x80 || exit"].contains(lines[uefi - 1]), "\(name)")
            #expect(lines.last?.hasSuffix("exit 1") == true, "\(name)")
            #expect(uefi == fork + 3 && lines.count == uefi + 3, "\(name)")
        }
    }
}
