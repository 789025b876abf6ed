internal import Model
internal import YAML

extension Filesystem {
    /// Reads the key `filesystem`: one word, or a map with the kind and its options.
    init?(of type: Section) {
        guard let (kind, section) = type.variant("filesystem", by: "kind", Form<Kind>.choice) else { return nil }
        switch kind {
        case .ext4: self = .ext4(LVM(section))
        case .xfs: self = .xfs(LVM(section))
        case .zfs: self = .zfs(ZFS(section))
        case .btrfs: self = .btrfs(Btrfs(section))
        }
        if let swapRefusal {
            section.mistakes.note(
                section.child("swapsize"), at: section.place("swapsize"), Refusal(message: swapRefusal))
        }
    }

    /// Notes that the file system cannot lie on the disks that the type names.
    func check(against disk: ServerType.BootDisk, in type: Section) {
        let count: Int
        switch disk {
        case .path, .serial: count = 1
        case .paths(let paths): count = paths.count
        case .model: return
        }
        guard let refusal = refusal(ofDisks: count) else { return }
        let what = raid.map { "\(kind.rawValue) with \($0)" } ?? kind.rawValue
        type.mistakes.note(
            type.child("boot_disk"), at: type.place("boot_disk"), Refusal(message: "\(what) \(refusal)"))
    }
}

extension Filesystem.LVM {
    fileprivate init(_ section: Section) {
        self.init()
        let section = section.knowing(["kind", "hdsize", "swapsize", "maxroot", "maxvz", "minfree"])
        hdsize = section.value("hdsize", .diskSize)
        swapsize = section.value("swapsize", .gibibytes)
        maxroot = section.value("maxroot", .size(from: 2))
        maxvz = section.value("maxvz", .gibibytes)
        minfree = section.value("minfree", .gibibytes)
    }
}

extension Filesystem.ZFS {
    fileprivate init(_ section: Section) {
        self.init()
        let section = section.knowing([
            "kind", "raid", "ashift", "arc_max", "checksum", "compress", "copies", "hdsize",
        ])
        raid = section.value("raid", .choice) ?? raid
        ashift = section.value("ashift", .number(9...16))
        arcMax = section.value("arc_max", .number(64...1_048_576))
        checksum = section.value("checksum", .choice)
        compress = section.value("compress", .choice)
        copies = section.value("copies", .number(1...3))
        hdsize = section.value("hdsize", .diskSize)
    }
}

extension Filesystem.Btrfs {
    fileprivate init(_ section: Section) {
        self.init()
        let section = section.knowing(["kind", "raid", "compress", "hdsize"])
        raid = section.value("raid", .choice) ?? raid
        compress = section.value("compress", .choice)
        hdsize = section.value("hdsize", .diskSize)
    }
}

extension Form<Int> {
    fileprivate static func number(_ range: ClosedRange<Int>) -> Self {
        text("a whole number from \(range.lowerBound) to \(range.upperBound)") { text in
            Decimal.read(text[...], upTo: range.upperBound).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension Form<Double> {
    /// A size that may be nothing at all.
    fileprivate static var gibibytes: Self { size(from: 0) }

    /// Less of a disk than this is too little for Proxmox VE itself.
    fileprivate static var diskSize: Self { size(from: 8) }

    fileprivate static func size(from least: Int) -> Self {
        text("a number of GiB from \(least) to 1000000, such as 32 or 7.5") { text in
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            let digits = parts.allSatisfy { (1...7).contains($0.utf8.count) && $0.utf8.allSatisfy(isDigit) }
            guard parts.count <= 2, digits, let value = Double(text) else { return nil }
            return (Double(least)...1_000_000).contains(value) ? value : nil
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
