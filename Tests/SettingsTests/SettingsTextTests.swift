import Foundation
import Testing

@testable import Settings

@Suite(.timeLimit(.minutes(5))) struct SettingsTextTests {
    private static let changes: [(before: String, key: String, value: String?, after: String)] = [
        ("", "pxe.enabled", "true", "pxe:\n  enabled: true\n"),
        ("server:\n", "pxe.enabled", "true", "server:\n\npxe:\n  enabled: true\n"),
        ("pxe:\n  enabled: false # for now\n", "pxe.enabled", "true", "pxe:\n  enabled: true # for now\n"),
        (
            "pxe:\n  enabled: false\r\n  mode: proxy\r\n", "pxe.enabled", "true",
            "pxe:\n  enabled: true\r\n  mode: proxy\r\n"
        ),
        ("pxe:\n    answer: all\n", "pxe.interface", "eno1", "pxe:\n    interface: eno1\n    answer: all\n"),
        (
            "pxe:\n  # The port.\n  # interface: eno9\n\n  answer: all\n", "pxe.interface", "eno1",
            "pxe:\n  # The port.\n  interface: eno1\n\n  answer: all\n"
        ),
        ("pxe:\nserver:\n", "pxe.interface", "eno1", "pxe:\n  interface: eno1\nserver:\n"),
        ("pxe:\n  interface:\n", "pxe.interface", "eno1", "pxe:\n  interface: eno1\n"),
        ("pxe:\n  interface: ~ # none\n", "pxe.interface", "eno1", "pxe:\n  interface: eno1 # none\n"),
        ("pxe:\n  interface: eno1\n", "pxe.interface", nil, "pxe:\n  # interface: eno1\n"),
        ("pxe:\n  interface: eno1\n", "pxe.router", nil, "pxe:\n  interface: eno1\n"),
        (
            "credentials:\n  root_password_hash: 'a # b' # mine\n", "credentials.root_password_hash", "$y$j9T$x",
            "credentials:\n  root_password_hash: \"$y$j9T$x\" # mine\n"
        ),
        ("a:\n  b: \"x\\\"y\"\n", "a.b", "say \"c\\d\"", "a:\n  b: \"say \\\"c\\\\d\\\"\"\n"),
        ("{a: 1, b: {c: 2}}\n", "a.b", nil, "{a: 1, b: {c: 2}}\n"),
    ]

    @Test(arguments: changes)
    func `one value is changed, and the rest stays as it was written`(
        before: String, key: String, value: String?, after: String
    ) throws {
        var text = SettingsText(before, file: "f.yaml")
        try text.set(key, to: value)
        #expect(text.text == after)
    }

    @Test(arguments: [
        "pxe: {enabled: false}\n", "pxe:\n  interface: >\n    eno1\n", "pxe:\n  interface: eno1\n    eno2\n",
        "pxe:\n  interface: \"eno1\\\n    eno2\"\n",
    ])
    func `what stands there in an unusual way is left to people`(before: String) {
        var text = SettingsText(before, file: "f.yaml")
        #expect(throws: SettingsTextError.handmade("pxe.interface")) { try text.set("pxe.interface", to: "eno3") }
        #expect(text.text == before)
    }

    @Test func `every key can be set in the example, which stays whole`() throws {
        let url = URL(filePath: #filePath).appending(path: "../../../deploy/provisioning.example.yaml").standardized
        let example = try String(contentsOf: url, encoding: .utf8)
        let values = [
            "server.public_url": "http://sprout.lan", "server.require_https": "true", "pxe.enabled": "true",
            "pxe.interface": "eno1", "pxe.subnet": "192.168.1.0/24", "pxe.answer": "known", "pxe.mode": "server",
            "pxe.range": "192.168.1.100-192.168.1.199", "pxe.router": "192.168.1.1", "pxe.dns": "192.168.1.1",
            "pxe.lease_time": "30m", "installation.country": "no", "installation.keyboard": "de",
            "installation.timezone": "Europe/Berlin", "installation.mail": "a@example.org",
            "installation.domain": "lab.example.org", "installation.live_progress": "false",
            "proxmox.existing_node": "192.168.1.10",
            "proxmox.join_with": "ssh",
            "proxmox.join_fingerprint": Array(repeating: "AB", count: 32).joined(separator: ":"),
            "credentials.root_password_hash":
                "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
            "infrastructure.kind": "netbox", "infrastructure.base_url": "https://netbox.example.org",
            "backup.folder": "/mnt/nas/sprout", "infrastructure.site": "home", "infrastructure.role": "hypervisor",
            "infrastructure.fingerprint": Array(repeating: "CD", count: 32).joined(separator: ":"),
        ]
        #expect(Set(values.keys) == Set(Provisioning.changeable))
        var text = SettingsText(example, file: "f.yaml")
        for (key, value) in values { try text.set(key, to: value) }
        #expect(try Provisioning(parsing: text.text, file: "f.yaml").values == values)
        // Each took the place that the example shows for it.
        #expect(
            text.text.split(separator: "\n", omittingEmptySubsequences: false).count
                == example.split(separator: "\n", omittingEmptySubsequences: false).count)
        for key in values.keys { try text.set(key, to: nil) }
        #expect(try Provisioning(parsing: text.text, file: "f.yaml") == .defaults)
    }
}
