import FoundationEssentials
import Model
import Settings
import Testing

@Suite(.timeLimit(.minutes(5))) struct FilesystemTests {
    private func type(_ body: String) throws -> ServerType? {
        try ServerTypes(parsing: "server_types: {a: {\(body)}}", file: "f")["a"]
    }

    @Test func `every option of a file system is read, and survives the way through JSON`() throws {
        let zfs = try #require(
            try type(
                """
                boot_disk: [/dev/sda, /dev/sdb], filesystem: {kind: zfs, raid: raid1, ashift: 13, arc_max: 4096,
                  checksum: sha256, compress: zstd, copies: 2, hdsize: 200.5}
                """))
        var options = Filesystem.ZFS()
        (options.raid, options.ashift, options.arcMax, options.hdsize) = (.raid1, 13, 4096, 200.5)
        (options.checksum, options.compress, options.copies) = (.sha256, .zstd, 2)
        #expect(zfs.filesystem == .zfs(options) && zfs.bootDisk == .paths(["/dev/sda", "/dev/sdb"]))
        let xfs = try #require(
            try type(
                """
                boot_disk: /dev/sda,
                filesystem: {kind: xfs, hdsize: 64, swapsize: 0, maxroot: 20, maxvz: 30, minfree: 4}
                """))
        var volumes = Filesystem.LVM()
        (volumes.hdsize, volumes.swapsize, volumes.maxroot, volumes.maxvz, volumes.minfree) = (64, 0, 20, 30, 4)
        #expect(xfs.filesystem == .xfs(volumes))
        let btrfs = try #require(
            try type("boot_disk: /dev/sda, filesystem: {kind: btrfs, compress: lzo, hdsize: 100}"))
        for type in [zfs, xfs, btrfs] {
            #expect(try JSONDecoder().decode(ServerType.self, from: JSONEncoder().encode(type)) == type)
        }
    }

    @Test(arguments: Filesystem.Kind.allCases)
    func `a word alone means the usual, in the file and in an older version's JSON`(kind: Filesystem.Kind) throws {
        let type = try #require(try type("boot_disk: /dev/sda, filesystem: \(kind.rawValue)"))
        #expect(type.filesystem == Filesystem(kind))
        let old = #"{"key":"a","boot_disk":{"path":"/dev/sda"},"filesystem":"\#(kind.rawValue)"}"#
        #expect(try JSONDecoder().decode(ServerType.self, from: Data(old.utf8)) == type)
        #expect(String(decoding: try JSONEncoder().encode(type), as: UTF8.self).contains("\"\(kind.rawValue)\""))
    }

    static let mistakes: [(body: String, message: String)] = [
        ("boot_disk: [], filesystem: zfs", "boot_disk: is empty (\(disk))"),
        ("boot_disk: [/dev/sda, /dev/sda], filesystem: zfs", "boot_disk: names a disk twice (\(disk))"),
        ("boot_disk: [/dev/sda, sdb], filesystem: zfs", "boot_disk: found \"sdb\", \(disk); did you mean /dev/sdb?"),
        (
            "boot_disk: [/dev/sda, /dev/disk/by-id/ata-X], filesystem: zfs",
            "boot_disk: several disks are listed by the kernel's names only, such as /dev/sda (\(disk))"
        ),
        ("boot_disk: [/dev/sda, /dev/sdb]", "boot_disk: ext4 lies on exactly one disk, not on 2"),
        (
            "boot_disk: /dev/sda, filesystem: {kind: zfs, raid: raid1}",
            "boot_disk: zfs with raid1 needs at least 2 disks, not 1"
        ),
        (
            "boot_disk: [/dev/sda, /dev/sdb, /dev/sdc, /dev/sdd, /dev/sde], filesystem: {kind: btrfs, raid: raid10}",
            "boot_disk: btrfs with raid10 needs an even number of disks, not 5"
        ),
        (
            "boot_disk: {serial: X1}, filesystem: {kind: zfs, raid: raidz-1}",
            "boot_disk: zfs with raidz-1 needs at least 3 disks, not 1"
        ),
        (
            "boot_disk: /dev/sda, filesystem: {kind: ext4, hdsize: 32, swapsize: 16.5}",
            "filesystem.swapsize: is more than half of hdsize, 32.0 GiB"
        ),
        (
            "boot_disk: /dev/sda, filesystem: {kind: ext4, raid: raid1}",
            "filesystem.raid: no such key here (allowed: kind, hdsize, swapsize, maxroot, maxvz, minfree)"
        ),
        (
            "boot_disk: /dev/sda, filesystem: {kind: zfs, swapsize: 8}",
            "filesystem.swapsize: no such key here "
                + "(allowed: kind, raid, ashift, arc_max, checksum, compress, copies, hdsize)"
        ),
        (
            "boot_disk: /dev/sda, filesystem: {kind: btrfs, raid: raidz-1}",
            "filesystem.raid: found \"raidz-1\", allowed: raid0, raid1 or raid10"
        ),
        (
            "boot_disk: /dev/sda, filesystem: {kind: zfs, raid: raidz1}",
            "filesystem.raid: found \"raidz1\", allowed: raid0, raid1, raid10, raidz-1, raidz-2 or raidz-3; "
                + "did you mean raidz-1?"
        ),
        (
            "boot_disk: /dev/sda, filesystem: {kind: zfs, ashift: 8}",
            "filesystem.ashift: found \"8\", allowed: a whole number from 9 to 16"
        ),
        (
            "boot_disk: /dev/sda, filesystem: {kind: xfs, hdsize: 64G}",
            "filesystem.hdsize: found \"64G\", allowed: a number of GiB from 8 to 1000000, such as 32 or 7.5"
        ),
        (
            "boot_disk: /dev/sda, filesystem: {raid: raid1}",
            "filesystem.kind: is missing (allowed: ext4, xfs, zfs or btrfs)"
        ),
    ]
    private static let disk =
        "allowed: a whole disk such as /dev/nvme0n1, a list of them, or a map with its serial or model"

    @Test(arguments: mistakes)
    func `what the installer would refuse of disks is refused with its place (P5, E11)`(body: String, message: String) {
        do throws(Diagnostics) {
            _ = try ServerTypes(parsing: "server_types: {a: {\(body)}}", file: "f")
            Issue.record("\(body) was taken")
        } catch {
            let sentences = error.all.map { $0.description.split(separator: " ", maxSplits: 1).last.map(String.init) }
            #expect(sentences == ["server_types.a." + message])
        }
    }
}
