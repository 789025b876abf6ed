import Database
import FoundationEssentials
public import Model

extension Store {
    /// What can be installed, the newest release first.
    public func images() throws -> [InstallerImage] {
        try connection.rows("SELECT body FROM image") { InstallerImage(json: $0.text(0)) }
            .compactMap(\.self).sorted(by: InstallerImage.isNewer)
    }

    public func image(_ id: String) throws -> InstallerImage? {
        try connection.rows("SELECT body FROM image WHERE id = ?", .text(id)) { InstallerImage(json: $0.text(0)) }
            .first ?? nil
    }
}

extension InstallerImage {
    /// As the database keeps it.
    public var json: String {
        (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    public init?(json: String) {
        guard let image = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else { return nil }
        self = image
    }
}
