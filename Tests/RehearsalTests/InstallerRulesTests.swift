import Model
import Testing

@testable import Rehearsal

/// What installers say against answers, in the words that are known of them.
@Suite(.timeLimit(.minutes(5))) struct InstallerRulesTests {
    typealias Case = (release: InstallerRelease, old: String, new: String, message: String)

    private static let list = "disk-list = [\"/dev/nvme0n1\"]"
    private static let dhcp = "source = \"from-dhcp\""
    private static let ext4 = "filesystem = \"ext4\""
    private static let hash = "root-password-hashed = \"$y$j9T$x$y\""
    private static let fqdn = "fqdn = \"pve-01.lab.home.arpa\""
    private static let answerKeys = """
        source = "from-answer"
        cidr = "10.20.0.13/24"
        dns = "10.20.0.1"
        gateway = "10.20.0.1"
        """
    private static let pinning =
        "[network.interface-name-pinning]\nenabled = true\n[network.interface-name-pinning.mapping]"
    private static let wrongName =
        "either a fully-qualified domain name or extendend configuration for usage with DHCP must be specified"

    /// What is wrong before anything is fetched.
    static let setup: [Case] = [
        (.v9x2, hash, "\(hash)\nno-such-key = 1", "unknown field `no-such-key`, \(globalKeys)"),
        (.v8x3, hash, hash, "unknown field `root-password-hashed`, \(oldGlobalKeys)"),
        (.v8x4, hash, "\(hash)\nsubscription-key = \"x\"", "unknown field `subscription-key`, \(middleGlobalKeys)"),
        (
            .v9x1, "[first-boot]", "auth-token = \"x\"\n[first-boot]",
            "unknown field `auth-token`, expected one of `url`, `cert-fingerprint`, `cert_fingerprint`"
        ),
        (
            .v9x0, dhcp, "\(dhcp)\n\(pinning)",
            "unknown field `interface-name-pinning`, expected one of `source`, `cidr`, `dns`, `gateway`, `filter`"
        ),
        (.v9x2, dhcp, "", "missing field `source`"),
        (.v9x2, dhcp, "\(dhcp)\ncidr = \"10.0.0.1/24\"", "unknown field `cidr`, expected `interface-name-pinning`"),
        (.v9x1, dhcp, "\(dhcp)\ncidr = \"10.0.0.1/24\"", "Field 'cidr' not supported for 'from-dhcp' config."),
        (.v9x1, dhcp, answerKeys, "Field 'filter' must be set."),
        (.v8x4, dhcp, "source = \"from-answer\"", "Field 'cidr' must be set."),
        (.v9x2, dhcp, "source = \"from-answer\"", "missing field `cidr`"),
        (.v9x2, dhcp, "source = \"static\"", "unknown variant `static`, expected `from-dhcp` or `from-answer`"),
        (.v9x2, dhcp, answerKeys.replacing("/24", with: "/33"), "invalid IP address"),
        (.v9x1, dhcp, answerKeys.replacing("/24", with: ""), "invalid CIDR"),
        (
            .v9x2, dhcp, answerKeys.replacing("dns = \"10.20.0.1\"", with: "dns = \"router\""),
            "invalid IP address syntax"
        ),
        (.v9x2, fqdn, "fqdn = \"pve-01\"", wrongName),
        (.v9x2, fqdn, "fqdn = \"01.lab\"", wrongName),
        (.v9x2, fqdn, "fqdn = \"-a.lab\"", wrongName),
        (.v9x2, fqdn, "fqdn.source = \"from-mars\"", wrongName),
        (.v9x2, fqdn, "", "missing field `fqdn`"),
        (.v9x2, "country = \"de\"", "", "missing field `country`"),
        (.v9x2, "country = \"de\"", "country = 49", "invalid type: integer `49`, expected a string"),
        (.v9x2, "keyboard = \"de\"", "keyboard = \"qwertz\"", "unknown variant `qwertz`, \(keyboards)"),
        (
            .v9x2, "[disk-setup]", "[disks]",
            "unknown field `disks`, expected one of `global`, `network`, `disk-setup`, `post-installation-webhook`, "
                + "`first-boot`"
        ),
        (.v9x2, ext4, "\(ext4)\ndisk_list = [\"sda\"]", "duplicate field `disk-list`"),
        (.v9x2, ext4, "filesystem = \"ntfs\"", "unknown variant `ntfs`, expected one of `ext4`, `xfs`, `zfs`, `btrfs`"),
        (.v9x1, list, "", "Need either 'disk-list' or 'filter' set"),
        (.v9x1, list, "\(list)\nfilter.ID_SERIAL = \"x\"", "Cannot use both, 'disk-list' and 'filter'"),
        (.v9x1, list, "\(list)\nzfs.raid = \"raid0\"", "make sure only 'lvm' options are set"),
        (.v9x1, ext4, "filesystem = \"btrfs\"", "BTRFS raid level 'btrfs.raid' must be set"),
        (.v9x2, ext4, "filesystem = \"zfs\"\nzfs.raid = \"Raid0\"", "unknown variant `Raid0`, \(levels)"),
        (
            .v9x2, "url = \"http://10.20.0.2/first-boot\"", "",
            "first-boot executable source set to URL, but none specified!"
        ),
    ]

    private static let globalKeys = """
        expected one of `country`, `fqdn`, `keyboard`, `mailto`, `timezone`, `root-password`, `root_password`, \
        `root-password-hashed`, `root_password_hashed`, `reboot-on-error`, `reboot_on_error`, `reboot-mode`, \
        `reboot_mode`, `root-ssh-keys`, `root_ssh_keys`, `subscription-key`, `subscription_key`
        """
    private static let middleGlobalKeys = globalKeys.replacing(", `subscription-key`, `subscription_key`", with: "")
    private static let oldGlobalKeys = """
        expected one of `country`, `fqdn`, `keyboard`, `mailto`, `timezone`, `root_password`, `root_password_hashed`, \
        `reboot_on_error`, `root_ssh_keys`
        """
    private static let keyboards =
        "expected one of \(KeyboardLayout.allCases.map { "`\($0)`" }.joined(separator: ", "))"
    private static let levels =
        "expected one of `RAID0`, `raid0`, `RAID1`, `raid1`, `RAID10`, `raid10`, `RAIDZ-1`, "
        + "`raidz-1`, `RAIDZ-2`, `raidz-2`, `RAIDZ-3`, `raidz-3`"

    @Test(arguments: setup)
    func `what an installer cannot read stops it before it fetches anything`(
        release: InstallerRelease, old: String, new: String, message: String
    ) {
        do throws(InstallerRefusal) {
            _ = try InstallerRules(release).read(Stage.answer((old, new)))
            Issue.record("it was taken")
        } catch {
            #expect(error.message == message)
            #expect("\(error)".hasPrefix("Autoinstaller setup error: "))
        }
    }

    /// What is wrong when the installation is to begin.
    static let installation: [Case] = [
        (.v9x2, "country = \"de\"", "country = \"DE\"", "country code 'DE' is not valid"),
        (.v9x2, "Europe/Berlin", "Europe/Bonn", "timezone 'Europe/Bonn' is not valid"),
        (.v9x2, hash, "", "One of `global.root-password` or `global.root-password-hashed` must be set"),
        (
            .v9x2, hash, "\(hash)\nroot-password = \"12345678\"",
            "`global.root-password` and `global.root-password-hashed` cannot be set at the same time"
        ),
        (.v9x2, hash, "root-password = \"1234567\"", "`global.root-password` must be at least 8 characters long"),
        (.v9x2, "root@pve-01.lab.home.arpa", "root", "Email does not look like a valid address (user@domain.tld)"),
        (.v9x2, "root@pve-01.lab.home.arpa", "mail@example.invalid", "Invalid (default) email address"),
        (
            .v9x2, fqdn, "fqdn.source = \"from-dhcp\"",
            "`global.fqdn.source` set to \"from-dhcp\", but DHCP server did not provide a hostname!"
        ),
        (.v9x2, dhcp, answerKeys, "no filter defined"),
        (.v9x2, dhcp, "\(answerKeys)\nfilter.ID_NET_NAME_MAC = \"*bc2411498d75\"", "filter did not match any device"),
        (
            .v9x2, dhcp, "\(dhcp)\n\(pinning)\n\"02:53:50:00:00:07\" = \"a\"",
            "interface name for '02:53:50:00:00:07' must be at least 2 characters long"
        ),
        (
            .v9x2, dhcp, "\(dhcp)\n\(pinning)\n\"02:53:50:00:00:07\" = \"abcdefghijklmnop\"",
            "interface name 'abcdefghijklmnop' for '02:53:50:00:00:07' cannot be longer than 15 characters"
        ),
        (
            .v9x2, dhcp, "\(dhcp)\n\(pinning)\n\"02:53:50:00:00:07\" = \"0nic\"",
            "interface name '0nic' for '02:53:50:00:00:07' is invalid: name must start with a letter and contain only "
                + "ascii characters, digits and underscores"
        ),
        (
            .v9x2, dhcp, "\(dhcp)\n\(pinning)\n\"02:53:50:00:00:07\" = \"aa\"\n\"02:53:50:01:00:07\" = \"aa\"",
            "duplicate interface name mapping 'aa' for: 02:53:50:01:00:07, 02:53:50:00:00:07"
        ),
        (.v9x2, list, "", "Need either 'disk-list' or 'filter' set"),
        (.v9x2, list, "\(list)\nfilter.ID_SERIAL = \"x\"", "Cannot use both, 'disk-list' and 'filter'"),
        (.v9x2, list, "\(list)\nbtrfs.raid = \"raid0\"", "make sure only 'lvm' options are set"),
        (.v9x2, list, "disk-list = [\"nvme0n1\", \"nvme1n1\"]", "make sure to define only one disk for ext4 and xfs"),
        (.v9x2, ext4, "filesystem = \"zfs\"", "ZFS raid level 'zfs.raid' must be set"),
        (.v9x2, ext4, "filesystem = \"btrfs\"", "Btrfs raid level 'btrfs.raid' must be set"),
        (.v9x2, ext4, "filesystem = \"zfs\"\nzfs.raid = \"raid10\"", "ZFS RAID10 needs at least 4 disks, got 1"),
        (.v9x2, ext4, "filesystem = \"btrfs\"\nbtrfs.raid = \"raid1\"", "Btrfs RAID1 needs at least 2 disks, got 1"),
        (.v9x1, ext4, "filesystem = \"zfs\"\nzfs.raid = \"raid1\"", "ZFS (RAID1): need at least 2 disks"),
        (
            .v8x4, ext4, "filesystem = \"zfs\"\nzfs.raid = \"raid1\"",
            "low level installer returned early: zfs (RAID1) needs at least 2 device"
        ),
        (
            .v9x2, list, "disk-list = [\"sda\", \"sda\"]\nfilesystem = \"zfs\"\nzfs.raid = \"raid1\"",
            "List of disks contains duplicate device sda"
        ),
        (
            .v9x2, list, "\(list)\nlvm.hdsize = 32\nlvm.swapsize = 16.01",
            "Swap size 16.01 GiB cannot be greater than 16 GiB (hard disk size / 2)"
        ),
        (.v9x2, "/dev/nvme0n1", "/dev/nvme7n1", "disk in 'disk-selection' not found"),
        (.v9x2, list, "filter.ID_SERIAL_SHORT = \"nothing\"", "filter did not match any device"),
        (.v9x2, list, "filter.ID_SERIAL_SHORT = \"[\"", "invalid glob in disk selection"),
    ]

    @Test(arguments: installation)
    func `what does not fit the machine stops the installation`(
        release: InstallerRelease, old: String, new: String, message: String
    ) throws {
        // Where the file system is named beside the disks, the line that names it first gives way.
        let double = new.contains("filesystem =") && old != Self.ext4
        let text = double ? Stage.answer((Self.ext4 + "\n", ""), (old, new)) : Stage.answer((old, new))
        #expect(throws: InstallerRefusal(.installation, message)) { try Stage.outcome(text, release).get() }
    }

    @Test func `8.2 takes its password in plain text and calls nobody`() throws {
        let callbacks = "[post-installation-webhook]"
        let text = Stage.answer(("root-password-hashed", "root_password"), ("disk-list", "disk_list"))
        let before = try #require(text.split(separator: callbacks).first)
        #expect(throws: Never.self) { try Stage.outcome(String(before), .v8x2).get() }
        #expect(throws: InstallerRefusal.self) { try Stage.outcome(text, .v8x2).get() }
        let none = Stage.answer(("root-password-hashed = \"$y$j9T$x$y\"", ""), ("disk-list", "disk_list"))
        #expect(throws: InstallerRefusal(.setup, "missing field `root_password`", line: 1)) {
            try Stage.outcome(String(try #require(none.split(separator: callbacks).first)), .v8x2).get()
        }
    }
}
