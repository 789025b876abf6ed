import Model

/// The end of a script: the machine goes on to its own disk, and its screen says by which way.
struct LocalStart {
    private let localBoot: LocalBoot

    init(_ localBoot: LocalBoot) {
        self.localBoot = localBoot
    }

    var lines: [String] {
        let (bios, uefi) = (localBoot.way(isUEFI: false), localBoot.way(isUEFI: true))
        return ["iseq ${platform} efi && goto uefi ||"] + Self.biosLines(bios) + [":uefi"] + Self.uefiLines(uefi)
    }

    private static func biosLines(_ way: LocalBoot.Way) -> [String] {
        switch way {
        case .exit: ["echo Now it goes on with the next device of its BIOS (exit).", "exit"]
        case .sanboot, .file:
            [
                "echo Now it starts from its own first disk (sanboot 0x80).",
                "sanboot --no-describe --drive 0x80 || exit",
            ]
        }
    }

    /// After a program that ended well, EDK2 opens its setup; after one that failed it takes the next boot entry.
    private static func uefiLines(_ way: LocalBoot.Way) -> [String] {
        switch way {
        case .exit: ["echo Now it goes on with the next boot entry of its firmware (exit 1).", "exit 1"]
        case .sanboot:
            [
                "echo Now it starts from its own first disk (sanboot 0x80).",
                "sanboot --no-describe --drive 0x80 || exit 1",
            ]
        case .file(let file):
            [
                "echo Now it starts \(file) from its own disk (sanboot).",
                "sanboot --no-describe --drive 0 --filename \(file) || exit 1",
            ]
        }
    }
}
