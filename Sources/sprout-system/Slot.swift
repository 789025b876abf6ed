import Glibc
import Linux
import Update

/// The partition that the next version goes to: of the two for a root, the one that does not run.
struct Slot: Sendable {
    let device: String
    let size: Int64
    private let disk: String
    private let number: String

    /// For tests: a file as good as a partition.
    init(device: String, size: Int64, disk: String, number: String) {
        (self.device, self.size, self.disk, self.number) = (device, size, disk, number)
    }

    static func idle() throws -> Slot {
        var root = stat()
        guard stat("/", &root) == 0 else { throw Errno(rawValue: errno) }
        // Linux has 12 bits of a major number, and 8 of a minor one before 12 more.
        let (major, minor) = (root.st_dev >> 8 & 0xFFF, root.st_dev & 0xFF | root.st_dev >> 12 & 0xFFF00)
        guard let running = try? Files.absolute("/sys/dev/block/\(major):\(minor)"),
            let slash = running.lastIndex(of: "/")
        else { throw UpdateProblem("the root of this machine is on no disk that has slots") }
        let disk = String(running[..<slash])
        for name in Files.names(in: disk) where "\(disk)/\(name)" != running {
            let facts = Self.facts("\(disk)/\(name)/uevent")
            guard let label = facts["PARTNAME"], label == "_empty" || label.hasPrefix("sprout_") else { continue }
            guard let device = facts["DEVNAME"], let number = facts["PARTN"],
                let whole = Self.facts("\(disk)/uevent")["DEVNAME"],
                let sectors = (try? Files.text("\(disk)/\(name)/size")).flatMap({ Int64($0.filter(\.isNumber)) })
            else { continue }
            return Slot(device: "/dev/\(device)", size: sectors * 512, disk: "/dev/\(whole)", number: number)
        }
        throw UpdateProblem("there is no second slot on the disk that this machine runs from: flash the image again")
    }

    private static func facts(_ path: String) -> [String: String] {
        let lines = ((try? Files.text(path)) ?? "").split(separator: "\n").map {
            $0.split(separator: "=", maxSplits: 1)
        }
        return Dictionary(lines.filter { $0.count == 2 }.map { (String($0[0]), String($0[1])) }) { _, last in last }
    }

    /// By its label the initrd finds it.
    func label(_ text: String, _ reactor: Reactor) async throws {
        // The kernel uses the disk, and need not hear of a label.
        try await Tool.run("sfdisk", ["--no-reread", "--no-tell-kernel", "--part-label", disk, number, text], reactor)
    }
}
