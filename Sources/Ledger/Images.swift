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

    /// All files of an image were read; what was found stays with it, and new damage is an event.
    ///
    /// Where they hold what they did, their times are those of `image`. True if it is news. An image that was removed
    /// meanwhile is left alone, and so is one imported in its place.
    public func noteCheck(of image: InstallerImage, damage: String?, by author: Author) throws -> Bool {
        try connection.write {
            let bodies = try connection.rows("SELECT body FROM image WHERE id = ?", .text(image.id)) { $0.text(0) }
            guard var known = bodies.first.flatMap(InstallerImage.init(json:)), known.importedAt == image.importedAt
            else { return false }
            let isNews = known.damage != damage
            (known.checkedAt, known.damage) = (now(), damage)
            if damage == nil { known.files = image.files }
            try connection.run("UPDATE image SET body = ? WHERE id = ?", .text(known.json), .text(image.id))
            guard isNews, let damage else { return isNews }
            try append(.imageDamaged, "The image \(image.id) is damaged: \(damage).", by: author)
            return true
        }
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
