/// The kind of machine that netboots (option 93), as IANA numbers them.
public struct Architecture: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let bios = Architecture(rawValue: 0)
    public static let raspberryPi = Architecture(rawValue: 41)

    /// Kinds of machine that run the same netboot programs.
    public enum Family: Sendable { case bios, ia32, x64, arm64 }

    /// The family, where it is one that netboot programs exist for.
    ///
    /// RFC 4578 had 7 and 9 the wrong way round: 9, by IANA EFI byte code, is what VMware's x64 firmware says.
    public var family: Family? {
        switch rawValue {
        case 0, 20: .bios
        case 6, 15: .ia32
        case 7, 9, 16: .x64
        case 11, 19, 22, 24: .arm64
        default: nil
        }
    }

    public var description: String { Self.names[rawValue] ?? "architecture \(rawValue)" }

    private static let names: [UInt16: String] = [
        0: "x86 BIOS", 1: "NEC PC-98", 2: "Itanium", 3: "Alpha", 4: "Arc x86", 5: "Intel Lean Client",
        6: "x86 UEFI", 7: "x64 UEFI", 8: "Xscale", 9: "EFI byte code", 10: "ARM32 UEFI", 11: "ARM64 UEFI",
        12: "PowerPC Open Firmware", 13: "PowerPC ePAPR", 14: "POWER OPAL",
        15: "x86 UEFI HTTP", 16: "x64 UEFI HTTP", 17: "EFI byte code HTTP", 18: "ARM32 UEFI HTTP",
        19: "ARM64 UEFI HTTP", 20: "x86 BIOS HTTP", 21: "ARM32 U-Boot", 22: "ARM64 U-Boot",
        23: "ARM32 U-Boot HTTP", 24: "ARM64 U-Boot HTTP", 25: "RISC-V 32 UEFI", 26: "RISC-V 32 UEFI HTTP",
        27: "RISC-V 64 UEFI", 28: "RISC-V 64 UEFI HTTP", 29: "RISC-V 128 UEFI", 30: "RISC-V 128 UEFI HTTP",
        31: "s390 Basic", 32: "s390 Extended", 33: "MIPS32 UEFI", 34: "MIPS64 UEFI", 35: "Sunway 32 UEFI",
        36: "Sunway 64 UEFI", 37: "LoongArch 32 UEFI", 38: "LoongArch 32 UEFI HTTP", 39: "LoongArch 64 UEFI",
        40: "LoongArch 64 UEFI HTTP", 41: "Raspberry Pi",
    ]
}

/// A program that firmware loads over the network, by the name of its file in Debian's ipxe: one build of iPXE each.
///
/// `snponly` and `undionly` drive the card they were loaded through, by the firmware's own driver; the others have
/// drivers of their own. For arm64 Debian has only such a one.
public enum NetbootProgram: String, CaseIterable, Sendable {
    case undionly = "undionly.kpxe"
    case snponly = "snponly.efi"
    case arm64 = "ipxe-arm64.efi"
    case biosWithDrivers = "ipxe.pxe"
    case x64WithDrivers = "ipxe-amd64.efi"
}

extension Architecture.Family {
    /// What machines of this family load; Debian has nothing for 32-bit UEFI.
    public var program: NetbootProgram? {
        switch self {
        case .bios: .undionly
        case .ia32: nil
        case .x64: .snponly
        case .arm64: .arm64
        }
    }
}
