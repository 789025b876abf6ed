import Linux
import Metrics

/// How full the disks are that Sprout writes to.
func diskMeasurements(database: String, images: String) throws -> [Measurement] {
    let folder = database.lastIndex(of: "/").map { String(database[..<$0]) } ?? "."
    return try [("database", folder), ("images", images)].flatMap { name, path in
        [
            Measurement(.diskFree, name, is: Int(try Files.freeBytes(at: path))),
            Measurement(.diskSize, name, is: Int(try Files.diskBytes(at: path))),
        ]
    }
}
