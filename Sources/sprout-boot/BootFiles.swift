import Linux

/// The files that firmware may load, by name: read once and shared by all downloads, or made for the one who asks.
actor BootFiles {
    /// Makes a file for a client; the name still has the folder in which the client looked for it.
    typealias Maker = @Sendable (_ name: BootFileName, _ asker: Asker) async -> [UInt8]?

    /// Who asks for a file, and at which address of ours.
    struct Asker: Sendable {
        let client: UInt32
        let localAddress: UInt32
    }

    struct Missing: Error, CustomStringConvertible {
        let path: String
        let reason: Errno
        var description: String {
            "\(path) cannot be read (\(reason)): install Debian's package ipxe, of Debian 13 or newer,"
                + " or name the folder with its files in SPROUT_NETBOOT_FILES"
        }
    }

    /// What Debian's package calls the file that a name stands for; no other file is ever opened.
    static let table = [
        "ipxe-amd64.efi": "ipxe-amd64.efi",
        "ipxe-arm64.efi": "ipxe-arm64.efi",
        "ipxe-loong64.efi": "ipxe-loong64.efi",
        "ipxe-riscv64.efi": "ipxe-riscv64.efi",
        "ipxe.efi": "ipxe-amd64.efi",
        "ipxe.pxe": "ipxe.pxe",
        "snponly.efi": "snponly.efi",
        "undionly.kpxe": "undionly.kpxe",
    ]
    /// The files without which common machines do not boot.
    static let essential = ["undionly.kpxe", "snponly.efi", "ipxe-amd64.efi", "ipxe-arm64.efi"]

    private let folder: String
    private let made: [String: Maker]
    private var contents: [String: [UInt8]] = [:]

    init(
        folder: String = Environment["SPROUT_NETBOOT_FILES"] ?? "/usr/lib/ipxe", made: [String: Maker] = [:]
    ) {
        self.folder = folder
        self.made = made
    }

    /// A file's bytes, or nil for a name that stands for nothing.
    func content(of name: BootFileName, for asker: Asker) async throws(Missing) -> [UInt8]? {
        if let make = made[name.last] { return await make(name, asker) }
        return try Self.table[name.last].map(load)
    }

    /// A sentence for each essential file that is not there.
    func problems() -> [String] {
        Self.essential.compactMap { file in
            do throws(Missing) {
                _ = try load(file)
                return nil
            } catch {
                return error.description
            }
        }
    }

    /// What was read stays as it is until the daemon starts anew; what was missing is looked for again.
    private func load(_ file: String) throws(Missing) -> [UInt8] {
        if let content = contents[file] { return content }
        let path = "\(folder)/\(file)"
        do throws(Errno) {
            let content = try Files.read(path, limit: 16 << 20)
            contents[file] = content
            return content
        } catch {
            throw Missing(path: path, reason: error)
        }
    }
}
