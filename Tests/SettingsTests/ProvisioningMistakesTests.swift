import Settings
import Testing

@Suite(.timeLimit(.minutes(5))) struct ProvisioningMistakesTests {
    static let shapes: [(text: String, message: String)] = [
        ("- a", "1:1: this is a list (allowed: keys with values below)"),
        ("a: 'x", "1:4: the quote opened here is never closed"),
        ("pxe: true", "1:6: pxe: found \"true\", allowed: keys with values below"),
        ("pxe:\n  enabled: [true]", "2:12: pxe.enabled: this is a list (allowed: true or false)"),
        ("pxe:\n  enabled: {a: 1}", "2:12: pxe.enabled: this is a map of keys (allowed: true or false)"),
        ("pxe:\n\n  enabeld: 1", "3:3: pxe.enabeld: no such key here; did you mean enabled? \(inPXE)"),
        ("pxe:\n  Answer: all", "2:3: pxe.Answer: no such key here; did you mean answer? \(inPXE)"),
        ("pxe:\n  colour: red", "2:3: pxe.colour: no such key here \(inPXE)"),
        ("pxe:\n  \"a\\nb\": 1", "2:3: pxe.a\\nb: no such key here \(inPXE)"),
        ("proxmox:\n  node: a", "2:3: proxmox.node: no such key here; did you mean existing_node? \(inProxmox)"),
        ("pxe:\n  password: hunter2", "2:3: pxe.password: secrets are never in YAML: sprout secrets set NAME \(inPXE)"),
        (
            "credentials:\n  root_password: hunter2",
            "2:3: credentials.root_password: secrets are never in YAML: sprout secrets set NAME "
                + "(allowed: root_password_hash)"
        ),
        (
            "infrastructure:\n  api_token: hunter2",
            "2:3: infrastructure.api_token: secrets are never in YAML: sprout secrets set NAME "
                + "(allowed: base_url, kind, server_type_map, site, role, fingerprint)"
        ),
    ]
    private static let inPXE = "(allowed: enabled, interface, subnet, answer, mode, range, router, dns, lease_time)"
    private static let inProxmox = "(allowed: existing_node, join_fingerprint, join_with)"

    static let words: [(text: String, message: String)] = [
        ("pxe:\n  enabled: yes", "2:12: pxe.enabled: found \"yes\", allowed: true or false; did you mean true?"),
        ("pxe:\n  enabled: Off", "2:12: pxe.enabled: found \"Off\", allowed: true or false; did you mean false?"),
        ("pxe:\n  enabled: 1", "2:12: pxe.enabled: found \"1\", allowed: true or false; did you mean true?"),
        ("pxe:\n  enabled: maybe", "2:12: pxe.enabled: found \"maybe\", allowed: true or false"),
        (
            "pxe:\n  enabled: 'true'",
            "2:12: pxe.enabled: found \"true\", which in quotes is text; did you mean true without quotes? "
                + "(allowed: true or false)"
        ),
        ("pxe:\n  answer: everyone", "2:11: pxe.answer: found \"everyone\", allowed: all or known"),
        ("pxe:\n  answer: knwon", "2:11: pxe.answer: found \"knwon\", allowed: all or known; did you mean known?"),
        ("pxe:\n  answer: \"\"", "2:11: pxe.answer: found \"\", allowed: all or known"),
        (
            "infrastructure: {kind: NetBox}",
            "1:24: infrastructure.kind: found \"NetBox\", allowed: none, webhook or netbox; did you mean netbox?"
        ),
        (
            "infrastructure:\n  server_type_map: {MS 01: x}",
            "2:21: infrastructure.server_type_map.MS 01: no server type can have this key "
                + "(allowed: a letter, then lower-case letters, digits, - and _, up to 40 together)"
        ),
        (
            "infrastructure:\n  server_type_map: {ms01: }",
            "2:21: infrastructure.server_type_map.ms01: has no value (allowed: 1 to 60 printable characters)"
        ),
    ]

    static let networks: [(text: String, message: String)] = [
        (
            "server: {public_url: sprout}",
            "1:22: server.public_url: found \"sprout\", \(url); did you mean http://sprout?"
        ),
        ("server: {public_url: 'ftp://a'}", "1:22: server.public_url: found \"ftp://a\", \(url)"),
        (
            "server: {public_url: 'http://a:80/b'}",
            "1:22: server.public_url: found \"http://a:80/b\", no path may follow; did you mean http://a:80? "
                + "(\(url))"
        ),
        (
            "server: {public_url: 'http://u:hunter2@a'}",
            "1:22: server.public_url: a URL must not carry a user name or a password (\(url))"
        ),
        (
            "infrastructure: {base_url: 'http://a/b?c=d'}",
            "1:28: infrastructure.base_url: found \"http://a/b?c=d\", no query may follow; did you mean http://a/b? "
                + "(allowed: an http:// or https:// URL without a query)"
        ),
        ("pxe: {interface: 52:54:00:12:34:56}", "1:18: pxe.interface: found \"52:54:00:12:34:56\", \(port)"),
        ("pxe: {interface: a-name-of-16-chs}", "1:18: pxe.interface: found \"a-name-of-16-chs\", \(port)"),
        (
            "pxe: {subnet: 192.168.1.7/24}",
            "1:15: pxe.subnet: found \"192.168.1.7/24\", \(network); did you mean 192.168.1.0/24?"
        ),
        (
            "pxe: {subnet: 192.168.1.0}",
            "1:15: pxe.subnet: found \"192.168.1.0\", \(network); did you mean 192.168.1.0/24?"
        ),
        ("pxe: {subnet: 192.168.1.0/33}", "1:15: pxe.subnet: found \"192.168.1.0/33\", \(network)"),
        ("pxe: {subnet: 192.168.300.0/24}", "1:15: pxe.subnet: found \"192.168.300.0/24\", \(network)"),
        (
            "proxmox: {existing_node: 192.168.1.300}",
            "1:26: proxmox.existing_node: found \"192.168.1.300\", allowed: a host name or an IP address"
        ),
        (
            "proxmox: {existing_node: pve1, join_with: ssh}",
            "1:26: proxmox.existing_node: found \"pve1\", is a name, and with join_with: ssh the member's address is needed "
                + "(allowed: an IP address)"
        ),
        ("proxmox: {join_with: key}", "1:22: proxmox.join_with: found \"key\", allowed: password or ssh"),
        (
            "proxmox: {existing_node: a, join_fingerprint: 'AB:CD'}",
            "1:47: proxmox.join_fingerprint: found \"AB:CD\", "
                + "allowed: a SHA-256 fingerprint: 32 pairs of hexadecimal digits with colons between"
        ),
    ]
    private static let url = "allowed: http:// or https://, a host, and a port if it is not the usual one"
    private static let port = "allowed: the name of a network port as ip link shows it, such as eno1"
    private static let network = "allowed: an IPv4 network such as 192.168.1.0/24, with 8 to 30 bits"

    static let missing: [(text: String, message: String)] = [
        ("pxe:\n  enabled: true", "2:12: pxe.interface: is needed when pxe.enabled is true (\(port))"),
        (
            "infrastructure:\n  kind: webhook",
            "2:9: infrastructure.base_url: is needed when infrastructure.kind is webhook "
                + "(allowed: an http:// or https:// URL without a query)"
        ),
        (
            "proxmox:\n  join_fingerprint: \"\(Sample.fingerprint)\"",
            "2:21: proxmox.existing_node: is needed with proxmox.join_fingerprint, which is that node's "
                + "(allowed: a host name or an IP address)"
        ),
    ]

    static let inventories: [(text: String, message: String)] = [
        (
            "infrastructure: {kind: netbox, base_url: http://n, role: hv}",
            "1:24: infrastructure.site: is needed when infrastructure.kind is netbox (\(slug))"
        ),
        (
            "infrastructure:\n  site: My Home",
            "2:9: infrastructure.site: found \"My Home\", \(slug); did you mean my-home?"
        ),
        ("infrastructure:\n  role: a/b", "2:9: infrastructure.role: found \"a/b\", \(slug)"),
        (
            "infrastructure: {fingerprint: AB}",
            "1:31: infrastructure.fingerprint: found \"AB\", "
                + "allowed: a SHA-256 fingerprint: 32 pairs of hexadecimal digits with colons between"
        ),
    ]
    private static let slug = "allowed: its slug in NetBox: letters, digits, - and _, such as home-lab"

    static let targets: [(text: String, message: String)] = [
        (
            "notifications: ntfy",
            "1:16: notifications: found \"ntfy\", allowed: a list of targets, each with its kind and its url"
        ),
        ("notifications: [a]", "1:17: notifications[0]: found \"a\", allowed: keys with values below"),
        (
            "notifications:\n  - url: http://a/b",
            "2:5: notifications[0].kind: is missing (allowed: ntfy or webhook)"
        ),
        (
            "notifications:\n  - kind: webhook",
            "2:5: notifications[0].url: is missing (allowed: an http:// or https:// URL)"
        ),
        (
            "notifications:\n  - {kind: webhook, url: http://a}\n  - {kind: mail, url: http://a}",
            "3:12: notifications[1].kind: found \"mail\", allowed: ntfy or webhook"
        ),
        (
            "notifications:\n  - {kind: ntfy, url: https://ntfy.lan}",
            "2:23: notifications[0].url: found \"https://ntfy.lan\", which has to end with one topic: letters, "
                + "digits, - and _ (allowed: the URL of a topic, such as https://ntfy.example.org/sprout)"
        ),
        (
            "notifications:\n  - {kind: ntfy, url: 'https://u:hunter2@ntfy.lan/a'}",
            "2:23: notifications[0].url: a URL must not carry a user name or a password "
                + "(allowed: the URL of a topic, such as https://ntfy.example.org/sprout)"
        ),
        (
            "notifications:\n  - {kind: ntfy, url: http://a/b, token: hunter2}",
            "2:35: notifications[0].token: secrets are never in YAML: sprout secrets set NAME "
                + "(allowed: kind, url, secret, on, fingerprint)"
        ),
        (
            "notifications:\n  - {kind: ntfy, url: http://a/b, on: [ready, fail]}",
            "2:47: notifications[0].on: found \"fail\", allowed: ready, failed or needs_you"
        ),
        (
            "notifications:\n  - {kind: ntfy, url: http://a/b, on: []}",
            "2:39: notifications[0].on: is empty (allowed: ready, failed or needs_you)"
        ),
        (
            "notifications:\n  - {kind: ntfy, url: http://a/b}\n  - {kind: ntfy, url: http://A/b, on: failed}",
            "3:23: notifications[1].url: found \"http://a/b\", which is in the list already: it would be told twice"
        ),
    ]

    @Test(arguments: inventories + targets)
    func `a mistake in what is told to others is reported with its place`(text: String, message: String) {
        #expect(mistakes(text) == ["provisioning.yaml:" + message])
    }

    @Test(arguments: shapes + words + networks + missing)
    func `a mistake is reported with its place, what stands there and what may`(text: String, message: String) {
        #expect(mistakes(text) == ["provisioning.yaml:" + message])
    }

    static let passwords: [(value: String, message: String)] = [
        ("hunter2", "a password in plain text is refused"),
        ("\"$ecret\"", "a password in plain text is refused"),
        ("\"$6$salt$tooshort\"", "this hash is cut short or damaged"),
        ("\"$y$j9T$\"", "this hash is cut short or damaged"),
        ("\"$y$j9T$...\"", "this hash is cut short or damaged"),
        ("\"$6$a b$\(String(repeating: "x", count: 86))\"", "this hash is cut short or damaged"),
        ("$1$salt$abcdefghijklmnopqrstuv", "this kind of hash is not taken"),
    ]

    @Test(arguments: passwords)
    func `what is no hash is refused with the command that makes one, and is not repeated`(
        value: String,
        message: String
    ) {
        let place = "provisioning.yaml:1:35: credentials.root_password_hash: "
        let remedy = "; make a hash with: mkpasswd -m yescrypt (allowed: a crypt hash that begins with $y$, $6$ or $5$)"
        #expect(mistakes("credentials: {root_password_hash: \(value)}") == [place + message + remedy])
    }

    @Test func `all mistakes of a file are reported, in its order`() {
        let text = "pxe:\n  answer: some\n  enabled: on\nserver: 1\nproxmos:\n"
        let keys = ["pxe.answer", "pxe.enabled", "server", "proxmos"]
        #expect(failure(text)?.all.map(\.key) == keys)
        #expect(failure(text)?.all.map(\.line) == [2, 3, 4, 5])
        #expect(failure(text)?.description.split(separator: "\n").count == 4)
    }

    @Test func `a mistake's parts can be shown one by one`() throws {
        let mistake = try #require(failure("pxe:\n  answer: knwon")?.all.first)
        #expect(mistake.file == "provisioning.yaml" && mistake.line == 2 && mistake.column == 11)
        #expect(mistake.found == "knwon" && mistake.allowed == "all or known" && mistake.suggestion == "known")
        #expect(mistake.message == nil)
    }

    private func mistakes(_ text: String) -> [String]? { failure(text)?.all.map(\.description) }

    private func failure(_ text: String) -> Diagnostics? {
        do throws(Diagnostics) {
            _ = try Provisioning(parsing: text, file: "provisioning.yaml")
            return nil
        } catch {
            return error
        }
    }
}
