public import Model

extension AnswerPlan {
    /// The disks of the plan; nil with what speaks against them.
    var chosenDisks: (disks: ChosenDisks?, problems: [AnswerProblem]) {
        do throws(AnswerProblem) {
            let chosen = try selection
            try check(chosen)
            try checkContents(chosen)
            return (chosen, [])
        } catch {
            return (nil, [error])
        }
    }

    private var selection: ChosenDisks {
        get throws(AnswerProblem) {
            switch bootDisk {
            case .path(let path) where path.hasPrefix(DiskLink.folder): return .filter(try conditions(link: path))
            case .path(let path): return .names(try names([path]))
            case .paths(let paths): return .names(try names(paths))
            case .serial(let serial): return .filter(try conditions(serial))
            case .model(let model): return .filter([try condition(model)])
            }
        }
    }

    private func names(_ paths: [String]) throws(AnswerProblem) -> [String] {
        var names: [String] = []
        for path in paths { names.append(try kernelName(path)) }
        guard Set(names).count == names.count else {
            throw AnswerProblem("boot_disk", paths.joined(separator: ", "), "names a disk twice: name each once.")
        }
        try checkCount(names.count)
        return names
    }

    private func kernelName(_ path: String) throws(AnswerProblem) -> String {
        let name = path.hasPrefix("/dev/") ? path : "/dev/\(path)"
        let isName = name.dropFirst(5).utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard isName, (8...40).contains(name.utf8.count) else {
            throw AnswerProblem(
                "boot_disk", path, "is no kernel's name for a disk: write one such as /dev/nvme0n1, or give its serial."
            )
        }
        return name
    }

    private func conditions(link: String) throws(AnswerProblem) -> [ChosenDisks.Condition] {
        guard let link = DiskLink(link) else {
            throw AnswerProblem(
                "boot_disk", link,
                "is no link to a whole disk by what it is: take one of \(DiskLink.folder) that begins with ata-, nvme-, "
                    + "scsi-, usb-, virtio- or wwn-, or give the disk's serial.")
        }
        try checkCount(1)
        return link.conditions
    }

    private func conditions(_ serial: String) throws(AnswerProblem) -> [ChosenDisks.Condition] {
        guard let pattern = DiskPattern(serial) else {
            throw AnswerProblem(
                "boot_disk.serial", serial,
                "is no whole serial number: write it as lsblk -o +SERIAL shows it, without * ? [ ].")
        }
        try checkCount(1)
        return MachineDisk.serials.map { ChosenDisks.Condition(property: $0, pattern: pattern) }
    }

    private func condition(_ model: String) throws(AnswerProblem) -> ChosenDisks.Condition {
        guard let pattern = DiskPattern(model) else {
            throw AnswerProblem(
                "boot_disk.model", model,
                "is no whole name of a model: write it as lsblk -o +MODEL shows it, without * ? [ ].")
        }
        guard knownDisks != nil else {
            throw AnswerProblem(
                "boot_disk.model", model,
                "may be the model of more disks than are meant, and nobody has seen this machine's: the installer "
                    + "would wipe what it finds without asking. Give the serial or the path.")
        }
        return ChosenDisks.Condition(property: "ID_MODEL", pattern: pattern)
    }

    private func checkCount(_ count: Int) throws(AnswerProblem) {
        guard let refusal = filesystem.refusal(ofDisks: count) else { return }
        throw AnswerProblem("boot_disk", nil, "\(filesystem.words) \(refusal): list the disks that it is to lie on.")
    }

    /// Looks among the machine's own disks, where they are known, for what the installer would find.
    private func check(_ chosen: ChosenDisks) throws(AnswerProblem) {
        guard let knownDisks else { return }
        let found = knownDisks.filter(chosen.matches)
        if case .names(let names) = chosen {
            let missing = names.filter { name in !found.contains { $0.name == name } }
            if missing.isEmpty {
                for disk in found { try checkSame(disk) }
                return
            }
            throw refusal("is not there", missing.joined(separator: ", "))
        }
        if found.isEmpty { throw refusal("is not there", bootDisk.words) }
        guard case .model = bootDisk else {
            return try checkOne(found)
        }
        if filesystem.raid == nil { return try checkOne(found) }
        guard let why = filesystem.refusal(ofDisks: found.count) else { return }
        throw refusal("is found \(found.count) times, but \(filesystem.words) \(why)", bootDisk.words)
    }

    /// The host's own system is what a rebuild is to replace; what somebody else has put on a disk is not.
    private func checkContents(_ chosen: ChosenDisks) throws(AnswerProblem) {
        guard let contents = strangeContents.first(where: { chosen.matches($0.disk) }) else { return }
        throw refusal(of: contents)
    }

    private func refusal(of contents: DiskContents) -> AnswerProblem {
        AnswerProblem(
            AnswerProblem.erase, contents.disk.description,
            "holds what Sprout has not put there: \(contents). If it may be lost, rebuild the host and give the disk's"
                + " serial number (sprout hosts rebuild \(hostname) --erase \(contents.disk.identity)).")
    }

    /// What would be lost with the disks of the plan, though Sprout has not put it there; each with what speaks against that.
    public var contentsAtRisk: [(contents: DiskContents, problem: AnswerProblem)] {
        guard let chosen = try? selection else { return [] }
        return strangeContents.filter { chosen.matches($0.disk) }.map { ($0, refusal(of: $0)) }
    }

    /// Those of the disks that were seen in the machine that are wiped.
    public var wipedDisks: [MachineDisk] {
        guard let chosen = try? selection else { return [] }
        return (knownDisks ?? []).filter(chosen.matches)
    }

    /// The kernel may call another disk by the name, and somebody may have put in another.
    private func checkSame(_ disk: MachineDisk) throws(AnswerProblem) {
        guard let expected = lastDisks.first(where: { $0.name == disk.name })?.serial, let found = disk.serial,
            found != expected
        else { return }
        throw AnswerProblem(
            "boot_disk", disk.name,
            "is another disk than when this host was installed last: expected S/N \(expected), found S/N \(found). "
                + "If it was replaced, say so (sprout hosts set \(hostname) --disk-replaced), and rebuild it.")
    }

    private func checkOne(_ found: [MachineDisk]) throws(AnswerProblem) {
        if found.count == 1 { return }
        let names = found.map(\.description).joined(separator: "; ")
        throw refusal(
            "is found \(found.count) times (\(names)), and the installer would take the first without asking",
            bootDisk.words)
    }

    private func refusal(_ why: String, _ found: String) -> AnswerProblem {
        let disks = knownDisks ?? []
        let others = disks.isEmpty ? "no disk" : disks.prefix(8).map(\.description).joined(separator: "; ")
        return AnswerProblem(
            "boot_disk", found,
            "\(why). This machine has: \(others). Correct the server type, or put in the right disk.")
    }
}

extension Filesystem {
    /// Such as `zfs with raid1`.
    public var words: String { kind.rawValue + (raid.map { " with \($0)" } ?? "") }
}

extension ServerType.BootDisk {
    /// As a person wrote it.
    public var words: String {
        switch self {
        case .path(let text), .serial(let text), .model(let text): text
        case .paths(let paths): paths.joined(separator: ", ")
        }
    }
}
