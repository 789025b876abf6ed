/// A backup that lies on the box.
public struct BackupFile: Codable, Equatable, Sendable {
    public var name: String
    public var size: Int64
    public var madeAt: Timestamp

    public init(name: String, size: Int64, madeAt: Timestamp) {
        (self.name, self.size, self.madeAt) = (name, size, madeAt)
    }

    enum CodingKeys: String, CodingKey {
        case name, size
        case madeAt = "made_at"
    }

    /// The end of the name of every backup, and of those that are made by themselves.
    public static let suffix = ".backup"
    public static let nightlySuffix = "-nightly.backup"

    /// Whether a name is one of ours: no path, and nothing hidden.
    public static func isName(_ text: String) -> Bool {
        text.hasSuffix(suffix) && !text.hasPrefix(".") && text.utf8.count <= 100
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }
    }
}

/// What a backup says of itself.
public struct BackupManifest: Codable, Equatable, Sendable {
    public var version: String
    public var madeAt: Timestamp
    public var box: String

    public init(version: String, madeAt: Timestamp, box: String) {
        (self.version, self.madeAt, self.box) = (version, madeAt, box)
    }

    enum CodingKeys: String, CodingKey {
        case version, box
        case madeAt = "made_at"
    }

    /// The entries of a backup.
    public static let entries: Set<String> = [
        "manifest.json", "sprout.db", "sealing-key", "served.pem", "provisioning.yaml", "server-types.yaml",
    ]
}
