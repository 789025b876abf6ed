import Model

@testable import Recipes

/// The host of the golden answers, and what is varied of it.
enum AnswerSample {
    static let hash = "$y$j9T$4mtDSzbN/oWZp3Wc8vSiC1$" + String(repeating: "k", count: 43)
    static let token = "Zm9vYmFyYmF6cXV4Zm9vYmFy"
    static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJwYQK1Q1s7nZ3vY8qkZp1a1R3d4xv0n6l9m2t8u7w5B sprout"

    static func plan(_ release: InstallerRelease) throws -> AnswerPlan {
        var installation = Installation()
        installation.country = try Country("de")
        installation.keyboard = .de
        installation.timezone = try Timezone("Europe/Berlin")
        installation.domain = try DomainName("lab.home.arpa")
        let server = "http://10.20.0.2/api/boot"
        var plan = AnswerPlan(
            try Hostname("pve-01"), release, installation: installation, network: .dhcp,
            callbacks: .init(installed: "\(server)/installed", firstBoot: "\(server)/first-boot", token: token),
            bootDisk: .path("/dev/nvme0n1"))
        plan.rootPasswordHash = try PasswordHash(hash)
        plan.publicKeys = [key]
        return plan
    }

    static func fixed() throws -> AnswerPlan.Network {
        .fixed(
            try HostAddress("10.20.0.13/24"), gateway: "10.20.0.1", dns: "10.20.0.1",
            port: try MACAddress("BC:24:11:49:8D:75"))
    }

    typealias Change = (name: String, apply: @Sendable (inout AnswerPlan) throws -> Void)

    static let filesystems: [Change] = [
        ("ext4", { $0.bootDisk = .serial("S6Z1NJ0W123456") }),
        (
            "xfs with sizes",
            {
                var lvm = Filesystem.LVM()
                (lvm.hdsize, lvm.swapsize, lvm.maxroot, lvm.maxvz, lvm.minfree) = (200, 8, 60, 100.5, 16)
                $0.filesystem = .xfs(lvm)
            }
        ),
        ("zfs raid0", { $0.filesystem = Filesystem(.zfs) }),
        (
            "zfs raid1 with options",
            {
                var zfs = Filesystem.ZFS()
                (zfs.raid, zfs.ashift, zfs.arcMax, zfs.copies, zfs.hdsize) = (.raid1, 12, 4096, 1, 200)
                (zfs.checksum, zfs.compress) = (.on, .zstd)
                $0.filesystem = .zfs(zfs)
                $0.bootDisk = .paths(["/dev/nvme0n1", "/dev/nvme1n1"])
            }
        ),
        ("zfs raid10", { $0.setZFS(.raid10, "/dev/sda", "/dev/sdb", "/dev/sdc", "/dev/sdd") }),
        ("zfs raidz-1", { $0.setZFS(.raidz1, "/dev/sda", "/dev/sdb", "/dev/sdc") }),
        (
            "btrfs raid1 with options",
            {
                var btrfs = Filesystem.Btrfs()
                (btrfs.raid, btrfs.compress, btrfs.hdsize) = (.raid1, .zstd, 100)
                $0.filesystem = .btrfs(btrfs)
                $0.bootDisk = .model("Samsung SSD 870 EVO 1TB")
                $0.knownDisks = ["a", "b"].map { disk("/dev/sd\($0)", "Samsung_SSD_870_EVO_1TB", "S75BNL0W\($0)") }
            }
        ),
    ]

    static let networks: [Change] = [
        ("DHCP", { _ in }),
        ("static", { $0.network = try fixed() }),
        (
            "static with pinning, HTTPS",
            {
                $0.network = try fixed()
                $0.portNames = [try MACAddress("BC:24:11:49:8D:75"): AnswerPlan.managementPortName]
                $0.callbacks.installed = "https://10.20.0.2/api/boot/installed"
                $0.callbacks.firstBoot = "https://10.20.0.2/api/boot/first-boot"
                $0.callbacks.certificateFingerprint = Array(repeating: "AF", count: 32).joined(separator: ":")
            }
        ),
    ]

    static func disk(_ name: String, _ model: String, _ serial: String) -> MachineDisk {
        MachineDisk(properties: [
            "DEVNAME": name, "ID_MODEL": model, "ID_SERIAL": "\(model)_\(serial)", "ID_SERIAL_SHORT": serial,
        ])
    }
}

extension AnswerPlan {
    mutating func setZFS(_ raid: Filesystem.ZFS.RAID, _ paths: String...) {
        var zfs = Filesystem.ZFS()
        zfs.raid = raid
        filesystem = .zfs(zfs)
        bootDisk = .paths(paths)
    }
}
