public import Model

/// How a machine tells its memory: iPXE knows no total, but reads what the firmware says of each module.
///
/// The SMBIOS structure 17 has a module's size at offset 12, in two bytes, the lower one first (DSP0134, 7.18). Debian's
/// iPXE leaves `${memsize}` empty, on BIOS and on UEFI.
public enum MemoryAnswer {
    static let parameter = "memory"
    private static let modules = 16

    /// One module behind the other, with nothing in the place of those that are not there.
    static var query: String {
        let sizes = (0..<modules).map { "${smbios/\($0).17.12.2:hexraw}" }
        return "\(parameter)=\(sizes.joined(separator: "-"))&platform=${platform}"
    }

    /// With UEFI more is needed; who does not say what it is has that.
    public static func isUEFI(in query: [String: String]) -> Bool { query["platform"] != "pcbios" }

    /// True of a question that has an answer in it, whatever that says.
    public static func isGiven(in query: [String: String]) -> Bool { query[parameter] != nil }

    /// The memory that was told; nil if the machine does not know it, or has more modules than were asked for.
    public static func memory(in query: [String: String]) -> MachineMemory? {
        let sizes = (query[parameter] ?? "").split(separator: "-", omittingEmptySubsequences: false)
        guard sizes.count == modules, let first = sizes.first, !first.isEmpty else { return nil }
        var memory = MachineMemory(mebibytes: 0)
        for size in sizes where !size.isEmpty {
            guard let mebibytes = mebibytes(size) else { return nil }
            memory = MachineMemory(mebibytes: memory.mebibytes + mebibytes)
        }
        let areAllKnown = sizes.last?.isEmpty == true
        return memory.mebibytes > 0 && (areAllKnown || memory >= .comfortable) ? memory : nil
    }

    /// 0 is an empty slot, 7fff a module of 32 GiB or more, ffff an unknown one; the highest bit means KiB.
    private static func mebibytes(_ size: Substring) -> Int? {
        guard size.utf8.count == 4, size.allSatisfy(\.isHexDigit), let swapped = UInt16(size, radix: 16),
            swapped != 0xFFFF
        else { return nil }
        let value = Int(swapped.byteSwapped)
        return value & 0x8000 == 0 ? value : (value & 0x7FFF) / 1024
    }
}
