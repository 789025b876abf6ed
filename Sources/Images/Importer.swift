import Glibc
public import Linux
public import Model

/// Takes an ISO apart into what machines load: the kernel, the initrd, and the ISO without them, cut in two.
///
/// All of it happens in a private folder, which becomes the image's at the very end: what is half done can never boot.
public struct Importer: Sendable {
    public enum Step: String, CaseIterable, Sendable, Codable {
        case hashing, reading, unpacking, reducing, cutting, checking
    }

    /// How far a step is, in bytes.
    public struct Progress: Equatable, Sendable, Codable {
        public let step: Step
        public let done: Int64
        public let total: Int64
    }

    /// The room that a mode file has: a URL with its token, and space to grow.
    static let modeFileSize: Int64 = 4096
    static let modeFile = "auto-installer-mode.toml"
    private static let unpackedFile = "initrd.unpacked"
    private static let mostUnpacked = 1 << 29
    /// iPXE cannot hand over more.
    public static let largest: Int64 = (1 << 32) - 1
    /// What is served to machines as it is, and what is changed for each operation.
    public static let fileNames = ["vmlinuz", "initrd.img", "body", "tail"]

    private let tools: Tools
    private let folder: String
    private let report: @Sendable (Progress) -> Void

    /// `folder` is private to this import, and lies on the disk where the image will be.
    public init(in folder: String, _ reactor: Reactor, report: @escaping @Sendable (Progress) -> Void = { _ in }) {
        tools = Tools(reactor: reactor, folder: folder)
        (self.folder, self.report) = (folder, report)
    }

    /// Makes the files of an image beside the ISO, and says what they are.
    ///
    /// `expected` is the checksum that somebody gave for the ISO.
    public func run(_ iso: String, named source: String, expected: String? = nil, at moment: Timestamp) async throws
        -> InstallerImage
    {
        let size = try checkLength(iso)
        let sha256 = try await hash(iso, .hashing)
        if let expected, expected.lowercased() != sha256 {
            throw DiscInformation.Unusable("its SHA-256 is \(sha256), but \(expected.lowercased()) was expected")
        }
        let disc = try await readDisc(iso)
        let unpacked = try await unpackInitrd()
        let withoutAgent = try patchInit()
        let span = try await cut(try await reduce(iso, size))
        let files = try await describeFiles(
            withoutAgent == nil ? Self.fileNames + [InstallerImage.patchedInit] : Self.fileNames)
        return InstallerImage(
            id: disc.imageID, product: disc.productName, release: disc.release, build: disc.build, source: source,
            size: size, sha256: sha256, importedAt: moment, files: files, modeFile: span,
            unpackedInitrd: unpacked, withoutAgent: withoutAgent)
    }

    // MARK: Steps

    private func checkLength(_ iso: String) throws -> Int64 {
        let size = try FileState(iso).size
        let volume = try VolumeDescriptor(of: iso)
        guard size >= volume.size else {
            throw DiscInformation.Unusable(
                "it is cut off: it has \(size) bytes of \(volume.size). Download it again")
        }
        guard size <= Self.largest else {
            throw DiscInformation.Unusable("it is larger than 4 GiB, which iPXE cannot hand over")
        }
        return size
    }

    private func readDisc(_ iso: String) async throws -> DiscInformation {
        report(Progress(step: .reading, done: 0, total: 1))
        do {
            try await tools.run(
                """
                extract() { xorriso -abort_on FAILURE -report_about FAILURE -osirrox on -indev "$@"; }
                extract "$1" -extract /.cd-info cd-info || extract "$1" -extract /.disk/info cd-info
                extract "$1" -extract /boot/linux26 vmlinuz -extract /boot/initrd.img initrd.packed
                chmod u+w cd-info vmlinuz initrd.packed
                """, [iso])
        } catch let failure as ToolFailed {
            throw DiscInformation.Unusable("its files cannot be read, as those of Proxmox's ISOs can: \(failure)")
        }
        let capable = try await tools.run(
            "xorriso -report_about FAILURE -indev \"$1\" -find /auto-installer-capable -exec echo -- 2>/dev/null || true",
            [iso]
        )
        let disc = try DiscInformation(parsing: try Files.text("\(folder)/cd-info"))
        try disc.check(isAutoInstallable: capable.contains("/auto-installer-capable"))
        return disc
    }

    /// IPXE hands an initrd over as it is; what it is packed with, the kernel must know: all know gzip.
    ///
    /// Gives the size that it unpacks to, if it is packed in a way that is known. What it unpacks to is left in a file, as
    /// much of it as an initrd of any sense has.
    private func unpackInitrd() async throws -> Int64? {
        let packed = "\(folder)/initrd.packed"
        let total = try FileState(packed).size
        report(Progress(step: .unpacking, done: 0, total: total))
        let size = try await tools.run(
            """
            case "$(od -An -tx1 -N4 initrd.packed | tr -d ' ')" in
            28b52ffd) zstd -dcq initrd.packed | gzip -6 > initrd.img ;;
            *) cp initrd.packed initrd.img ;;
            esac
            rm initrd.packed
            gzip -dcq initrd.img 2>/dev/null | { head -c \(Self.mostUnpacked) > \(Self.unpackedFile); wc -c; }
            """, [])
        let kept = try FileState("\(folder)/\(Self.unpackedFile)").size
        return Int64(size.filter(\.isNumber)).map { $0 + kept }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// Keeps the `/init` that lets the agent in, or says why there is none: an image without it installs as well.
    private func patchInit() throws -> String? {
        let unpacked = "\(folder)/\(Self.unpackedFile)"
        defer { unlink(unpacked) }
        let archive = try FileState(unpacked).size > 0 ? unpacked : "\(folder)/initrd.img"
        do {
            try Files.write(try InitScript(fromInitrd: archive).patched, to: "\(folder)/\(InstallerImage.patchedInit)")
            return nil
        } catch let reason as InitScript.Unsuitable {
            return reason.description
        }
    }

    /// The ISO without its /boot, with a mode file that lies behind everything else.
    private func reduce(_ iso: String, _ size: Int64) async throws -> String {
        let reduced = "\(folder)/reduced.iso"
        try await tools.run(
            """
            head -c \(Self.modeFileSize) /dev/zero | tr '\\0' '#' > \(Self.modeFile)
            xorriso -abort_on FAILURE -report_about FAILURE -indev "$1" -outdev "$2" -rm_r /boot -- \
            -map \(Self.modeFile) /\(Self.modeFile) \
            -find /\(Self.modeFile) -exec sort_weight -2000000000 -- -commit
            """, [iso, reduced]
        ) { [report] _ in
            report(Progress(step: .reducing, done: (try? FileState(reduced).size) ?? 0, total: size))
        }
        return reduced
    }

    /// Cuts the ISO, as a member of a cpio archive, before its mode file; gives where that lies in the tail.
    private func cut(_ reduced: String) async throws -> InstallerImage.Span {
        let size = try FileState(reduced).size
        let start = try await modeFileOffset(in: reduced)
        let member = CpioMember(name: "proxmox.iso", size: size)
        let header = Int64(member.header.count)
        let cut = (header + start) / CpioMember.alignment * CpioMember.alignment
        try Files.write(member.header, to: "\(folder)/header")
        try Files.write(member.trailer, to: "\(folder)/trailer")
        let body = "\(folder)/body"
        try await tools.run(
            """
            { cat header; head -c "$2" "$1"; } > body
            { tail -c "+$3" "$1"; cat trailer; } > tail
            rm "$1" header trailer cd-info \(Self.modeFile)
            """, [reduced, "\(cut - header)", "\(cut - header + 1)"]
        ) { [report] _ in
            report(Progress(step: .cutting, done: (try? FileState(body).size) ?? 0, total: size))
        }
        return InstallerImage.Span(offset: header + start - cut, length: Self.modeFileSize)
    }

    /// Xorriso tells where a file begins in blocks of 2048: `File data lba: 0 , 19593 , 2 , 4096 , '/name'`.
    private func modeFileOffset(in reduced: String) async throws -> Int64 {
        let words = try await tools.run(
            "xorriso -report_about FAILURE -indev \"$1\" -find /\(Self.modeFile) -exec report_lba --", [reduced])
        let line = words.split(whereSeparator: \.isNewline).first { $0.hasPrefix("File data lba:") } ?? ""
        let numbers = line.split(whereSeparator: { !$0.isNumber }).compactMap { Int64($0) }
        guard numbers.count >= 4, numbers[3] == Self.modeFileSize else {
            throw ToolFailed(words: words, end: "the mode file is not where it was put")
        }
        return numbers[1] * 2048
    }

    private func describeFiles(_ names: [String]) async throws -> [InstallerImage.File] {
        var files: [InstallerImage.File] = []
        for name in names {
            let state = try FileState("\(folder)/\(name)")
            files.append(
                InstallerImage.File(
                    name: name, size: state.size, sha256: try await hash("\(folder)/\(name)", .checking),
                    modified: state.modified))
        }
        return files
    }

    /// The SHA-256 of a file, read by a process of its own whose place in the file tells how far it is.
    func hash(_ path: String, _ step: Step) async throws -> String {
        let total = try FileState(path).size
        report(Progress(step: step, done: 0, total: total))
        let words = try await tools.run("exec sha256sum < \"$1\"", [path]) { [report] process in
            let position = (try? Files.text("/proc/\(process)/fdinfo/0")) ?? ""
            let number = position.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int64($0) }
            report(Progress(step: step, done: number ?? 0, total: total))
        }
        return String(words.prefix(64))
    }

    /// The SHA-256 of a file that is read in pieces, with rests between them: so it takes little of the processor and
    /// of the disk, and nothing of the memory, from what machines load meanwhile.
    ///
    /// What ends early has no SHA-256.
    func hashSlowly(_ path: String) async throws -> String {
        let words = try await tools.run(
            """
            rm -f whole
            {
                size=$(stat -c %s "$1") piece=0
                while [ $((piece << 24)) -lt "$size" ]; do
                    dd if="$1" bs=1M skip=$((piece * 16)) count=16 iflag=nocache status=none
                    piece=$((piece + 1))
                    sleep 0.2
                done
                : > whole
            } | sha256sum
            [ -e whole ]
            """, [path])
        return String(words.prefix(64))
    }
}

/// What the file system says of a file without reading it.
struct FileState: Equatable {
    let size: Int64
    let modified: Int64

    init(_ path: String) throws(Errno) {
        let file = try File(path)
        (size, modified) = (Int64(file.size), file.modified)
    }
}
