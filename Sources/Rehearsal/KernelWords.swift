/// The words of a kernel's command line, as the installer and the system that it installs take them.
public enum KernelWords {
    /// What is wrong with a command line that is to install without a person; empty if nothing is.
    public static func problems(_ words: [String]) -> [String] {
        var problems: [String] = []
        if !words.contains(where: { $0 == "proxmox-start-auto-installer" || $0 == "proxauto" }) {
            problems.append("proxmox-start-auto-installer is missing: the installer would wait for a person")
        }
        for word in words where ["root=", "lvm2root="].contains(where: word.hasPrefix) {
            problems.append("\(word) makes it a rescue system, not the installer")
        }
        if words.contains("rootfstype=ramfs") {
            problems.append("rootfstype=ramfs would keep the installed system from starting")
        }
        return problems + words.filter(leaks).map { "\($0) would stay on the installed system's command line" }
    }

    /// Whether the installer copies a word to the installed system: all that it does not know to be its own.
    private static func leaks(_ word: String) -> Bool {
        let beginnings = [
            "BOOT_IMAGE=", "root=", "lvm2root=", "ramdisk_size=", "splash=", "vga=", "proxmox-", "hdsize=", "swapsize=",
            "maxroot=", "minfree=", "maxvz=", "rootfstype=",
        ]
        let wholes = ["ro", "rw", "quiet", "proxdebug", "proxtui", "proxauto", "ext4", "xfs"]
        return !wholes.contains(word) && !beginnings.contains(where: word.hasPrefix)
    }
}
