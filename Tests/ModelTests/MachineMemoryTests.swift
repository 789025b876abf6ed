import Model
import Testing

@Suite struct MachineMemoryTests {
    static func image(iso: Int64, initrd: Int64, unpacked: Int64?) -> InstallerImage {
        let sizes = [("vmlinuz", 10_000_000), ("initrd.img", initrd), ("body", iso - 300_000), ("tail", 300_000)]
        return InstallerImage(
            id: "a", product: "b", release: "9.2", build: "1", source: "c", size: iso, sha256: "",
            importedAt: Timestamp(milliseconds: 0),
            files: sizes.map { InstallerImage.File(name: $0.0, size: $0.1, sha256: "", modified: 0) },
            modeFile: .init(offset: 0, length: 4096), unpackedInitrd: unpacked)
    }

    /// Tried with real kernels: 1650 MB was unpacked whole by a BIOS machine of 6144 MiB and a UEFI machine of 7168, and
    /// not by a UEFI machine of 6144.
    @Test
    func `E8: a machine must hold what is loaded, once or twice, and half of the rest must hold what is unpacked`() {
        let tried = Self.image(iso: 1_650_000_000, initrd: 15_000_000, unpacked: 35_000_000)
        #expect(MachineMemory.least(for: tried, isUEFI: false) == .leastForProxmox)
        let uefi = MachineMemory.least(for: tried, isUEFI: true)
        #expect(uefi > .leastForProxmox && uefi <= MachineMemory(mebibytes: 7168), "\(uefi)")
    }

    @Test func `E8: a small image needs what the installer needs, and a large one more on a BIOS too`() {
        #expect(MachineMemory.least(for: nil, isUEFI: true) == .leastForProxmox)
        let small = Self.image(iso: 30_000_000, initrd: 1_000_000, unpacked: nil)
        #expect(MachineMemory.least(for: small, isUEFI: true) == .leastForProxmox)
        let large = Self.image(iso: 3_000_000_000, initrd: 100_000_000, unpacked: 250_000_000)
        #expect(MachineMemory.least(for: large, isUEFI: false) > .comfortable)
    }
}
