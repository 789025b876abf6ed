import Glibc
import Linux
import Model
import Update

/// Writes a version beside the one that runs, so that a power cut at any moment leaves one that starts.
///
/// What makes it startable, its entry, comes last; what would start a slot that is half written goes first.
struct UpdateWriter: Sendable {
    let bundle: UpdateBundle
    let path: String
    let slot: Slot
    /// The boot partition.
    let boot: String
    let running: String

    private var entries: String { "\(boot)/loader/entries" }

    func write(
        label: (String) async throws -> Void, telling tell: (String, Int64, Int64) throws -> Void,
        beforeItCanStart: () throws -> Void
    ) async throws {
        let name = "sprout_\(bundle.version)"
        for part in bundle.parts where part.name == .root && part.size > slot.size {
            throw UpdateProblem("its root has \(part.size >> 20) MiB, and the slots of this box \(slot.size >> 20)")
        }
        try makeRoom()
        try await label("_empty")
        try writeRoot(tell)
        for part in [UpdateBundle.Name.vmlinuz, .initrd, .microcode] {
            try tell("copying the kernel", 0, 0)
            try copy(part, to: "\(boot)/sprout/\(part.rawValue)_\(bundle.version)")
        }
        try await label(name)
        sync()
        try beforeItCanStart()
        // Three tries, counted by the boot loader in the name.
        try copy(.entry, to: "\(entries)/\(name)+3.conf")
        sync()
    }

    /// Removes what belongs to the version that is overwritten.
    private func makeRoom() throws {
        for name in Files.names(in: entries) where Self.version(name) != running { unlink("\(entries)/\(name)") }
        sync()
        for name in Files.names(in: "\(boot)/sprout") where Self.version(name) != running {
            unlink("\(boot)/sprout/\(name)")
        }
        sync()
        let needed = bundle.parts.reduce(0) { $0 + ($1.name == .root ? 0 : $1.size) }
        let free = try Files.freeBytes(at: boot)
        guard free > needed + 1 << 20 else {
            throw UpdateProblem("the boot partition has \(free >> 20) MiB left, and it needs \(needed >> 20)")
        }
    }

    /// Of `sprout_1.2.0+2-1.conf`, `vmlinuz_1.2.0` and the like.
    static func version(_ name: String) -> String {
        let end = name.hasSuffix(".conf") ? name.dropLast(5) : name[...]
        return String((end.split(separator: "_", maxSplits: 1).last ?? "").prefix { $0 != "+" })
    }

    private func writeRoot(_ tell: (String, Int64, Int64) throws -> Void) throws {
        let total = bundle.parts.first { $0.name == .root }?.size ?? 0
        let device = try FileDescriptor(writing: slot.device)
        var done: Int64 = 0
        try tell("writing the new version", 0, total)
        try bundle.read(.root, from: path) { piece in
            var rest = piece
            while !rest.isEmpty { rest = rest.dropFirst(try device.write(rest)) }
            done += Int64(piece.count)
            // Otherwise all of it waits in memory, and the end takes long.
            if done % (16 << 20) == 0 { try device.synchronize() }
            try tell("writing the new version", done, total)
        }
        try device.synchronize()
        try tell("reading it again", 0, 0)
        // From the disk, not from what the kernel remembers.
        posix_fadvise(device.rawValue, 0, 0, POSIX_FADV_DONTNEED)
        try bundle.verify(.root, in: try FileDescriptor(reading: slot.device))
    }

    private func copy(_ part: UpdateBundle.Name, to target: String) throws {
        let draft = "\(target).new"
        let file = try FileDescriptor(writing: draft)
        do {
            try bundle.read(part, from: path) { piece in
                var rest = piece
                while !rest.isEmpty { rest = rest.dropFirst(try file.write(rest)) }
            }
            try file.synchronize()
            guard rename(draft, target) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            unlink(draft)
            throw error
        }
    }
}
