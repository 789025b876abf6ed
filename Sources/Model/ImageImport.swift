/// An import that is under way, or has ended lately.
public struct ImageImport: Equatable, Sendable, Codable, Identifiable {
    /// That of its upload.
    public var id: String
    public var source: String
    public var startedAt: Timestamp
    public var step: String
    public var done: Int64
    public var total: Int64
    /// What is worth knowing while it goes on.
    public var note: String?
    /// Why it ended without an image.
    public var problem: String?
    /// The image that it made.
    public var image: String?

    public init(id: String, source: String, startedAt: Timestamp) {
        (self.id, self.source, self.startedAt) = (id, source, startedAt)
        (step, done, total) = ("waiting", 0, 1)
    }

    public var isOver: Bool { problem != nil || image != nil }

    enum CodingKeys: String, CodingKey {
        case id, source, step, done, total, note, problem, image
        case startedAt = "started_at"
    }
}

/// A file that is being sent in pieces: it goes on where it stopped.
public struct ImageUpload: Equatable, Sendable, Codable, Identifiable {
    public var id: String
    public var name: String
    public var size: Int64
    public var sha256: String?
    /// Tells this content from another of the same name and size, where its sender can.
    public var version: String?
    public var received: Int64

    public init(name: String, size: Int64, sha256: String?, version: String? = nil, received: Int64 = 0) {
        (self.name, self.size, self.sha256, self.received) = (String(name.prefix(120)), size, sha256, received)
        self.version = version.map { String($0.prefix(200)) }
        id = Self.id("\(size) \(self.name)" + (self.version.map { " \($0)" } ?? ""))
    }

    /// The same file has the same id, so that it is found again when its sender comes back (FNV-1a).
    private static func id(_ traits: String) -> String {
        let hash = traits.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }
}
