/// The number that a machine's maker gave its board; cheap boards share one, so that it identifies nobody by itself.
public struct MachineUUID: Hashable, Sendable, CustomStringConvertible {
    private let bytes: [UInt8]

    /// Reads the 16 bytes of SMBIOS; one that was never set says zeros or ones.
    init?(smbios bytes: ArraySlice<UInt8>) {
        guard bytes.count == 16, Set(bytes) != [0], Set(bytes) != [0xFF] else { return nil }
        self.bytes = Array(bytes)
    }

    /// As `dmidecode` prints it: SMBIOS keeps the first three groups with their lowest byte first.
    public var description: String {
        let groups = [bytes[0..<4].reversed(), bytes[4..<6].reversed(), bytes[6..<8].reversed()].map { Array($0) }
        return (groups + [Array(bytes[8..<10]), Array(bytes[10..<16])])
            .map { $0.map(\.hexadecimal).joined() }.joined(separator: "-")
    }
}
