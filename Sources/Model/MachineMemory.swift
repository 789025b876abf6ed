/// The memory of a machine, as it tells it itself.
public struct MachineMemory: Comparable, Sendable, Codable {
    public let mebibytes: Int

    public init(mebibytes: Int) {
        self.mebibytes = mebibytes
    }

    public static func < (one: Self, other: Self) -> Bool { one.mebibytes < other.mebibytes }

    /// What Proxmox says that its installer needs at least, whatever the size of its ISO.
    public static let leastForProxmox = MachineMemory(mebibytes: 6144)
    /// Below this the installer runs, and little is left for guests.
    public static let comfortable = MachineMemory(mebibytes: 8192)

    /// What a machine must have so that its kernel can unpack the whole of an image.
    ///
    /// All of it is unpacked into a file system in memory, which may take half of what is free; and meanwhile what was
    /// loaded is there too: once with a BIOS, and twice with UEFI, where iPXE's own copy is kept. A kernel that has too
    /// little leaves the rest of the ISO empty, and the installer fails without a word of that.
    public static func least(for image: InstallerImage?, isUEFI: Bool) -> MachineMemory {
        guard let image else { return leastForProxmox }
        let sizes = Dictionary(image.files.map { ($0.name, $0.size) }) { $1 }
        let (initrd, iso) = (sizes["initrd.img"] ?? 0, (sizes["body"] ?? 0) + (sizes["tail"] ?? 0))
        let unpacked = iso + (image.unpackedInitrd ?? initrd * 5 / 2)
        let bytes = 2 * unpacked + (isUEFI ? 2 : 1) * (initrd + iso) + kernelAndFirmware
        return max(leastForProxmox, MachineMemory(mebibytes: Int(bytes >> 20)))
    }

    private static let kernelAndFirmware: Int64 = 512 << 20
}
