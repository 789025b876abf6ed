import Linux
import Model

/// An ISO that has what an importer and a machine look for, and installs nothing: the real ones are large.
///
/// Its build is not a number, so that it never takes the place of a real one.
struct SyntheticISO: Sendable {
    static let build = InstallerImage.rehearsalBuild

    let release: String
    var megabytes = 30
    /// Files to take in the place of made-up ones.
    var kernel: String?
    var initrd: String?

    var fileName: String { "proxmox-ve_\(release)-\(Self.build).iso" }

    static func check(_ release: String) throws {
        do throws(AnswerProblem) { _ = try InstallerRelease(release) } catch {
            throw UsageError(description: "\(error)")
        }
    }

    /// Writes it with Debian's xorriso and zstd, as Proxmox makes its own.
    func write(to path: String, _ reactor: Reactor) async throws {
        for (program, package) in [("xorriso", "xorriso"), ("zstd", "zstd")] where Program.find(program) == nil {
            throw Failure(description: "\(program) is missing, which makes the ISO: apt install \(package)")
        }
        let information = """
            PRODUCT='pve'
            PRODUCTLONG='Proxmox VE'
            RELEASE='\(release)'
            ISORELEASE='\(Self.build)'
            ISONAME='proxmox-ve'
            """
        try await Shell(reactor).run(
            Self.script, [path, information, "\(megabytes)", kernel ?? "", initrd ?? "", "\(release)-\(Self.build)"])
    }

    private static let script = """
        root=$(mktemp -d)
        trap 'rm -rf "$root"' EXIT
        mkdir "$root/boot" "$root/.disk"
        printf '%s\\n' "$2" > "$root/.cd-info"
        cp "$root/.cd-info" "$root/.disk/info"
        printf 'sprout-%s\\n' "$6" > "$root/.pve-cd-id.txt"
        : > "$root/auto-installer-capable"
        if [ -n "$4" ]; then cp -- "$4" "$root/boot/linux26"; else head -c 100000 /dev/urandom > "$root/boot/linux26"; fi
        if [ -n "$5" ]; then
            cp -- "$5" "$root/boot/initrd.img"
        else
            head -c 500000 /dev/urandom | zstd -q -o "$root/boot/initrd.img"
        fi
        head -c "$(($3 * 900000))" /dev/urandom > "$root/pve-base.squashfs"
        head -c "$(($3 * 100000))" /dev/urandom > "$root/pve-installer.squashfs"
        xorriso -as mkisofs -quiet -r -V PVE -o "$1" "$root"
        """
}

/// Runs the shell, whose words are given back when it fails.
struct Shell: Sendable {
    private let reactor: Reactor

    init(_ reactor: Reactor) {
        self.reactor = reactor
    }

    func run(_ script: String, _ arguments: [String]) async throws {
        let (reader, writer) = try FileDescriptor.pipe()
        let words = try Stream(FileDescriptor(owning: reader), reactor)
        let program = Program(
            path: "/bin/sh", arguments: ["-c", "set -e; \(script)", "sh"] + arguments,
            environment: [
                "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TMPDIR": Environment["TMPDIR"] ?? "/tmp",
            ])
        let child = try start(program, writer)
        defer { child.endGroup() }
        var text: [UInt8] = []
        while try await words.read(into: &text) {}
        let end = try await child.end()
        guard end == .exited(0) else {
            let last = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline).last ?? "a program"
            throw Failure(description: "\(last) (\(end))")
        }
    }

    private func start(_ program: Program, _ writer: CInt) throws -> Child {
        let output = FileDescriptor(owning: writer)
        return try program.start(descriptors: [], output: output, reactor)
    }
}
