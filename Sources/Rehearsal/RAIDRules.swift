import Model

extension InstallerAnswer.Disks {
    var usesLVM: Bool { filesystem == "ext4" || filesystem == "xfs" }

    /// Such as RAIDZ-1; nil with ext4 and xfs.
    var level: String? { filesystem == "zfs" ? zfs?.raid : filesystem == "btrfs" ? btrfs?.raid : nil }

    /// How much of each disk is used, in GiB, where it says so.
    var size: Double? { filesystem == "zfs" ? zfs?.size : filesystem == "btrfs" ? btrfs?.size : lvm?.size }

    /// As the webhook is told.
    var reportedName: String { level.map { "\(filesystem) (\($0))" } ?? filesystem }

    private var fewest: Int {
        switch level {
        case "RAID1": 2
        case "RAID10", "RAIDZ-2": 4
        case "RAIDZ-1": 3
        case "RAIDZ-3": 5
        default: 1
        }
    }

    /// What is said of a list of disks before they are looked for.
    func earlyRefusal(_ release: InstallerRelease) -> String? {
        guard let level else { return nil }
        let name = filesystem == "zfs" ? "ZFS" : "Btrfs"
        if list.count < fewest {
            return release >= .v9x2
                ? "\(name) \(level) needs at least \(fewest) disks, got \(list.count)"
                : "\(name.uppercased()) (\(level)): need at least \(fewest) disks"
        }
        guard release >= .v9x2, level == "RAID10", list.count % 2 == 1 else { return nil }
        return "\(name) \(level) needs an even number of disks, got \(list.count)"
    }

    /// What is said of the disks that were found.
    func lateRefusal(_ count: Int) -> String? {
        guard let level else { return nil }
        if count < fewest { return "\(filesystem) (\(level)) needs at least \(fewest) device" }
        return level == "RAID10" && count % 2 == 1
            ? "\(filesystem) (\(level)) needs an even number of devices" : nil
    }
}
