import Model

extension InstallerRules {
    func disks(_ table: TOMLTable) throws(InstallerRefusal) -> InstallerAnswer.Disks {
        let section = try AnswerSection(
            table,
            [
                field("filesystem"), field("disk-list"), field("filter"), field("filter-match"), field("zfs"),
                field("lvm"), field("btrfs"),
            ])
        _ = try section.required("filesystem")
        return .init(
            filesystem: try section.choice("filesystem", of: ["ext4", "xfs", "zfs", "btrfs"]) ?? "",
            list: try section.texts("disk-list"), filter: try section.map("filter") ?? [:],
            takesAll: try section.choice("filter-match", of: ["any", "all"]) == "all",
            lvm: try section.table("lvm").map(lvm), zfs: try section.table("zfs").map(zfs),
            btrfs: try section.table("btrfs").map(btrfs))
    }

    private func lvm(_ table: TOMLTable) throws(InstallerRefusal) -> InstallerAnswer.Disks.LVM {
        let names = ["hdsize", "swapsize", "maxroot", "maxvz", "minfree"]
        let section = try AnswerSection(table, names.map { field($0) })
        for name in names { _ = try section.fraction(name) }
        return .init(size: try section.fraction("hdsize"), swap: try section.fraction("swapsize"))
    }

    private func zfs(_ table: TOMLTable) throws(InstallerRefusal) -> InstallerAnswer.Disks.Pool {
        let section = try AnswerSection(
            table, ["raid", "ashift", "arc-max", "checksum", "compress", "copies", "hdsize"].map { field($0) })
        let raid = try section.choice("raid", of: Self.levels(Filesystem.ZFS.RAID.allCases.map(\.rawValue)))
        for name in ["ashift", "arc-max", "copies"] { _ = try section.whole(name) }
        _ = try section.choice("checksum", of: Filesystem.ZFS.Checksum.allCases.map(\.rawValue))
        _ = try section.choice("compress", of: Filesystem.ZFS.Compress.allCases.map(\.rawValue))
        return .init(raid: raid?.uppercased(), size: try section.fraction("hdsize"))
    }

    private func btrfs(_ table: TOMLTable) throws(InstallerRefusal) -> InstallerAnswer.Disks.Pool {
        let section = try AnswerSection(table, ["hdsize", "raid", "compress"].map { field($0) })
        let raid = try section.choice("raid", of: Self.levels(Filesystem.Btrfs.RAID.allCases.map(\.rawValue)))
        _ = try section.choice("compress", of: Filesystem.Btrfs.Compress.allCases.map(\.rawValue))
        return .init(raid: raid?.uppercased(), size: try section.fraction("hdsize"))
    }

    /// All in upper case or all in lower case.
    private static func levels(_ names: [String]) -> [String] { names.flatMap { [$0.uppercased(), $0] } }

    /// What of a selection and of options goes together.
    func checkSelection(_ disks: InstallerAnswer.Disks, _ phase: InstallerRefusal.Phase) throws(InstallerRefusal) {
        let list = field("disk-list").name
        if disks.list.isEmpty, disks.filter.isEmpty {
            throw InstallerRefusal(phase, "Need either '\(list)' or 'filter' set")
        }
        if !disks.list.isEmpty, !disks.filter.isEmpty {
            throw InstallerRefusal(phase, "Cannot use both, '\(list)' and 'filter'")
        }
        let options = [("lvm", disks.lvm != nil), ("zfs", disks.zfs != nil), ("btrfs", disks.btrfs != nil)]
        let own = disks.usesLVM ? "lvm" : disks.filesystem
        if options.contains(where: { $0.1 && $0.0 != own }) {
            throw InstallerRefusal(phase, "make sure only '\(own)' options are set")
        }
        if disks.usesLVM, disks.list.count > 1 {
            throw InstallerRefusal(phase, "make sure to define only one disk for ext4 and xfs")
        }
        if disks.filesystem == "zfs", disks.zfs?.raid == nil {
            throw InstallerRefusal(phase, "ZFS raid level 'zfs.raid' must be set")
        }
        if disks.filesystem == "btrfs", disks.btrfs?.raid == nil {
            let name = release >= .v9x2 ? "Btrfs" : "BTRFS"
            throw InstallerRefusal(phase, "\(name) raid level 'btrfs.raid' must be set")
        }
    }

    /// What is checked from 9.0 on before disks are looked for.
    func checkDisks(_ disks: InstallerAnswer.Disks) throws(InstallerRefusal) {
        if !disks.list.isEmpty, let refusal = disks.earlyRefusal(release) { throw Self.stop(refusal) }
        var seen: Set<String> = []
        for disk in disks.list where !seen.insert(disk).inserted {
            throw Self.stop("List of disks contains duplicate device \(disk)")
        }
        guard let swap = disks.lvm?.swap, let size = disks.lvm?.size, swap > size / 2 else { return }
        throw Self.stop(
            "Swap size \(Self.text(swap)) GiB cannot be greater than \(Self.text(size / 2)) GiB (hard disk size / 2)")
    }

    private static func text(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }

    // MARK: On a machine

    /// The disks that are wiped, as the installer finds them: by the end of a path, or by properties.
    func chosen(
        _ disks: InstallerAnswer.Disks, _ machine: FakeMachine
    ) throws(InstallerRefusal) -> [FakeMachine.Disk] {
        if disks.usesLVM {
            guard let name = disks.list.first else {
                return [try first(of: machine.disksByIndex, disks.filter) { $0.properties }]
            }
            guard let disk = machine.disks.first(where: { $0.name.hasSuffix(name) }) else {
                let word = release.spellsWithHyphens ? "disk-selection" : "disk_selection"
                throw Self.stop("disk in '\(word)' not found")
            }
            return [disk]
        }
        let found: [FakeMachine.Disk]
        if disks.list.isEmpty {
            found = try matching(machine.disksByIndex, disks.filter, all: disks.takesAll)
            if found.isEmpty { throw Self.stop("filter did not match any devices") }
        } else {
            // A name that is not there is left out without a word.
            let names = disks.list.compactMap { name in machine.disks.first { $0.name.hasSuffix(name) }?.name }
            found = machine.disksByIndex.filter { names.contains($0.name) }
        }
        if found.isEmpty { throw Self.stop("No disks found matching selection.") }
        return found
    }

    /// The low-level installer counts once more.
    func checkCount(_ disks: InstallerAnswer.Disks, _ count: Int) throws(InstallerRefusal) {
        guard let refusal = disks.lateRefusal(count) else { return }
        throw Self.stop("low level installer returned early: \(refusal)")
    }

    /// The first that has any of the properties: there is no way to ask for all of them.
    func first<Device>(
        of devices: [Device], _ filter: [String: String], _ properties: (Device) -> [String: String]
    ) throws(InstallerRefusal) -> Device {
        if filter.isEmpty { throw Self.stop("no filter defined") }
        let globs = try globs(filter)
        let found = devices.first { device in
            globs.contains { key, glob in properties(device)[key].map(glob.matches) ?? false }
        }
        guard let found else { throw Self.stop("filter did not match any device") }
        return found
    }

    /// With `all` a disk that lacks a property counts as one that has it right.
    private func matching(
        _ disks: [FakeMachine.Disk], _ filter: [String: String], all: Bool
    ) throws(InstallerRefusal) -> [FakeMachine.Disk] {
        let globs = try globs(filter)
        return disks.filter { disk in
            all
                ? globs.allSatisfy { disk.properties[$0.0].map($0.1.matches) ?? true }
                : globs.contains { disk.properties[$0.0].map($0.1.matches) ?? false }
        }
    }

    private func globs(_ filter: [String: String]) throws(InstallerRefusal) -> [(String, Glob)] {
        var globs: [(String, Glob)] = []
        for (key, pattern) in filter {
            guard let glob = Glob(pattern) else { throw Self.stop("invalid glob in disk selection") }
            globs.append((key, glob))
        }
        return globs
    }
}
