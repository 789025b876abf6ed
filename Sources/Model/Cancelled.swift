/// A host whose operation was cancelled, and what is on its disk now; its JSON is the host's, with `disk` in it.
public struct Cancelled: Equatable, Sendable, Codable {
    public var host: Host
    /// The second half of a sentence.
    public var disk: String

    public init(host: Host, disk: String) { (self.host, self.disk) = (host, disk) }

    private enum CodingKeys: CodingKey { case disk }

    public init(from decoder: any Decoder) throws {
        host = try Host(from: decoder)
        disk = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .disk)
    }

    public func encode(to encoder: any Encoder) throws {
        try host.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(disk, forKey: .disk)
    }

    /// What is on the disk of a host whose operation is cancelled in this state.
    ///
    /// A machine that restarted waits for the installer once more, which may have begun to write before.
    public static func disk(in state: HostState, installerHasBegun: Bool) -> String {
        switch state {
        case .pxeReady where installerHasBegun, .pxeBooted where installerHasBegun:
            "the installer had begun before the machine restarted, so what was on its disk may be gone, and no new system"
                + " is whole: rebuild it"
        case .installing:
            "the installer has its answer, and is not stopped from here: what was on its disk is gone, or will be. Switch"
                + " the machine off, or rebuild it"
        case .installed, .firstBoot:
            "the new system is on its disk, and starts from it; nobody has looked whether it is well. Rebuild it, or take"
                + " care of it by hand"
        case .joining:
            "the new system is on its disk, and may have joined its cluster: look there, then rebuild it, or take care of"
                + " it by hand"
        case .registered, .pxeReady, .pxeBooted, .ready, .failed: "nothing was written to its disk"
        }
    }
}
