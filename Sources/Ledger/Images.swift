import Database
public import Model
import Store

extension Ledger {
    /// An ISO was taken apart: from now on it can be installed.
    public func add(_ image: InstallerImage, by author: Author) throws {
        try connection.write {
            guard
                try !connection.rows("SELECT 1 FROM image WHERE id = ?", .text(image.id), map: { $0.int(0) }).contains(
                    1)
            else {
                throw Refused(.conflict, "\(image.id) is already there: remove it first, to import it again.")
            }
            try connection.run(
                "INSERT INTO image (id, imported_at, body) VALUES (?, ?, ?)", .text(image.id),
                .int(image.importedAt.milliseconds), .text(image.json))
            try append(.imageImported, "\(image.product) \(image.release)-\(image.build) was imported.", by: author)
        }
    }

    public func removeImage(_ id: String, by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(.imageRemoved, by: author) { return }
            guard try connection.run("DELETE FROM image WHERE id = ?", .text(id)) > 0 else {
                throw Refused(.missing, "There is no image \(id).")
            }
            try append(.imageRemoved, "The image \(id) was removed.", by: author)
        }
    }
}
