/// What lies on a disk, as the agent beside an installer saw it before anything was written.
public struct DiskContents: Equatable, Sendable, Codable {
    public var disk: MachineDisk
    /// Each a part of the disk with what is in it, such as `sda2, 500 GB: NTFS "Windows"`; none if nobody would miss it.
    public var parts: [String]

    public init(disk: MachineDisk, parts: [String]) { (self.disk, self.parts) = (disk, parts) }

    /// What its parts are told by: the agent's words, such as `size 1024`, by the name of the part.
    typealias Told = [String: [String: String]]

    init(disk: MachineDisk, told: Told) {
        self.disk = disk
        let name = disk.name.dropFirst("/dev/".count)
        parts = told.sorted { $0.key.count == $1.key.count ? $0.key < $1.key : $0.key.count < $1.key.count }
            .compactMap { Self.words($0.key, $0.value, isWhole: $0.key == name) }
    }

    private static func words(_ name: String, _ told: [String: String], isWhole: Bool) -> String? {
        let type = told["ID_FS_TYPE"]
        // What a system starts by and swaps to is made anew with it.
        if type == "swap" || emptyTypes.contains(told["ID_PART_ENTRY_TYPE"]?.lowercased() ?? "") { return nil }
        if isWhole, type == nil { return nil }
        let kind = type.map { kinds[$0] ?? $0 } ?? "something unknown"
        let label = (told["ID_FS_LABEL"] ?? told["ID_PART_ENTRY_NAME"]).map { " \"\($0)\"" } ?? ""
        let size = told["size"].flatMap { Int64($0) }.map { ", \(gigabytes($0))" } ?? ""
        let mounted = told["mounted"].map { ", mounted last on \($0)" } ?? ""
        return "\(name)\(size): \(kind)\(label)\(mounted)"
    }

    private static func gigabytes(_ bytes: Int64) -> String {
        bytes < 10_000_000_000 ? "\(bytes / 1_000_000) MB" : "\(bytes / 1_000_000_000) GB"
    }

    /// As people call what udev calls so.
    private static let kinds = [
        "BitLocker": "Windows, encrypted by BitLocker", "LVM2_member": "LVM", "apfs": "APFS", "btrfs": "Btrfs",
        "ceph_bluestore": "a Ceph OSD", "crypto_LUKS": "something encrypted (LUKS)", "exfat": "exFAT",
        "linux_raid_member": "a part of a RAID", "ntfs": "NTFS", "vfat": "FAT", "xfs": "XFS", "zfs_member": "ZFS pool",
    ]

    /// Partitions of a GPT and of an MBR that hold no data of anybody: boot loaders, and what Windows reserves.
    private static let emptyTypes: Set = [
        "21686148-6449-6e6f-744e-656564454649", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
        "e3c9e316-0b5c-4db8-817d-f92df00215ae", "0x5", "0xef", "0xf",
    ]
}

extension MachineDisk {
    /// What a disk is told apart by from all others, as far as that is known.
    public var identity: String { serial ?? name }
}

extension DiskContents: CustomStringConvertible {
    public var description: String {
        let rest = parts.count > Self.mostShown ? ", and \(parts.count - Self.mostShown) more" : ""
        return parts.prefix(Self.mostShown).joined(separator: "; ") + rest
    }

    private static let mostShown = 8
}
