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

    /// Keeps what became known of an image.
    public func update(_ image: InstallerImage) throws {
        try connection.run("UPDATE image SET body = ? WHERE id = ?", .text(image.json), .text(image.id))
    }

    public func removeImage(_ id: String, by author: Author) throws {
        try connection.write {
            if try wasCarriedOut(.imageRemoved, by: author) { return }
            let users = try connection.rows(
                """
                SELECT hostname FROM operation JOIN host ON host.id = operation.host
                WHERE operation.image = ? AND operation.ended_at IS NULL ORDER BY hostname
                """, .text(id)
            ) { $0.text(0) }
            guard users.isEmpty else {
                throw Refused(
                    .conflict,
                    "\(id) is being installed on \(users.joined(separator: ", ")): wait, or cancel that first.")
            }
            guard try connection.run("DELETE FROM image WHERE id = ?", .text(id)) > 0 else {
                throw Refused(.missing, "There is no image \(id).")
            }
            try append(.imageRemoved, "The image \(id) was removed.", by: author)
        }
    }
}
