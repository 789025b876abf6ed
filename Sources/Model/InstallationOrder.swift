/// What a rebuild begins with, and its operation keeps.
public struct InstallationOrder: Sendable {
    public var image: InstallerImage
    public var installation: Installation
    /// Whether a dead member of the host's name may be taken out of the cluster.
    public var removesMember = false
    /// The disks, by their serial numbers, whose contents may be lost though Sprout has not put them there.
    public var erases: [String] = []
    /// The operation that failed and is begun once more; nil where a person asked for it.
    public var retries: String?
    /// Makes the key of the operation that has this id.
    public var makeKey: @Sendable (_ operation: String) throws -> OperationKey

    public init(
        _ image: InstallerImage, _ installation: Installation,
        makeKey: @escaping @Sendable (_ operation: String) throws -> OperationKey
    ) {
        (self.image, self.installation, self.makeKey) = (image, installation, makeKey)
    }

    /// What somebody agreed to lose, for the timeline.
    public var loss: String {
        erases.isEmpty ? "" : ", and what lies on S/N \(erases.joined(separator: ", S/N ")) may be lost"
    }
}

/// The key by which Sprout logs in to what an operation installs: it is made for the operation, and gone with it.
public struct OperationKey: Sendable {
    /// A line of authorized_keys.
    public var line: String
    /// The private half, which only its maker opens.
    public var sealed: [UInt8]

    public init(line: String, sealed: [UInt8]) {
        (self.line, self.sealed) = (line, sealed)
    }
}
