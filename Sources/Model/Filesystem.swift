/// What a host's boot disk is formatted with, and how; sizes are in GiB.
public enum Filesystem: Equatable, Sendable {
    case ext4(LVM)
    case xfs(LVM)
    case zfs(ZFS)
    case btrfs(Btrfs)

    public enum Kind: String, CaseIterable, Codable, Sendable { case ext4, xfs, zfs, btrfs }

    public var kind: Kind {
        switch self {
        case .ext4: .ext4
        case .xfs: .xfs
        case .zfs: .zfs
        case .btrfs: .btrfs
        }
    }

    /// Logical volumes on one disk.
    public struct LVM: Equatable, Sendable, Codable {
        /// How much of the disk is used; nil is all of it.
        public var hdsize: Double?
        public var swapsize: Double?
        public var maxroot: Double?
        /// The most that the volume of the guests' data may have.
        public var maxvz: Double?
        public var minfree: Double?

        public init() {}
    }

    public struct ZFS: Equatable, Sendable, Codable {
        public enum RAID: String, CaseIterable, Codable, Sendable {
            case raid0, raid1, raid10
            case raidz1 = "raidz-1"
            case raidz2 = "raidz-2"
            case raidz3 = "raidz-3"
        }

        public enum Checksum: String, CaseIterable, Codable, Sendable { case on, fletcher4, sha256 }
        public enum Compress: String, CaseIterable, Codable, Sendable { case on, off, lzjb, lz4, zle, gzip, zstd }

        public var raid = RAID.raid0
        public var ashift: Int?
        /// The most memory that its cache takes, in MiB.
        public var arcMax: Int?
        public var checksum: Checksum?
        public var compress: Compress?
        public var copies: Int?
        public var hdsize: Double?

        public init() {}

        enum CodingKeys: String, CodingKey {
            case raid, ashift, checksum, compress, copies, hdsize
            case arcMax = "arc_max"
        }
    }

    public struct Btrfs: Equatable, Sendable, Codable {
        public enum RAID: String, CaseIterable, Codable, Sendable { case raid0, raid1, raid10 }
        public enum Compress: String, CaseIterable, Codable, Sendable { case on, off, zlib, lzo, zstd }

        public var raid = RAID.raid0
        public var compress: Compress?
        public var hdsize: Double?

        public init() {}
    }
}

extension Filesystem {
    public var raid: String? {
        switch self {
        case .ext4, .xfs: nil
        case .zfs(let zfs): zfs.raid.rawValue
        case .btrfs(let btrfs): btrfs.raid.rawValue
        }
    }

    /// The fewest disks that the installer takes for it.
    public var fewestDisks: Int {
        switch self {
        case .ext4, .xfs: 1
        case .zfs(let zfs): zfs.raid.fewestDisks
        case .btrfs(let btrfs):
            switch btrfs.raid {
            case .raid0: 1
            case .raid1: 2
            case .raid10: 4
            }
        }
    }

    /// Why it cannot lie on that many disks; nil if it can.
    public func refusal(ofDisks count: Int) -> String? {
        if raid == nil { return count == 1 ? nil : "lies on exactly one disk, not on \(count)" }
        if count < fewestDisks { return "needs at least \(fewestDisks) disks, not \(count)" }
        return raid == "raid10" && count % 2 == 1 ? "needs an even number of disks, not \(count)" : nil
    }

    /// Why the swap space is too large; nil if it is not.
    public var swapRefusal: String? {
        guard let volumes, let swap = volumes.swapsize, let size = volumes.hdsize, swap > size / 2 else { return nil }
        return "is more than half of hdsize, \(size) GiB"
    }

    /// Whether it depends on the size of the disk if the swap space is too large.
    public var hasSwapOfUnknownDisk: Bool { (volumes?.swapsize ?? 0) > 0 && volumes?.hdsize == nil }

    private var volumes: LVM? {
        switch self {
        case .ext4(let lvm), .xfs(let lvm): lvm
        case .zfs, .btrfs: nil
        }
    }
}

extension Filesystem.ZFS.RAID {
    fileprivate var fewestDisks: Int {
        switch self {
        case .raid0: 1
        case .raid1: 2
        case .raid10: 4
        case .raidz1: 3
        case .raidz2: 4
        case .raidz3: 5
        }
    }
}

/// One word where nothing else is said, which is also how older versions wrote it.
extension Filesystem: Codable {
    private enum CodingKeys: String, CodingKey { case kind }

    public init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(Kind.self) {
            self = Self(word)
            return
        }
        switch try decoder.container(keyedBy: CodingKeys.self).decode(Kind.self, forKey: .kind) {
        case .ext4: self = .ext4(try LVM(from: decoder))
        case .xfs: self = .xfs(try LVM(from: decoder))
        case .zfs: self = .zfs(try ZFS(from: decoder))
        case .btrfs: self = .btrfs(try Btrfs(from: decoder))
        }
    }

    public init(_ kind: Kind) {
        switch kind {
        case .ext4: self = .ext4(LVM())
        case .xfs: self = .xfs(LVM())
        case .zfs: self = .zfs(ZFS())
        case .btrfs: self = .btrfs(Btrfs())
        }
    }

    public func encode(to encoder: any Encoder) throws {
        if self == Self(kind) {
            var word = encoder.singleValueContainer()
            return try word.encode(kind)
        }
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(kind, forKey: .kind)
        switch self {
        case .ext4(let lvm), .xfs(let lvm): try lvm.encode(to: encoder)
        case .zfs(let zfs): try zfs.encode(to: encoder)
        case .btrfs(let btrfs): try btrfs.encode(to: encoder)
        }
    }
}
