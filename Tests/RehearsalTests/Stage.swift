import Foundation
import Model

@testable import Rehearsal

/// The machines and answers of these tests.
enum Stage {
    static let answers = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "RecipesTests/GoldenAnswers")

    /// What each golden answer is called, and its text; those that are refused are left out.
    static func golden(_ release: InstallerRelease) throws -> [(name: String, text: String)] {
        let document = try String(contentsOf: answers.appending(path: "\(release).txt"), encoding: .utf8)
        return document.split(separator: "######## ").map { part in
            let lines = part.split(separator: "\n", maxSplits: 1)
            return (String(lines[0]), lines.count > 1 ? String(lines[1]) : "")
        }.filter { !$0.1.hasPrefix("# refused") }
    }

    /// A machine that has the disks of a golden answer, and the port of all of them.
    static func machine(for name: String) -> FakeMachine {
        var type = ServerType(key: "any", bootDisk: .path("/dev/nvme0n1"))
        type.managementNIC = .mac("bc:24:11:49:8d:75")
        switch name.split(separator: ",")[0] {
        case "ext4": type.bootDisk = .serial("S6Z1NJ0W123456")
        case "zfs raid1 with options": type.bootDisk = .paths(["/dev/nvme0n1", "/dev/nvme1n1"])
        case "zfs raid10": type.bootDisk = .paths(["/dev/sda", "/dev/sdb", "/dev/sdc", "/dev/sdd"])
        case "zfs raidz-1": type.bootDisk = .paths(["/dev/sda", "/dev/sdb", "/dev/sdc"])
        case "btrfs raid1 with options":
            var btrfs = Filesystem.Btrfs()
            btrfs.raid = .raid1
            type.filesystem = .btrfs(btrfs)
            type.bootDisk = .model("Samsung SSD 870 EVO 1TB")
        default: break
        }
        return FakeMachine(7, type: type)
    }

    /// An answer that every release from 8.4 on takes, with changes made to its text.
    static func answer(_ changes: (old: String, new: String)...) -> String {
        changes.reduce(plain) { $0.replacing($1.old, with: $1.new) }
    }

    private static let plain = """
        [global]
        country = "de"
        fqdn = "pve-01.lab.home.arpa"
        keyboard = "de"
        mailto = "root@pve-01.lab.home.arpa"
        timezone = "Europe/Berlin"
        root-password-hashed = "$y$j9T$x$y"

        [network]
        source = "from-dhcp"

        [disk-setup]
        filesystem = "ext4"
        disk-list = ["/dev/nvme0n1"]

        [post-installation-webhook]
        url = "http://10.20.0.2/installed"

        [first-boot]
        source = "from-url"
        url = "http://10.20.0.2/first-boot"
        """

    /// With two NVMe disks, /dev/nvme0n1 and /dev/nvme1n1, beside /dev/sdz.
    static var twoDisks: FakeMachine {
        FakeMachine(7, type: ServerType(key: "any", bootDisk: .paths(["/dev/nvme0n1", "/dev/nvme1n1"])))
    }

    /// What becomes of an answer: the plan, or why there is none.
    static func outcome(
        _ text: String, _ release: InstallerRelease, on machine: FakeMachine = twoDisks
    ) -> Result<InstallationPlan, InstallerRefusal> {
        let rules = InstallerRules(release)
        return Result { () throws(InstallerRefusal) in try rules.plan(try rules.read(text), on: machine) }
    }
}
