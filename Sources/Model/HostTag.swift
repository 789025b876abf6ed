extension Host {
    /// Differs whenever the host does: what its ETag says, and a change with If-Match is held to.
    public var tag: String {
        var parts = [id, "\(hostname)", serverType, state.rawValue, "\(stateSince)", "\(createdAt)"]
        parts += macs.map { "\($0)" } + [netbootProgram.rawValue, "\(localBoot)", address ?? ""]
        parts.append("\(hasLiveProgress)")
        parts.append(memory.map { "\($0.mebibytes)" } ?? "")
        for (key, value) in labels.sorted(by: { $0.key < $1.key }) { parts += [key, value] }
        return ShortHash.of(parts)
    }
}

/// FNV-1a with 64 bits: tells one state of a thing from another, and withstands nobody who wants them to be the same.
public enum ShortHash {
    public static func of(_ parts: [String]) -> String {
        // A byte that no text has keeps the parts apart.
        of(bytes: parts.flatMap { Array($0.utf8) + [0xFF] })
    }

    public static func of(bytes: [UInt8]) -> String {
        let hash = bytes.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
