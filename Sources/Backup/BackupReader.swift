internal import Crypto
internal import Linux

/// Reads a backup from its beginning to its end, a piece at a time.
public struct BackupReader: ~Copyable {
    private let file: FileDescriptor
    private let seal: Seal
    private var opened: [UInt8] = []
    private var pieces = 0
    private var isAtEnd = false

    public init(_ path: String, passphrase: String) throws {
        let file = try FileDescriptor(reading: path)
        let head = try Self.read(BackupFormat.magic.count, from: file)
        guard head == BackupFormat.magic else {
            throw head.starts(with: Array("sprout backup ".utf8)) ? BackupError.newer : .notABackup
        }
        let salt = try Self.read(Passphrase.saltLength, from: file)
        seal = try Seal(key: try Passphrase.key(passphrase, salt: salt))
        self.file = file
    }

    /// Writes all entries into a folder, and says which there are; one that is not in `names` is left out.
    public consuming func unpack(_ names: Set<String>, into folder: String) throws -> [String: Int] {
        var found: [String: Int] = [:]
        while let (name, size) = try nextEntry() {
            let isWanted = names.contains(name)
            let target = try FileDescriptor(writing: isWanted ? "\(folder)/\(name)" : "/dev/null")
            var rest = size
            while rest > 0 {
                try need(1)
                let part = opened.prefix(rest)
                var unwritten = part
                while !unwritten.isEmpty { unwritten = unwritten.dropFirst(try target.write(unwritten)) }
                rest -= part.count
                opened.removeFirst(part.count)
            }
            if isWanted { try target.synchronize() }
            found[name] = size
        }
        return found
    }

    private mutating func nextEntry() throws -> (name: String, size: Int)? {
        while opened.isEmpty, !isAtEnd { try nextPiece() }
        if opened.isEmpty { return nil }
        let length = Int(BackupFormat.number(try take(2)))
        let name = String(decoding: try take(length), as: UTF8.self)
        guard let size = Int(exactly: BackupFormat.number(try take(8))) else { throw BackupError.closed }
        return (name, size)
    }

    private mutating func take(_ count: Int) throws -> [UInt8] {
        try need(count)
        defer { opened.removeFirst(count) }
        return Array(opened.prefix(count))
    }

    private mutating func need(_ count: Int) throws {
        while opened.count < count {
            guard !isAtEnd else { throw BackupError.cutShort }
            try nextPiece()
        }
    }

    private mutating func nextPiece() throws {
        let length = Int(BackupFormat.number(try Self.read(4, from: file)))
        guard length <= BackupFormat.pieceSize + 64 else { throw BackupError.closed }
        let sealed = try Self.read(length, from: file)
        if let piece = try? seal.open(sealed, as: BackupFormat.label(pieces, isLast: false)) {
            opened += piece
        } else if let piece = try? seal.open(sealed, as: BackupFormat.label(pieces, isLast: true)) {
            opened += piece
            isAtEnd = true
        } else {
            throw BackupError.closed
        }
        pieces += 1
    }

    private static func read(_ count: Int, from file: borrowing FileDescriptor) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard try file.read(into: &bytes, upTo: count - bytes.count) > 0 else { throw BackupError.cutShort }
        }
        return bytes
    }
}
