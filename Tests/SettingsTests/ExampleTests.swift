import FoundationEssentials
import Model
import Settings
import Testing

/// The files in deploy that a newcomer copies.
enum Example {
    static let provisioning = "provisioning.example.yaml"
    static let serverTypes = "server-types.example.yaml"

    static func text(_ name: String) throws -> String {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy/\(name)")
        return String(decoding: try Data(contentsOf: url), as: UTF8.self)
    }

    /// The text with every line in use that offers a key or a value.
    static func allInUse(_ text: String) -> String {
        let offered = /( *)# ( *(?:- )?[a-z_0-9]+: .*)/
        let lines = text.split(separator: "\n").map { line in
            line.wholeMatch(of: offered).map { String($0.1 + $0.2) } ?? String(line)
        }
        return lines.joined(separator: "\n")
    }
}

@Suite(.timeLimit(.minutes(5))) struct ExampleTests {
    @Test func `the example for provisioning is what holds by default`() throws {
        let text = try Example.text(Example.provisioning)
        #expect(try Provisioning(parsing: text, file: Example.provisioning) == .defaults)
    }

    @Test func `every line that the example for provisioning offers can be used`() throws {
        let text = Example.allInUse(try Example.text(Example.provisioning))
            .replacing("$y$j9T$...", with: Sample.hash)
        let settings = try Provisioning(parsing: text, file: Example.provisioning)
        #expect(settings.server.publicURL != nil)
        #expect(settings.pxe.interface != nil && settings.pxe.subnet != nil)
        #expect(settings.pxe.range != nil && settings.pxe.router != nil && settings.pxe.dns != nil)
        #expect(settings.proxmox.existingNode != nil && settings.proxmox.joinFingerprint != nil)
        #expect(settings.credentials.rootPasswordHash == Sample.hash)
        #expect(settings.infrastructure.baseURL != nil && settings.infrastructure.fingerprint != nil)
        #expect(settings.infrastructure.site != nil && settings.infrastructure.role != nil)
        #expect(settings.notifications.map(\.kind) == [.ntfy, .webhook])
        #expect(settings.notifications.map(\.secretName) == ["phone", "chat"])
        #expect(settings.notifications.map(\.occasions) == [[.failed, .needsYou], Set(NoticeKind.allCases)])
        #expect(settings.infrastructure.serverTypeMap.keys.sorted() == ["ms01", "r630"])
    }

    @Test func `the example for server types shows three of them`() throws {
        let types = try ServerTypes(parsing: try Example.text(Example.serverTypes), file: Example.serverTypes)
        #expect(types.all.map(\.key) == ["ms01", "r630", "vm"])
        #expect(types["ms01"]?.bootDisk == .path("/dev/nvme0n1"))
        #expect(types["r630"]?.power == .redfish(url: "https://{host}-idrac.example.org", secretName: "dell-idrac"))
        #expect(types["vm"]?.hostnamePrefix == "vm-")
    }

    @Test func `the example for server types explains every key`() throws {
        let text = try Example.text(Example.serverTypes)
        let keys = "display_name boot_disk filesystem management_nic gpu hostname_prefix network retry".split(
            separator: " ")
        let below =
            "serial model path mode cidr gateway dns kind url secret_name on_url off_url method body headers status on off"
            .split(separator: " ")
        for key in keys + below { #expect(text.contains(" \(key): ") || text.contains(" \(key):\n")) }
    }
}
