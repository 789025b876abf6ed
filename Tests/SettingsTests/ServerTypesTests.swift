import FoundationEssentials
import Model
import Settings
import Testing

@Suite(.timeLimit(.minutes(5))) struct ServerTypesTests {
    private func type(_ body: String) throws -> ServerType? {
        try ServerTypes(parsing: "server_types: {a_1: {\(body)}}", file: "server-types.yaml")["a_1"]
    }

    @Test func `a boot disk is enough`() throws {
        let type = try #require(try type("boot_disk: /dev/sda"))
        #expect(type == ServerType(key: "a_1", bootDisk: .path("/dev/sda")))
        #expect(type.displayName == "a_1" && type.hostnamePrefix == "a-1-")
        #expect(type.network == .dhcp && type.power == .manual && type.filesystem == Filesystem(.ext4))
        #expect(!type.hasGPU && type.managementNIC == nil)
    }

    @Test func `types keep the order of the file`() throws {
        let text = "server_types:\n  z: {boot_disk: /dev/sda}\n  a: {boot_disk: /dev/vda}\n"
        let types = try ServerTypes(parsing: text, file: "server-types.yaml")
        #expect(types.all.map(\.key) == ["z", "a"])
        #expect(types["b"] == nil)
    }

    static let disks: [(value: String, disk: ServerType.BootDisk)] = [
        ("/dev/nvme0n1", .path("/dev/nvme0n1")),
        ("/dev/mmcblk0", .path("/dev/mmcblk0")),
        ("{path: /dev/sdab}", .path("/dev/sdab")),
        ("[/dev/sda]", .path("/dev/sda")),
        ("{serial: 00123e4}", .serial("00123e4")),
        ("/dev/disk/by-id/nvme-Samsung_SSD_990_PRO_1TB_S6Z1NJ0W123456", .path(Self.link)),
        ("{model: \"Samsung SSD 990 PRO, 1TB\"}", .model("Samsung SSD 990 PRO, 1TB")),
    ]

    private static let link = "/dev/disk/by-id/nvme-Samsung_SSD_990_PRO_1TB_S6Z1NJ0W123456"

    @Test(arguments: disks)
    func `a disk is named or described`(value: String, disk: ServerType.BootDisk) throws {
        #expect(try type("boot_disk: \(value)")?.bootDisk == disk)
    }

    static let ports: [(value: String, nic: ServerType.ManagementNIC)] = [
        ("enp87s0", .name("enp87s0")),
        ("eth0.20", .name("eth0.20")),
        ("52:54:00:12:34:56", .mac("52:54:00:12:34:56")),
        ("BC-24-11-49-8D-75", .mac("bc:24:11:49:8d:75")),
    ]

    @Test(arguments: ports)
    func `a port has a name or an address`(value: String, nic: ServerType.ManagementNIC) throws {
        #expect(try type("boot_disk: /dev/sda, management_nic: \(value)")?.managementNIC == nic)
    }

    static let networks: [(value: String, network: ServerType.Network)] = [
        ("dhcp", .dhcp),
        ("{mode: dhcp}", .dhcp),
        (
            "{mode: static, cidr: 10.0.0.0/8, gateway: 10.1.2.3}",
            .fixed(cidr: "10.0.0.0/8", gateway: "10.1.2.3", dns: "10.1.2.3")
        ),
        (
            "{mode: static, cidr: 10.0.0.0/30, gateway: 10.0.0.1, dns: 9.9.9.9}",
            .fixed(cidr: "10.0.0.0/30", gateway: "10.0.0.1", dns: "9.9.9.9")
        ),
    ]

    @Test(arguments: networks)
    func `an address comes from the router or is fixed`(value: String, network: ServerType.Network) throws {
        #expect(try type("boot_disk: /dev/sda, network: \(value)")?.network == network)
    }

    static let powers: [(value: String, power: ServerType.Power)] = [
        ("manual", .manual),
        ("wol", .wakeOnLAN),
        ("{kind: wol}", .wakeOnLAN),
        (
            "{kind: redfish, url: 'https://{host}-bmc.lan', secret_name: bmc}",
            .redfish(url: "https://{host}-bmc.lan", secretName: "bmc")
        ),
        ("{kind: http, on_url: 'http://p/{host}?on'}", .http(PowerHooks(on: PowerHook(url: "http://p/{host}?on")))),
        (
            "{kind: http, on_url: http://p/on, off_url: http://p/off, secret_name: plug}",
            .http(
                PowerHooks(on: PowerHook(url: "http://p/on"), off: PowerHook(url: "http://p/off"), secretName: "plug"))
        ),
        (
            "{kind: http, on: {url: 'http://p/on?p={secret}', method: POST, body: '{\"a\": 1}', headers: {X-Token: '{secret}'}}, "
                + "off: {url: http://p/off}, secret_name: plug, "
                + "status: {url: 'http://p/{host}', key: result.power, on: ON, off: OFF}}",
            .http(Self.detailed)
        ),
    ]

    private static let detailed: PowerHooks = {
        var on = PowerHook(url: "http://p/on?p={secret}")
        (on.method, on.body, on.headers) = (.post, "{\"a\": 1}", ["X-Token": "{secret}"])
        let status = PowerStatusHook(PowerHook(url: "http://p/{host}"), key: "result.power", on: "ON", off: "OFF")
        return PowerHooks(on: on, off: PowerHook(url: "http://p/off"), status: status, secretName: "plug")
    }()

    @Test func `what the release before reads of hooks is still there`() throws {
        let json = try JSONEncoder().encode(ServerType.Power.http(Self.detailed))
        let object = try JSONDecoder().decode([String: Lenient].self, from: json)
        #expect(object["on_url"]?.text == "http://p/on?p={secret}" && object["off_url"]?.text == "http://p/off")
        let old = #"{"kind":"http","on_url":"http://p/on","off_url":"http://p/off","secret_name":"plug"}"#
        let hooks = PowerHooks(
            on: PowerHook(url: "http://p/on"), off: PowerHook(url: "http://p/off"), secretName: "plug")
        #expect(try JSONDecoder().decode(ServerType.Power.self, from: Data(old.utf8)) == .http(hooks))
    }

    /// The text of a value, where it is one.
    private struct Lenient: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }
    }

    @Test(arguments: powers)
    func `a host is switched on in one of four ways`(value: String, power: ServerType.Power) throws {
        #expect(try type("boot_disk: /dev/sda, power: \(value)")?.power == power)
    }

    @Test(arguments: disks.map(\.value), networks.map(\.value))
    func `a type survives the way through JSON`(disk: String, network: String) throws {
        for power in Self.powers {
            let text = "gpu: true, management_nic: eno1, boot_disk: \(disk), network: \(network), power: \(power.value)"
            let type = try #require(try type(text))
            #expect(try JSONDecoder().decode(ServerType.self, from: JSONEncoder().encode(type)) == type)
        }
    }

    @Test func `its JSON has the keys of the file, and may lack those that are newer`() throws {
        let old = #"{"server_types":[{"key":"a_1","boot_disk":{"serial":"X"},"power":{"kind":"wol"}}]}"#
        let types = try JSONDecoder().decode(ServerTypes.self, from: Data(old.utf8))
        #expect(types.all == [try type("boot_disk: {serial: X}, power: wol")])
    }
}
