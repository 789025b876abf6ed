/// A disk as udev describes it, on the machine that it is in: what the installer chooses disks by.
public struct MachineDisk: Hashable, Sendable, Codable {
    /// The properties of udev that disks are told apart by, and no others.
    public let properties: [String: String]

    public init(properties: [String: String]) {
        let kept = properties.filter { Self.names.contains($0.key) }
        self.properties = kept.mapValues { $0.asShortLine }
    }

    /// The kernel's name for it, such as /dev/nvme0n1.
    public var name: String { properties["DEVNAME"] ?? "" }
    public var model: String? { properties["ID_MODEL"] }
    /// In the order in which lsblk looks for it.
    public var serial: String? { Self.serials.lazy.compactMap { properties[$0] }.first }

    /// Where a serial number is found: each kind of disk has it elsewhere.
    public static let serials = ["ID_SCSI_SERIAL", "SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL"]
    private static let names = Set(serials + ["DEVNAME", "ID_MODEL", "ID_WWN", "ID_WWN_WITH_EXTENSION"])

    public init(from decoder: any Decoder) throws {
        let pairs = try decoder.singleValueContainer().decode([String: Lenient<String>].self)
        self.init(properties: pairs.compactMapValues(\.value))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(properties)
    }
}

extension MachineDisk: CustomStringConvertible {
    public var description: String {
        [name, model, serial.map { "S/N \($0)" }].compactMap(\.self).joined(separator: ", ")
    }
}
