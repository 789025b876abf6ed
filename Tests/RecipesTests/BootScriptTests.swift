import Foundation
import Model
import Testing

@testable import Recipes

@Suite struct BootScriptTests {
    static let server = "http://192.168.1.5"

    static func host(_ state: HostState) throws -> Model.Host {
        let mac = try MACAddress("52:54:00:00:00:01")
        let moment = Timestamp(milliseconds: 0)
        return Model.Host(
            id: "id", hostname: try Hostname("pve-01"), mac: mac, macs: [mac], serverType: "vm", state: state,
            stateSince: moment, labels: [:], createdAt: moment)
    }

    static func scripts() throws -> [(String, BootScript)] {
        [
            ("unknown", .unknown(try MACAddress("52:54:00:00:00:02"), server: server)),
            ("local", .local(try host(.ready), server: server)),
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

    @Test func `no script ends without having said where the machine goes on`() throws {
        for (name, script) in try Self.scripts() where name != "autoexec" {
            #expect(
                script.text.hasSuffix("iseq ${platform} efi && exit 1 ||\nsanboot --no-describe --drive 0x80 || exit\n")
            )
        }
    }
}
