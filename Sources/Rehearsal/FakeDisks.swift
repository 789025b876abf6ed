import Model

extension FakeMachine {
    /// The disks that the server type says are installed on, and one that must never be.
    static func disks(_ number: Int, _ type: ServerType) -> [Disk] {
        let wanted: [Disk]
        switch type.bootDisk {
        case .path(let path) where path.hasPrefix(byID):
            wanted = [linked(String(path.dropFirst(byID.count)), number)]
        case .path(let path): wanted = [disk(path, number)]
        case .paths(let paths): wanted = paths.map { disk($0, number) }
        case .serial(let serial): wanted = [disk("/dev/nvme0n1", number, serial: serial)]
        case .model(let model):
            let names = ["a", "b", "c", "d", "e", "f"].prefix(type.filesystem.fewestDisks)
            wanted = names.map { disk("/dev/sd\($0)", number, model: model) }
        }
        return wanted + [disk("/dev/sdz", number, model: "Not to be wiped")]
    }

    private static let byID = "/dev/disk/by-id/"

    private static func disk(
        _ path: String, _ number: Int, model: String = "Rehearsal Disk 512GB", serial: String? = nil,
        _ more: [String: String] = [:]
    ) -> Disk {
        let name = path.hasPrefix("/dev/") ? path : "/dev/\(path)"
        let serial = serial ?? "RH\(padded(number, 6))\(name.dropFirst(5).uppercased())"
        let word = String(model.map { $0 == " " ? "_" : $0 })
        let properties = [
            "DEVNAME": name, "DEVTYPE": "disk", "SUBSYSTEM": "block", "ID_MODEL": word, "ID_SERIAL_SHORT": serial,
            "ID_SERIAL": "\(word)_\(serial)", "ID_BUS": name.hasPrefix("/dev/nvme") ? "nvme" : "ata",
        ]
        return Disk(name: name, properties: properties.merging(more) { $1 }, gibibytes: 476.9)
    }

    /// The disk that a link in /dev/disk/by-id leads to, by what the link is made of.
    private static func linked(_ link: String, _ number: Int) -> Disk {
        let parts = link.split(separator: "-", maxSplits: 1).map(String.init)
        let (kind, name) = (parts[0], parts.count > 1 ? parts[1] : "")
        let path = kind == "nvme" ? "/dev/nvme0n1" : kind == "virtio" ? "/dev/vda" : "/dev/sda"
        switch kind {
        case "wwn": return disk(path, number, ["ID_WWN": name, "ID_WWN_WITH_EXTENSION": name])
        case "nvme" where ["eui.", "nvme.", "uuid."].contains(where: name.hasPrefix):
            return disk(path, number, ["ID_WWN": name])
        case "nvme" where name.hasSuffix("_1"): return disk(path, number, ["ID_SERIAL": String(name.dropLast(2))])
        default: return disk(path, number, ["ID_SERIAL": name])
        }
    }
}
