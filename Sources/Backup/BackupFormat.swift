/// A backup is one file: a word, a salt, and sealed pieces, each with its length before it.
///
/// Each piece opens only at its place, and the last one only as the last: nothing can be swapped, left out or cut off.
/// The pieces are a stream of entries: the length of a name, the name, the length of a file, the file.
enum BackupFormat {
    static let magic = Array("sprout backup 1\n".utf8)
    static let pieceSize = 1 << 20

    static func label(_ number: Int, isLast: Bool) -> String { "\(isLast ? "last" : "piece") \(number)" }

    static func bytes(_ number: UInt64, count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> (UInt64($0) * 8)) }
    }

    static func number(_ bytes: some Collection<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}

/// Why a file is no backup that can be used.
public enum BackupError: Error, Equatable, CustomStringConvertible {
    case notABackup
    case newer
    case closed
    case cutShort
    case entry(String)

    public var description: String {
        switch self {
        case .notABackup: "this file is no backup of Sprout"
        case .newer: "this backup was made by a newer Sprout: update this one first"
        case .closed: "it does not open: the passphrase is another, or the file is damaged"
        case .cutShort: "the file ends too early: it was not copied as a whole"
        case .entry(let name): "there is no \(name) in this backup"
        }
    }
}
