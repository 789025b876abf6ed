/// The first program of an installer, `/init`, with one line more: it lets Sprout's agent into the live system.
///
/// What is not as it is known to be is left alone: the line may only be where nothing but the way to the live system follows.
struct InitScript: Equatable {
    let patched: [UInt8]

    /// Why there can be no agent, as the end of a sentence "no live progress for this release, because …".
    struct Unsuitable: Error, Equatable, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    static let largest: Int64 = 256 << 10
    static let line = "[ ! -r /sprout/hook ] || . /sprout/hook"

    init(patching text: [UInt8]) throws(Unsuitable) {
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        guard Self.isShell(lines[0]) else { throw Unsuitable("its /init is no shell script") }
        let leaving = lines.indices.filter { Self.leaves(lines[$0]) }
        // Another line may start a system that is installed already.
        let known = leaving.filter { String(decoding: lines[$0], as: UTF8.self).contains("unconfigured.sh") }
        let places = leaving.count > 1 ? known : leaving
        guard let place = places.first, places.count == 1 else {
            throw Unsuitable(
                leaving.isEmpty
                    ? "its /init has no line that begins with exec switch_root"
                    : "its /init has \(leaving.count) lines that begin with exec switch_root, and which of them starts"
                        + " the installer is not known")
        }
        guard place > 0, lines[place - 1].last != UInt8(ascii: "\\") else {
            throw Unsuitable("in its /init the line before exec switch_root goes on in that line")
        }
        let indentation = lines[place].prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        lines.insert(Array(indentation) + Array(Self.line.utf8), at: place)
        patched = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }

    /// Reads `/init` from an initrd that is unpacked.
    init(fromInitrd path: String) throws {
        let archive = try CpioReader(path)
        guard let member = try archive.last(named: "init") else { throw Unsuitable("its initrd has no /init") }
        guard member.isPlainFile else { throw Unsuitable("the /init of its initrd is no plain file") }
        guard member.size <= Self.largest else {
            throw Unsuitable(
                "its /init has \(member.size) bytes, and a script of more than \(Self.largest) is not read")
        }
        try self.init(patching: try archive.content(of: member))
    }

    private static func isShell(_ line: [UInt8]) -> Bool {
        guard line.starts(with: "#!".utf8) else { return false }
        let words = String(decoding: line.dropFirst(2), as: UTF8.self).split { $0 == " " || $0 == "\t" || $0 == "/" }
        return words.contains { ["sh", "ash", "dash", "bash"].contains($0) }
    }

    /// Whether a line is the way to another system: Proxmox's asks `if ! exec switch_root …` whether that failed.
    private static func leaves(_ line: [UInt8]) -> Bool {
        var words = String(decoding: line, as: UTF8.self).split { $0 == " " || $0 == "\t" }[...]
        if words.starts(with: ["if", "!"]) { words = words.dropFirst(2) }
        guard words.popFirst() == "exec", let program = words.first else { return false }
        return program == "switch_root" || program.hasSuffix("/switch_root")
    }
}
