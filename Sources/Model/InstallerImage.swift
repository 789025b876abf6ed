/// What can be installed: a Proxmox ISO, taken apart into the files that machines load.
public struct InstallerImage: Equatable, Sendable, Codable, Identifiable {
    /// Its name, which is also its folder: `proxmox-ve-9.2-1`.
    public var id: String
    public var product: String
    public var release: String
    public var build: String
    /// The file that it came from, and that file's checksum.
    public var source: String
    public var size: Int64
    public var sha256: String
    public var importedAt: Timestamp
    public var files: [File]
    /// Where the mode file lies in the tail: its content is each operation's own.
    public var modeFile: Span
    /// The size of the initrd when the kernel has unpacked it, in bytes.
    public var unpackedInitrd: Int64?
    /// Why Sprout's agent cannot get into this installer, as the end of a sentence "no live progress for this release,
    /// because …"; nil if it can, and of an image that an earlier release imported.
    public var withoutAgent: String?
    /// When all its files were last read and compared, after the import itself.
    public var checkedAt: Timestamp?
    /// What was found then, as a sentence, if they are not what they were.
    public var damage: String?

    /// Why no live progress can be had of an installation of it, as the end of that sentence; nil if it can.
    public var agentObstacle: String? {
        files.contains { $0.name == Self.patchedInit }
            ? nil : withoutAgent ?? "it was imported by an earlier release of Sprout: import it again"
    }

    /// Its file that lets the agent in.
    public static let patchedInit = "init"

    /// Whether it is a day since its files were last read, or the clock was set in between.
    public func isCheckDue(at moment: Timestamp) -> Bool {
        abs(moment.milliseconds - (checkedAt ?? importedAt).milliseconds) >= 86_400_000
    }

    public struct File: Equatable, Sendable, Codable {
        public var name: String
        public var size: Int64
        public var sha256: String
        /// When it was written, in nanoseconds since 1970: a file of the same size and time is taken to be the same.
        public var modified: Int64

        public init(name: String, size: Int64, sha256: String, modified: Int64) {
            (self.name, self.size, self.sha256, self.modified) = (name, size, sha256, modified)
        }
    }

    public struct Span: Equatable, Sendable, Codable {
        public var offset: Int64
        public var length: Int64

        public init(offset: Int64, length: Int64) {
            (self.offset, self.length) = (offset, length)
        }
    }

    public init(
        id: String, product: String, release: String, build: String, source: String, size: Int64, sha256: String,
        importedAt: Timestamp, files: [File], modeFile: Span, unpackedInitrd: Int64? = nil,
        withoutAgent: String? = nil
    ) {
        (self.id, self.product, self.release, self.build) = (id, product, release, build)
        (self.source, self.size, self.sha256, self.importedAt) = (source, size, sha256, importedAt)
        (self.files, self.modeFile, self.unpackedInitrd) = (files, modeFile, unpackedInitrd)
        self.withoutAgent = withoutAgent
    }

    /// True of one that nobody installs by mistake: it was made to rehearse with.
    public var isForRehearsal: Bool { build == Self.rehearsalBuild }
    public static let rehearsalBuild = "rehearsal"

    /// By release and build, as numbers; one for rehearsals comes after all others.
    public static func isNewer(_ one: Self, _ other: Self) -> Bool {
        if one.isForRehearsal != other.isForRehearsal { return other.isForRehearsal }
        return other.order.lexicographicallyPrecedes(one.order)
    }

    private var order: [Int] { "\(release).\(build)".split { !$0.isNumber }.compactMap { Int($0) } }

    enum CodingKeys: String, CodingKey {
        case id, product, release, build, source, size, sha256, files, damage
        case checkedAt = "checked_at"
        case importedAt = "imported_at"
        case modeFile = "mode_file"
        case unpackedInitrd = "unpacked_initrd"
        case withoutAgent = "without_agent"
    }
}

/// What an ISO says it is, in the lines of its `/.cd-info`.
public struct DiscInformation: Equatable, Sendable {
    public let product: String
    public let productName: String
    public let release: String
    public let build: String

    /// Why an ISO cannot be installed from, as a sentence.
    public struct Unusable: Error, Equatable, Sendable, CustomStringConvertible {
        public let description: String
        public init(_ description: String) { self.description = description }
    }

    /// Reads `KEY='value'` lines, in any order and with either quotes.
    public init(parsing text: String) throws(Unusable) {
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline).prefix(50) where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            values[String(parts[0])] = parts[1].filter { $0 != "'" && $0 != "\"" }
        }
        guard let product = values["PRODUCT"], let release = values["RELEASE"] else {
            throw Unusable("its /.cd-info names no product and release: this is no ISO of Proxmox's")
        }
        guard [product, release, values["ISORELEASE"] ?? "1"].allSatisfy(Self.isPlain) else {
            throw Unusable("its /.cd-info has characters in a name that no release of Proxmox has")
        }
        (self.product, self.release) = (product.lowercased(), release)
        productName = values["PRODUCTLONG"] ?? product
        build = values["ISORELEASE"] ?? "1"
    }

    /// Only Proxmox VE from 8.2 on can be installed without a person.
    public func check(isAutoInstallable: Bool) throws(Unusable) {
        guard product == "pve" else {
            throw Unusable("this is \(productName), and so far only Proxmox VE can be installed")
        }
        let numbers = release.split(separator: ".").compactMap { Int($0) }
        guard numbers.count >= 2, isAutoInstallable, (numbers[0], numbers[1]) >= (8, 2) else {
            throw Unusable(
                "this is \(productName) \(release), which cannot be installed without a person: that needs 8.2 or"
                    + " newer")
        }
    }

    /// The name of the image, which becomes a folder's.
    public var imageID: String { "proxmox-ve-\(release)-\(build)" }

    private static func isPlain(_ text: String) -> Bool {
        (1...20).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
                    || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte || byte == UInt8(ascii: ".")
                    || byte == UInt8(ascii: "-")
            } && !text.contains("..")
    }
}
