import Model
import Testing

@testable import Recipes

/// The disk that is wiped is the one that is meant, or nothing is (E11).
@Suite struct AnswerDisksTests {
    static let samsung = AnswerSample.disk("/dev/nvme0n1", "Samsung SSD 990 PRO, 1TB", "S6Z1NJ0W123456")
    static let twin = AnswerSample.disk("/dev/nvme1n1", "Samsung SSD 990 PRO, 1TB", "S6Z1NJ0W999999")
    static let toshiba = AnswerSample.disk("/dev/sda", "TOSHIBA_MG08", "X1")
    static let bare = MachineDisk(properties: ["DEVNAME": "/dev/vda"])

    private func outcome(
        _ disk: ServerType.BootDisk, _ filesystem: Filesystem = Filesystem(.ext4), known: [MachineDisk]? = nil
    ) throws -> (lines: [String], problem: AnswerProblem?) {
        var plan = try AnswerSample.plan(.v9x2)
        (plan.bootDisk, plan.filesystem, plan.knownDisks) = (disk, filesystem, known)
        do throws(AnswerProblems) {
            let lines = try Answer(plan).text.split(separator: "\n").map(String.init)
            return (lines.filter { $0.contains(/^(ID_|SCSI_|disk-list)/) }, nil)
        } catch {
            #expect(error.all.count == 1)
            return ([], error.all.first)
        }
    }

    private func mirror() -> Filesystem {
        var zfs = Filesystem.ZFS()
        zfs.raid = .raid1
        return .zfs(zfs)
    }

    @Test func `a path is written whole, since the installer compares only its end (E11)`() throws {
        #expect(try outcome(.path("/dev/sda")).lines == [#"disk-list = ["/dev/sda"]"#])
        #expect(try outcome(.path("sda")).lines == [#"disk-list = ["/dev/sda"]"#])
        #expect(try outcome(.paths(["/dev/sda", "sdb"]), mirror()).lines == [#"disk-list = ["/dev/sda", "/dev/sdb"]"#])
        for path in ["a", "", "/dev/", "/dev/sd*", "/dev/../sda", "/dev/mapper/x", "/dev/sda\"", "/dev/disk/by-path/x"]
        {
            #expect(try outcome(.path(path)).problem?.field == "boot_disk")
        }
        #expect(try outcome(.paths(["sda", "/dev/sda"]), mirror()).problem?.sentence.hasPrefix("names a disk") == true)
    }

    @Test func `a serial number is looked for wherever udev may have put it (E11)`() throws {
        let lines = try outcome(.serial("S6Z1NJ0W123456")).lines
        #expect(lines == MachineDisk.serials.map { "\($0) = \"S6Z1NJ0W123456\"" })
        #expect(try outcome(.serial("AB 12")).lines.allSatisfy { $0.hasSuffix("\"AB?12\"") })
        for serial in ["", "*", "S6Z*", "S?", "[a-z]", "   ", "é", String(repeating: "1", count: 101)] {
            #expect(try outcome(.serial(serial)).problem?.field == "boot_disk.serial")
        }
    }

    @Test func `E12 a disk that holds what is another's is not wiped, and others may hold what they will`() throws {
        var plan = try AnswerSample.plan(.v9x2)
        (plan.bootDisk, plan.knownDisks) = (.serial("X1"), [Self.samsung, Self.toshiba])
        plan.strangeContents = [DiskContents(disk: Self.samsung, parts: ["nvme0n1p1: NTFS"])]
        #expect(plan.contentsAtRisk.isEmpty)
        #expect(plan.wipedDisks == [Self.toshiba])
        _ = try Answer(plan)
        plan.strangeContents.append(DiskContents(disk: Self.toshiba, parts: [#"sda1: ZFS pool "tank""#]))
        #expect(plan.contentsAtRisk.map(\.contents.disk) == [Self.toshiba])
        let refused = #expect(throws: AnswerProblems.self) { try Answer(plan) }
        #expect(
            refused?.all.first?.sentence
                == #"holds what Sprout has not put there: sda1: ZFS pool "tank". If it may be lost, rebuild the host and "#
                + "give the disk's serial number (sprout hosts rebuild \(plan.hostname) --erase X1).")
        #expect(refused?.all.first?.field == "erase")
    }

    @Test func `a disk that is not there, or is there twice, stops everything before it begins (E11)`() throws {
        let known = [Self.samsung, Self.toshiba, Self.bare]
        #expect(try outcome(.serial("S6Z1NJ0W123456"), known: known).problem == nil)
        #expect(try outcome(.path("/dev/vda"), known: known).problem == nil)
        let missing = try outcome(.serial("S6Z1NJ0W000000"), known: known).problem
        #expect(
            missing?.description
                == "boot_disk: \"S6Z1NJ0W000000\" is not there. This machine has: /dev/nvme0n1, "
                + "Samsung SSD 990 PRO, 1TB, S/N S6Z1NJ0W123456; /dev/sda, TOSHIBA_MG08, S/N X1; /dev/vda. "
                + "Correct the server type, or put in the right disk.")
        #expect(try outcome(.path("/dev/sdb"), known: known).problem?.found == "/dev/sdb")
        #expect(try outcome(.paths(["/dev/sda", "/dev/sdb"]), mirror(), known: known).problem?.found == "/dev/sdb")
        #expect(try outcome(.serial("X1"), known: []).problem?.sentence.contains("has: no disk") == true)
        let copies = [Self.toshiba, AnswerSample.disk("/dev/sdb", "Other", "X1")]
        let twice = try outcome(.serial("X1"), known: copies).problem
        #expect(
            twice?.sentence.hasPrefix("is found 2 times (/dev/sda, TOSHIBA_MG08, S/N X1; /dev/sdb, Other, S/N X1)")
                == true)
    }

    @Test func `a model is taken only where the disks are known to be those that are meant (E11)`() throws {
        let model = ServerType.BootDisk.model("Samsung SSD 990 PRO, 1TB")
        #expect(try outcome(model).problem?.sentence.hasPrefix("may be the model of more disks than are meant") == true)
        let one = try outcome(model, known: [Self.samsung, Self.toshiba])
        #expect(one.lines == [#"ID_MODEL = "Samsung?SSD?990?PRO??1TB""#] && one.problem == nil)
        let two = [Self.samsung, Self.twin]
        #expect(
            try outcome(model, known: two).problem?.sentence.contains("would take the first without asking") == true)
        #expect(try outcome(model, mirror(), known: two).problem == nil)
        let short = try outcome(model, mirror(), known: [Self.samsung]).problem
        #expect(
            short?.sentence.hasPrefix("is found 1 times, but zfs with raid1 needs at least 2 disks, not 1.") == true)
        #expect(try outcome(.model("Samsung*"), known: two).problem?.field == "boot_disk.model")
    }

    static let links: [(name: String, lines: [String])] = [
        ("ata-TOSHIBA_MG08_X1", [#"ID_SERIAL = "TOSHIBA_MG08_X1""#]),
        ("scsi-36000c29", [#"ID_SERIAL = "36000c29""#]),
        ("wwn-0x5002538c405dbf10", [#"ID_WWN_WITH_EXTENSION = "0x5002538c405dbf10""#]),
        ("nvme-eui.0025385791b04175", [#"ID_WWN = "eui.0025385791b04175""#]),
        ("nvme-A_B_S6Z1NJ0W123456", [#"ID_SERIAL = "A_B_S6Z1NJ0W123456""#, #"ID_SERIAL_SHORT = "S6Z1NJ0W123456""#]),
        ("nvme-A_B_S6Z1NJ0W123456_1", [#"ID_SERIAL = "A_B_S6Z1NJ0W123456""#, #"ID_SERIAL_SHORT = "S6Z1NJ0W123456""#]),
        ("ata-X-part1", []), ("dm-name-pve-root", []), ("ata-", []), ("nvme", []), ("ata-*", []),
    ]

    @Test(arguments: links)
    func `a link becomes what it is named for, since the installer follows none (E11)`(name: String, lines: [String])
        throws
    {
        let outcome = try outcome(.path("/dev/disk/by-id/\(name)"))
        #expect(outcome.lines == lines && (outcome.problem == nil) == !lines.isEmpty)
    }
}
