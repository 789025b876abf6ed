/// A link in /dev/disk/by-id, as the properties of udev that it is named for: the installer follows no links.
struct DiskLink {
    static let folder = "/dev/disk/by-id/"

    let conditions: [ChosenDisks.Condition]

    init?(_ path: String) {
        let parts = path.dropFirst(Self.folder.count).split(separator: "-", maxSplits: 1)
        guard path.hasPrefix(Self.folder), parts.count == 2, !Self.isPartition(parts[1]) else { return nil }
        let name = String(parts[1])
        let words: [(property: String, word: String)]
        switch parts[0] {
        case "ata", "scsi", "usb", "virtio": words = [("ID_SERIAL", name)]
        case "wwn": words = [("ID_WWN_WITH_EXTENSION", name)]
        case "nvme": words = Self.nvme(name)
        default: return nil
        }
        conditions = words.compactMap { word in
            DiskPattern(word.word).map { ChosenDisks.Condition(property: word.property, pattern: $0) }
        }
        if conditions.isEmpty { return nil }
    }

    /// Newer udev puts the number of the namespace behind the serial number, older does not.
    private static func nvme(_ name: String) -> [(property: String, word: String)] {
        if ["eui.", "nvme.", "uuid."].contains(where: name.hasPrefix) { return [("ID_WWN", name)] }
        let whole = name.hasSuffix("_1") ? String(name.dropLast(2)) : name
        let serial = whole.split(separator: "_").last.map(String.init) ?? ""
        // A short last word is hardly a whole serial number.
        return [("ID_SERIAL", whole)] + (serial.utf8.count < 6 ? [] : [("ID_SERIAL_SHORT", serial)])
    }

    private static func isPartition(_ name: Substring) -> Bool {
        name.wholeMatch(of: /.*-part[0-9]+/) != nil
    }
}
