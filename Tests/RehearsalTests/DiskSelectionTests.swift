import Model
import Testing

@testable import Rehearsal

/// The traps in how the installer chooses disks.
@Suite struct DiskSelectionTests {
    static let machine = FakeMachine(1, type: ServerType(key: "any", bootDisk: .paths(["sda", "sdb", "nvme0n1"])))

    static let choices: [(setup: String, disks: [String])] = [
        ("filesystem = \"ext4\"\ndisk-list = [\"sdb\"]", ["/dev/sdb"]),
        ("filesystem = \"ext4\"\ndisk-list = [\"a\"]", ["/dev/sda"]),
        ("filesystem = \"ext4\"\nfilter.DEVNAME = \"/dev/sd?\"", ["/dev/sda"]),
        (
            "filesystem = \"ext4\"\nfilter-match = \"all\"\nfilter.ID_BUS = \"nvme\"\nfilter.DEVNAME = \"/dev/sdb\"",
            ["/dev/sdb"]
        ),
        (
            "filesystem = \"zfs\"\nzfs.raid = \"raid0\"\ndisk-list = [\"nvme0n1\", \"sda\", \"sdx\"]",
            ["/dev/sda", "/dev/nvme0n1"]
        ),
        ("filesystem = \"zfs\"\nzfs.raid = \"RAID1\"\nfilter.DEVNAME = \"/dev/sd[ab]\"", ["/dev/sda", "/dev/sdb"]),
        ("filesystem = \"zfs\"\nzfs.raid = \"raid0\"\nfilter.DEVNAME = \"/dev/sd[!ab]\"", ["/dev/sdz"]),
        (
            "filesystem = \"btrfs\"\nbtrfs.raid = \"raid0\"\nfilter-match = \"all\"\nfilter.NO_SUCH = \"x\"\n"
                + "filter.ID_BUS = \"nvme\"", ["/dev/nvme0n1"]
        ),
    ]

    @Test(arguments: choices)
    func `disks are found by the end of a path or by any property`(setup: String, disks: [String]) throws {
        let text = Stage.answer(("filesystem = \"ext4\"\ndisk-list = [\"/dev/nvme0n1\"]", setup))
        #expect(try Stage.outcome(text, .v9x2, on: Self.machine).get().disks == disks)
    }

    @Test func `too few disks that are found stop the low-level installer`() {
        let setup = "filesystem = \"zfs\"\nzfs.raid = \"raid1\"\ndisk-list = [\"sda\", \"sdx\"]"
        let text = Stage.answer(("filesystem = \"ext4\"\ndisk-list = [\"/dev/nvme0n1\"]", setup))
        let message = "low level installer returned early: zfs (RAID1) needs at least 2 device"
        #expect(throws: InstallerRefusal(.installation, message)) {
            try Stage.outcome(text, .v9x2, on: Self.machine).get()
        }
    }

    @Test func `an address without the size of its network is a network of its own, from 9.2 on`() throws {
        let network =
            "source = \"from-answer\"\ncidr = \"10.0.0.9\"\ndns = \"10.0.0.1\"\ngateway = \"fe80::1\"\n"
            + "filter.ID_NET_NAME_MAC = \"*025350000001\""
        let text = Stage.answer(("source = \"from-dhcp\"", network))
        #expect(try Stage.outcome(text, .v9x2, on: Self.machine).get().address == "10.0.0.9/32")
    }

    @Test func `a section that does not enable pinning pins all ports all the same`() throws {
        let text = Stage.answer(
            ("source = \"from-dhcp\"", "source = \"from-dhcp\"\n[network.interface-name-pinning]\nenabled = false"))
        let plan = try Stage.outcome(text, .v9x2, on: Self.machine).get()
        #expect(Self.machine.ports.map { plan.names[$0.mac] } == ["nic0", "nic1"])
    }

    @Test(arguments: [
        ("*", "", true), ("a*c", "abbc", true), ("a*c", "abcd", false), ("**a", "ba", true), ("[]a]", "]", true),
        ("[a-c]?", "bz", true), ("[!a-c]", "b", false), ("?", "", false), ("a*b*c", "aXbXbc", true),
    ])
    func `patterns match as the installer's do`(pattern: String, text: String, expected: Bool) throws {
        #expect(try #require(Glob(pattern)).matches(text) == expected)
    }
}
