import Settings
import Testing

@Suite(.timeLimit(.minutes(5))) struct ServerTypesMistakesTests {
    static let files: [(text: String, message: String)] = [
        ("", "1:1: server_types: is missing (\(example))"),
        ("# nothing\n", "1:1: server_types: is missing (\(example))"),
        ("server_types:", "1:1: server_types: has no value (\(example))"),
        ("server_types: {}", "1:15: server_types: is empty (\(example))"),
        ("server_types: [ms01]", "1:15: server_types: this is a list (allowed: keys with values below)"),
        ("server_types: {MS01: {}}", "1:16: server_types.MS01: no server type can have this key (\(key))"),
        ("server_types: {1u: {}}", "1:16: server_types.1u: no server type can have this key (\(key))"),
        ("server_types:\n  a:\n", "2:3: server_types.a.boot_disk: is missing (\(disk))"),
        ("server_types:\n  a:\n    boot_disk:\n", "3:5: server_types.a.boot_disk: has no value (\(disk))"),
    ]
    private static let example =
        "allowed: at least one type, such as server_types: {vm: {boot_disk: /dev/vda}}"
    private static let key = "allowed: a letter, then lower-case letters, digits, - and _, up to 40 together"
    private static let disk =
        "allowed: a whole disk such as /dev/nvme0n1, a list of them, or a map with its serial or model"

    @Test(arguments: files)
    func `a file without a type in it is refused with an example`(text: String, message: String) {
        #expect(mistakes(text) == ["server-types.yaml:" + message])
    }

    static let disks: [(body: String, message: String)] = [
        (
            "boot_disk: nvme0n1",
            "1:31: server_types.a.boot_disk: found \"nvme0n1\", \(disk); did you mean /dev/nvme0n1?"
        ),
        (
            "boot_disk: /dev/nvme0n1p2",
            "1:31: server_types.a.boot_disk: found \"/dev/nvme0n1p2\", which is a partition; "
                + "did you mean /dev/nvme0n1? (\(disk))"
        ),
        (
            "boot_disk: /dev/sda1",
            "1:31: server_types.a.boot_disk: found \"/dev/sda1\", which is a partition; did you mean /dev/sda? (\(disk))"
        ),
        (
            "boot_disk: /dev/disk/by-path/pci-0000:00:1f.2-ata-1",
            "1:31: server_types.a.boot_disk: found \"/dev/disk/by-path/pci-0000:00:1f.2-ata-1\", \(link) (\(disk))"
        ),
        (
            "boot_disk: /dev/disk/by-id/ata-X-part1",
            "1:31: server_types.a.boot_disk: found \"/dev/disk/by-id/ata-X-part1\", \(link) (\(disk))"
        ),
        ("boot_disk: {}", "1:20: server_types.a.boot_disk: one disk is described in one way (\(ways))"),
        (
            "boot_disk: {serial: a, model: b}",
            "1:20: server_types.a.boot_disk: one disk is described in one way (\(ways))"
        ),
        (
            "boot_disk: {serail: a}",
            "1:32: server_types.a.boot_disk.serail: no such key here; did you mean serial? "
                + "(allowed: path, serial, model)"
        ),
    ]
    private static let link =
        "the installer follows no links but what it can know from their names: those in /dev/disk/by-id to a whole "
        + "disk; or give its serial"
    private static let ways = "allowed: one of path, serial and model"

    static let values: [(body: String, message: String)] = [
        ("gpu: no", "4:10: server_types.a.gpu: found \"no\", allowed: true or false; did you mean false?"),
        (
            "filesystem: zsf",
            "4:17: server_types.a.filesystem: found \"zsf\", allowed: ext4, xfs, zfs or btrfs; did you mean zfs?"
        ),
        (
            "hostname_prefix: Pve_",
            "4:22: server_types.a.hostname_prefix: found \"Pve_\", allowed: a letter, then lower-case letters, digits "
                + "and -, up to 50 together, such as pve-ms-; did you mean pve-?"
        ),
        (
            "management_nic: eth/0",
            "4:21: server_types.a.management_nic: found \"eth/0\", "
                + "allowed: a network port's name such as enp87s0, or its MAC address"
        ),
        (
            "display_name: \"a\\tb\"",
            "4:19: server_types.a.display_name: found \"a\\tb\", allowed: 1 to 60 printable characters"
        ),
        (
            "nic: eno1",
            "4:5: server_types.a.nic: no such key here; did you mean management_nic? (allowed: display_name, "
                + "boot_disk, filesystem, management_nic, gpu, hostname_prefix, network, power, retry, deadlines)"
        ),
        (
            "deadlines: {installing: 90}",
            "4:29: server_types.a.deadlines.installing: found \"90\", allowed: minutes or hours from 1m to 24h, such as "
                + "10m or 2h; did you mean 90m?"
        ),
        (
            "deadlines: {ready: 1h}",
            "4:17: server_types.a.deadlines.ready: no such key here; did you mean pxe_ready? (allowed: pxe_ready, "
                + "pxe_booted, installing, installed, first_boot, joining)"
        ),
    ]

    static let networks: [(body: String, message: String)] = [
        ("network: auto", "4:14: server_types.a.network: found \"auto\", allowed: dhcp or static"),
        (
            "network: {cidr: 10.0.0.0/8}",
            "4:5: server_types.a.network.mode: is missing (allowed: dhcp or static)"
        ),
        (
            "network: {mode: dhcp, cidr: 10.0.0.0/8}",
            "4:27: server_types.a.network.cidr: no such key here (allowed: mode)"
        ),
        (
            "network: {mode: static, cidr: 10.0.0.0/24, gateway: 10.0.1.1}",
            "4:57: server_types.a.network.gateway: found \"10.0.1.1\", which is no host's address in 10.0.0.0/24"
        ),
        (
            "network: {mode: static, cidr: 10.0.0.0/24}",
            "4:5: server_types.a.network.gateway: is missing (allowed: an IPv4 address such as 192.168.1.1)"
        ),
    ]

    static let powers: [(body: String, message: String)] = [
        (
            "power: wool",
            "4:12: server_types.a.power: found \"wool\", allowed: manual, wol, redfish or http; did you mean wol?"
        ),
        (
            "power: {kind: redfish, url: 'https://b', password: hunter2, secret_name: b}",
            "4:46: server_types.a.power.password: secrets are never in YAML: sprout secrets set NAME "
                + "(allowed: kind, url, secret_name)"
        ),
        (
            "power: {kind: redfish, url: 'https://b', secret_name: Hunter2!}",
            "4:59: server_types.a.power.secret_name: this is no secret's name "
                + "(allowed: the NAME of sprout secrets set NAME: lower-case letters, digits, - and _)"
        ),
        (
            "power: {kind: redfish, url: 'https://u:hunter2@b', secret_name: b}",
            "4:33: server_types.a.power.url: a URL must not carry a user name or a password (\(template))"
        ),
        (
            "power: {kind: http, on: {url: http://p}, on_url: http://q}",
            "4:46: server_types.a.power.on_url: is given twice: on has an address of its own"
        ),
        (
            "power: {kind: http, on: {method: POST}}",
            "4:25: server_types.a.power.on.url: is missing (\(template))"
        ),
        (
            "power: {kind: http, on: {url: http://p, method: PSOT}}",
            "4:53: server_types.a.power.on.method: found \"PSOT\", allowed: GET, POST, PUT or PATCH"
        ),
        (
            "power: {kind: http, on: {url: http://p, headers: {Authorization: Bearer hunter2}}}",
            "4:70: server_types.a.power.on.headers.Authorization: secrets are never in YAML: write {secret} here, and "
                + "name it with secret_name"
        ),
        (
            "power: {kind: http, on: {url: 'http://p?p={secret}'}}",
            "4:5: server_types.a.power.secret_name: is needed: {secret} stands for it "
                + "(allowed: the NAME of sprout secrets set NAME: lower-case letters, digits, - and _)"
        ),
        (
            "power: {kind: http, on_url: 'http://p/{secret}', secret_name: p}",
            "4:33: server_types.a.power.on_url: found \"http://p/{secret}\", in which {secret} may stand behind the "
                + "question mark only (\(template))"
        ),
        (
            "power: {kind: http, on_url: http://p, status: {url: http://p, key: a..b}}",
            "4:72: server_types.a.power.status.key: found \"a..b\", allowed: where it stands in the answer's JSON: "
                + "keys with dots between, such as result.leds.power"
        ),
        ("power: http", "4:12: server_types.a.power.on_url: is missing (\(template))"),
    ]
    private static let template = "allowed: an http:// or https:// URL, in which {host} stands for the host's name"

    @Test(arguments: disks)
    func `a wrong disk is reported`(body: String, message: String) {
        #expect(mistakes("server_types: {a: {\(body)}}") == ["server-types.yaml:" + message])
    }

    @Test(arguments: values + networks + powers)
    func `a wrong value is reported`(body: String, message: String) {
        let type = "server_types:\n  a:\n    boot_disk: /dev/sda\n    \(body)\n"
        #expect(mistakes(type) == ["server-types.yaml:" + message])
    }

    @Test func `a mistake in one type hides none in another`() {
        let text = "server_types:\n  a: {gpu: yes}\n  b: {power: {kind: x}}\n"
        let found = mistakes(text)?.map { $0.split(separator: " ")[1] }
        let keys = ["a.boot_disk:", "a.gpu:", "b.boot_disk:", "b.power.kind:"].map { "server_types.\($0)" }
        #expect(found?.map(String.init) == keys)
    }

    private func mistakes(_ text: String) -> [String]? {
        do throws(Diagnostics) {
            _ = try ServerTypes(parsing: text, file: "server-types.yaml")
            return nil
        } catch {
            return error.all.map(\.description)
        }
    }
}
