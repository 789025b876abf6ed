import Model
import Settings
import Testing

@Suite(.timeLimit(.minutes(5))) struct ProvisioningTests {
    private func provisioning(_ text: String) throws -> Provisioning {
        try Provisioning(parsing: text, file: "provisioning.yaml")
    }

    static let empty = [
        "", "# only comments\n", "---\n", "pxe:\n", "pxe:\n  # enabled: true\nserver:\n", "pxe: {}\n", "~",
        "pxe:\n  interface:\n  subnet: null\n  answer: ~\n", "infrastructure:\n  server_type_map:\n",
        "notifications:\n", "notifications: []\n",
    ]

    @Test(arguments: empty)
    func `what says nothing means the defaults`(text: String) throws {
        #expect(try provisioning(text) == .defaults)
    }

    @Test func `the defaults answer no machine`() {
        #expect(!Provisioning.defaults.pxe.isEnabled)
        #expect(Provisioning.defaults.pxe.answer == .all)
        #expect(Provisioning.defaults.pxe.mode == .proxy && Provisioning.defaults.pxe.leaseTime == .seconds(14400))
        #expect(Provisioning.defaults.infrastructure.kind == .none)
        #expect(Provisioning.defaults.installation.country.description == "us")
        #expect(Provisioning.defaults.installation.domain.description == "home.arpa")
    }

    @Test func `every key is read`() throws {
        let settings = try provisioning(
            """
            server: {public_url: "https://Sprout.lan:8443/"}
            pxe:
              {enabled: True, interface: enp1s0.20, subnet: 10.20.0.0/22, answer: known, mode: server,
               range: 10.20.1.1-10.20.2.254, router: 10.20.0.1, dns: 1.1.1.1, lease_time: 30m}
            installation:
              {country: de, keyboard: de-ch, timezone: Europe/Zurich, mail: root@lab, domain: Lab.Example.org}
            proxmox: {existing_node: "fd00::10", join_fingerprint: "\(Sample.fingerprint.lowercased())"}
            credentials: {root_password_hash: \(Sample.hash)}
            infrastructure:
              base_url: https://netbox.lan/api/
              kind: netbox
              site: home-lab
              role: Hypervisor_1
              fingerprint: "\(Sample.fingerprint)"
              server_type_map: {ms01: minisforum-ms-01, r630: 630}
            notifications:
              - {kind: ntfy, url: https://ntfy.lan/sprout, secret: phone, on: [failed, needs_you]}
              - {kind: webhook, url: "http://a/b?c", fingerprint: "\(Sample.fingerprint)", on: ready}
              - {kind: ntfy, url: "https://ntfy.lan/others"}
            """
        )
        #expect(settings.server.publicURL?.description == "https://sprout.lan:8443")
        #expect(settings.pxe.isEnabled && settings.pxe.answer == .known)
        #expect(settings.pxe.interface == "enp1s0.20")
        #expect(settings.pxe.subnet == IPv4Network("10.20.0.0/22"))
        #expect(settings.pxe.mode == .server && settings.pxe.leaseTime == .seconds(1800))
        #expect(settings.pxe.range == IPv4Range("10.20.1.1-10.20.2.254"))
        #expect(settings.pxe.range?.addresses == 0x0A14_0101...0x0A14_02FE)
        #expect(settings.pxe.router == "10.20.0.1" && settings.pxe.dns == "1.1.1.1")
        #expect(settings.installation.country.description == "de" && settings.installation.keyboard == .deCH)
        #expect(settings.installation.timezone.description == "Europe/Zurich")
        #expect(settings.installation.mail?.description == "root@lab")
        #expect(settings.installation.domain.description == "lab.example.org")
        #expect(settings.proxmox.existingNode == "fd00::10")
        #expect(settings.proxmox.joinFingerprint == Sample.fingerprint)
        #expect(settings.credentials.rootPasswordHash == Sample.hash)
        #expect(settings.infrastructure.kind == .netbox)
        #expect(settings.infrastructure.baseURL?.description == "https://netbox.lan/api/")
        #expect(settings.infrastructure.serverTypeMap == ["ms01": "minisforum-ms-01", "r630": "630"])
        #expect(settings.infrastructure.site == "home-lab" && settings.infrastructure.role == "Hypervisor_1")
        #expect(settings.infrastructure.fingerprint == Sample.fingerprint)
        let targets = settings.notifications
        #expect(targets.map(\.kind) == [.ntfy, .webhook, .ntfy])
        #expect(
            targets.map(\.url.description) == ["https://ntfy.lan/sprout", "http://a/b?c", "https://ntfy.lan/others"])
        #expect(targets.map(\.secretName) == ["phone", nil, nil])
        #expect(targets.map(\.occasions) == [[.failed, .needsYou], [.ready], [.ready, .failed, .needsYou]])
        #expect(targets.map(\.fingerprint) == [nil, Sample.fingerprint, nil])
    }

    @Test(arguments: ["true", "True", "TRUE", "false", "False", "FALSE"])
    func `true and false are booleans in any case`(word: String) throws {
        let text = "pxe: {interface: eno1, enabled: \(word)}"
        #expect(try provisioning(text).pxe.isEnabled == (word.lowercased() == "true"))
    }

    @Test(arguments: [
        Sample.hash,
        "$y$j9T$$" + String(repeating: "a", count: 43),
        "$6$saltsalt$" + String(repeating: "./", count: 43),
        "$6$rounds=5000$saltsalt$" + String(repeating: "x", count: 86),
        "$5$saltsalt$" + String(repeating: "0", count: 43),
    ])
    func `a crypt hash is taken`(hash: String) throws {
        #expect(try provisioning("credentials: {root_password_hash: \(hash)}").credentials.rootPasswordHash == hash)
    }

    @Test func `the order of the keys does not matter`() throws {
        let kept = try provisioning("pxe: {answer: all, interface: eno1, enabled: true}\nserver:")
        #expect(kept == (try provisioning("server:\npxe: {enabled: true, interface: eno1}")))
    }
}

enum Sample {
    static let hash = "$y$j9T$4mtDSzbN/oWZp3Wc8vSiC1$" + String(repeating: "k", count: 43)
    static let fingerprint = Array(repeating: "AF", count: 32).joined(separator: ":")
}
