/// The memory of a machine, as it tells it itself.
public struct MachineMemory: Equatable, Sendable, Codable {
    public let mebibytes: Int

    public init(mebibytes: Int) {
        self.mebibytes = mebibytes
    }

    /// The installer and its whole image lie in memory at once.
    public static let leastForProxmox = MachineMemory(mebibytes: 6144)

    /// Below this the installer runs, and little is left for guests.
    public static let comfortable = MachineMemory(mebibytes: 8192)

    public var isEnough: Bool { mebibytes >= Self.leastForProxmox.mebibytes }
}
