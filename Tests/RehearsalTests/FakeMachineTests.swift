import Foundation
import Model
import Testing

@testable import Rehearsal

@Suite struct FakeMachineTests {
    static let boots: [ServerType.BootDisk] = [
        .path("/dev/vda"), .path("nvme0n1"), .path("/dev/disk/by-id/nvme-Samsung_SSD_990_S6Z1NJ0W123456"),
        .path("/dev/disk/by-id/nvme-eui.0025384331b0a8e2"), .path("/dev/disk/by-id/wwn-0x5002538e40b5a1c2"),
        .path("/dev/disk/by-id/ata-WDC_WD10EZEX_WD-WCC3F1234567"), .serial("S6Z1NJ0W123456"),
        .model("PERC H730 Mini"), .paths(["/dev/sda", "/dev/sdb"]),
    ]

    @Test func `a machine is the same each time, and like no other`() {
        let type = ServerType(key: "any", bootDisk: .path("/dev/sda"))
        #expect(FakeMachine(1, type: type) == FakeMachine(1, type: type))
        let machines = (1...300).map { FakeMachine($0, type: type) }
        #expect(Set(machines.flatMap { $0.ports.map(\.mac) }).count == 600)
        #expect(Set(machines.map(\.lease.address)).count == 300)
        #expect(Set(machines.compactMap(\.dmi.system.uuid)).count == 300)
        #expect("\(machines[299].mac)" == "02:53:50:00:01:2c")
    }

    @Test(arguments: boots)
    func `it has the disk that its server type names, and another`(boot: ServerType.BootDisk) {
        let machine = FakeMachine(3, type: ServerType(key: "any", bootDisk: boot))
        #expect(machine.disks.last?.name == "/dev/sdz")
        let texts = machine.disks.dropLast().flatMap { $0.properties.values }
        switch boot {
        case .path(let path) where path.hasPrefix("/dev/disk/by-id/"):
            let word = path.split(separator: "-", maxSplits: 2).last.map(String.init) ?? ""
            #expect(texts.contains(word))
        case .path(let path): #expect(machine.disks[0].name.hasSuffix(path))
        case .serial(let serial): #expect(texts.contains(serial))
        case .model(let model): #expect(texts.contains(model.replacing(" ", with: "_")))
        case .paths(let paths): #expect(machine.disks.dropLast().map(\.name) == paths)
        }
    }

    @Test func `it has the port that its server type names for the management`() throws {
        var type = ServerType(key: "any", bootDisk: .path("/dev/sda"))
        type.managementNIC = .name("enp2s0")
        #expect(FakeMachine(1, type: type).ports.map(\.link) == ["enp2s0", "enp3s0"])
        type.managementNIC = .mac("58:47:ca:70:12:34")
        #expect(FakeMachine(1, type: type).ports.contains { "\($0.mac)" == "58:47:ca:70:12:34" })
    }
}

@Suite struct InstallerMessagesTests {
    static let machine = FakeMachine(12, type: ServerType(key: "any", bootDisk: .path("/dev/nvme0n1")))

    static func json(_ tree: JSONTree) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(tree))
        return try #require(object as? [String: Any])
    }

    @Test(arguments: InstallerRelease.allCases)
    func `the question is what Sprout reads, as each release writes it (P4)`(release: InstallerRelease) throws {
        let tree = InstallerMessages(release, Self.machine).systemInformation
        let read = try JSONDecoder().decode(SystemInformation.self, from: JSONEncoder().encode(tree))
        #expect(read.iso.release == "\(release)" && read.product.product == "pve")
        #expect(read.ports.map(\.mac) == Self.machine.ports.map(\.mac))
        #expect(read.dmi == Self.machine.dmi || read.dmi.baseboard.assetTag == nil)
        #expect(read.identity.serial == "REHEARSAL-0012")
        let json = try Self.json(tree)
        #expect((json["$schema"] != nil) == (release >= .v8x3))
        let port = try #require((json["network_interfaces"] as? [[String: String]])?.first)
        #expect(port["mac"] == (release >= .v9x2 ? "02:53:50:00:00:0C" : "02:53:50:00:00:0c"))
    }

    @Test func `the token is in a field of its own from 9.2 on`() {
        for release in InstallerRelease.allCases {
            let fields = InstallerMessages(release, Self.machine).answerFields(token: "abc")
            let authorization = fields.first { $0.name == "authorization" }?.value
            #expect(authorization == (release >= .v9x2 ? "Bearer abc" : nil))
            let type = fields.first { $0.name == "content-type" }?.value
            #expect(type == "application/json; charset=utf-\(release == .v8x2 ? "" : "8")")
        }
    }

    static let schemas: [(InstallerRelease, String)] = [
        (.v8x3, "1.0"), (.v8x4, "1.1"), (.v9x0, "1.1"), (.v9x1, "1.2"), (.v9x2, "1.2"),
    ]

    @Test(arguments: schemas)
    func `the report is what Sprout reads, as each release writes it (P6)`(
        release: InstallerRelease, schema: String
    ) throws {
        var text = Stage.answer()
        if release >= .v9x2 {
            text = text.replacing("[first-boot]", with: "auth-token = \"secret\"\n[first-boot]")
        }
        if release < .v8x4 {
            text = text.replacing("root-password-hashed", with: "root_password_hashed")
                .replacing("disk-list", with: "disk_list")
        }
        let plan = try Stage.outcome(text, release, on: Self.machine).get()
        let tree = InstallerMessages(release, Self.machine).report(plan)
        let read = try JSONDecoder().decode(InstalledReport.self, from: JSONEncoder().encode(tree))
        #expect(read.fqdn == "pve-01.lab.home.arpa" && read.filesystem == "ext4")
        #expect(read.bootDisks.map(\.name) == ["/dev/nvme0n1"] && read.disks.count == 2)
        #expect(read.ports.filter(\.isManagement).map(\.address) == ["192.168.240.12/20"])
        #expect(read.token == (release >= .v9x2 ? "secret" : nil))
        #expect(read.machineID?.count == 32 && read.machineID?.allSatisfy(\.isHexDigit) == true)
        let keys = [read.hostKeys.ecdsa, read.hostKeys.ed25519, read.hostKeys.rsa]
        #expect(keys.allSatisfy { $0?.hasSuffix(" root@pve-01") == true })
        let json = try Self.json(tree)
        #expect((json["$schema"] as? [String: String])?["version"] == schema)
        #expect((json["reboot-mode"] != nil) == (release >= .v8x4))
        let boot = try #require(json["boot-info"] as? [String: Any])
        #expect(boot.keys.sorted() == ["mode"])
        let ports = try #require(json["network-interfaces"] as? [[String: Any]])
        #expect((ports[0]["name"] != nil) == (release >= .v9x1))
        #expect(ports[1]["is-management"] == nil)
    }

    @Test func `with an address of its own and pinned names no port is the management's`() throws {
        for (name, text) in try Stage.golden(.v9x2) where name.contains("pinning") {
            let machine = Stage.machine(for: name)
            let plan = try Stage.outcome(text, .v9x2, on: machine).get()
            let tree = InstallerMessages(.v9x2, machine).report(plan)
            let read = try JSONDecoder().decode(InstalledReport.self, from: JSONEncoder().encode(tree))
            #expect(read.ports.allSatisfy { !$0.isManagement && $0.address == nil && $0.isPinned })
        }
    }

    /// As RFC 4253 6.6 has them: each field with its length before it.
    @Test func `the keys are of the shape that SSH has`() throws {
        let keys = PublicKeys(5).hostKeys(of: "a")
        for (kind, sizes) in [("ed25519", [11, 32]), ("ecdsa", [19, 8, 65]), ("rsa", [7, 3, 385])] {
            let words = try #require(keys[kind] ?? nil).split(separator: " ")
            let data = try #require(Data(base64Encoded: String(words[1])))
            var (rest, fields) = (Array(data)[...], [[UInt8]]())
            while rest.count >= 4 {
                let size = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
                fields.append(Array(rest.dropFirst(4).prefix(size)))
                rest = rest.dropFirst(4 + size)
            }
            #expect(fields.map(\.count) == sizes && rest.isEmpty)
            #expect(String(decoding: fields[0], as: UTF8.self) == words[0])
        }
    }
}
