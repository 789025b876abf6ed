import FoundationEssentials
import Model
import Testing

@Suite struct InstalledReportTests {
    static func read(_ json: String) throws -> InstalledReport {
        try JSONDecoder().decode(InstalledReport.self, from: Data(json.utf8))
    }

    static let newest = """
        {
          "$schema": { "version": "1.2" },
          "debian-version": "13.5",
          "product": { "fullname": "Proxmox VE", "short": "pve", "version": "9.2.4" },
          "iso": { "release": "9.2", "isorelease": "1" },
          "kernel-version": { "sysname": "Linux", "release": "7.0.2-5-pve", "version": "#1 SMP", "machine": "x86_64" },
          "boot-info": { "mode": "efi", "secureboot": true },
          "cpu-info": { "cores": 8, "cpus": 16, "flags": "fpu vme", "hvm": true, "model": "AMD", "sockets": 1 },
          "dmi": { "system": { "serial": "PF3ABCDE" }, "baseboard": {}, "chassis": {} },
          "filesystem": "zfs (RAID1)",
          "fqdn": "node3.lab.home.arpa",
          "machine-id": "0123456789abcdef0123456789abcdef",
          "disks": [
            { "size": 214748364800, "is-bootdisk": true,
              "udev-properties": { "DEVNAME": "/dev/sda", "ID_SERIAL": "QEMU_1", "ID_SERIAL_SHORT": "1", "MAJOR": "8" }
            },
            { "size": 214748364800, "udev-properties": { "DEVNAME": "/dev/sdb" } } ],
          "network-interfaces": [
            { "name": "mgmt0", "mac": "bc:24:11:49:8d:75", "address": "10.20.0.13/24", "is-management": true,
              "is-pinned": true, "udev-properties": { "INTERFACE": "enp1s0" } } ],
          "ssh-public-host-keys": { "ecdsa": "ecdsa-sha2-nistp256 AAAA root@node3", "ed25519": "ssh-ed25519 AAAA",
                                    "rsa": "ssh-rsa AAAA\\nssh-rsa BBBB" },
          "reboot-mode": "reboot",
          "token": "one-time-secret"
        }
        """

    @Test func `the newest report is read, and its token is never written`() throws {
        let report = try Self.read(Self.newest)
        #expect(report.fqdn == "node3.lab.home.arpa" && report.filesystem == "zfs (RAID1)")
        #expect(report.version == "9.2.4" && report.kernel == "7.0.2-5-pve" && report.iso?.release == "9.2")
        #expect(report.firmware?.mode == "efi" && report.firmware?.isSecureBoot == true)
        #expect(report.machineID == "0123456789abcdef0123456789abcdef" && report.dmi.system.serial == "PF3ABCDE")
        #expect(report.bootDisks.map(\.name) == ["/dev/sda"] && report.disks.count == 2)
        #expect(report.bootDisks.first?.serial == "1" && report.bootDisks.first?.properties["MAJOR"] == nil)
        let port = try #require(report.ports.first)
        #expect(port.name == "mgmt0" && port.address == "10.20.0.13/24" && port.isManagement && port.isPinned)
        #expect(report.hostKeys.ed25519 == "ssh-ed25519 AAAA" && report.hostKeys.ecdsa?.hasSuffix("root@node3") == true)
        #expect(report.hostKeys.rsa == nil, "two lines are not one key")
        #expect(report.token == "one-time-secret")
        let kept = try JSONEncoder().encode(report)
        #expect(!String(decoding: kept, as: UTF8.self).contains("one-time-secret"))
        let again = try JSONDecoder().decode(InstalledReport.self, from: kept)
        #expect(again.token == nil && again.ports == report.ports && again.disks == report.disks)
        #expect(again.hostKeys == report.hostKeys && again.firmware == report.firmware && again.kernel == report.kernel)
        #expect(again.version == report.version && again.iso == report.iso && again.machineID == report.machineID)
    }

    @Test func `the reports of 8.3 and 8.4 are read, in which false is left out and ports have no names`() throws {
        for schema in [#""version":"1.0"}"#, #""version":"1.1"},"reboot-mode":"power-off""#] {
            let report = try Self.read(
                """
                {"$schema":{\(schema),"fqdn":"a.b","filesystem":"ext4","boot-info":{"mode":"bios"},
                 "disks":[{"size":1,"is-bootdisk":true,"udev-properties":{"DEVNAME":"/dev/vda"}}],
                 "network-interfaces":[{"mac":"bc:24:11:49:8d:75","address":"10.0.0.2/24","is-management":true}],
                 "ssh-public-host-keys":{"ed25519":"ssh-ed25519 AAAA"}}
                """)
            #expect(report.firmware?.isSecureBoot == false && report.token == nil)
            #expect(report.ports.first?.name == nil && report.ports.first?.isManagement == true)
            #expect(report.ports.first?.isPinned == false && report.bootDisks.map(\.name) == ["/dev/vda"])
        }
    }

    @Test func `what could not be found out is left out`() throws {
        let report = try Self.read(
            #"{"fqdn":"a.b","disks":[],"network-interfaces":null,"ssh-public-host-keys":{"rsa":""},"boot-info":7}"#)
        #expect(report.disks.isEmpty && report.ports.isEmpty && report.firmware == nil)
        #expect(throws: DecodingError.self) { try Self.read("{}") }
    }
}
