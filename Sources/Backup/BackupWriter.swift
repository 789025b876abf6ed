internal import Crypto
internal import Linux

/// Writes a backup, of which only one piece is in memory.
public struct BackupWriter: ~Copyable {
    private let file: FileDescriptor
    private let seal: Seal
    private var waiting: [UInt8] = []
    private var pieces = 0

    public init(to path: String, passphrase: String) throws {
        let salt = SecureRandom.bytes(Passphrase.saltLength)
        let seal = try Seal(key: try Passphrase.key(passphrase, salt: salt))
        let file = try FileDescriptor(writing: path)
        try Self.write(BackupFormat.magic + salt, to: file)
        self.file = file
        self.seal = seal
    }

    public mutating func add(_ name: String, _ bytes: [UInt8]) throws {
        try begin(name, size: bytes.count)
        try append(bytes[...])
    }

    public mutating func add(_ name: String, contentsOf path: String) throws {
        let size = try File(path).size
        let source = try FileDescriptor(reading: path)
        try begin(name, size: size)
        var rest = size
        while rest > 0 {
            var bytes: [UInt8] = []
            let count = try source.read(into: &bytes, upTo: min(rest, BackupFormat.pieceSize))
            guard count > 0 else { throw BackupError.cutShort }
            try append(bytes[...])
            rest -= count
        }
    }

    /// Without this there is no last piece, and nothing that opens.
    public consuming func finish() throws {
        try put(waiting, isLast: true)
        try file.synchronize()
    }

    private mutating func begin(_ name: String, size: Int) throws {
        let name = Array(name.utf8)
        try append((BackupFormat.bytes(UInt64(name.count), count: 2) + name)[...])
        try append(BackupFormat.bytes(UInt64(size), count: 8)[...])
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) throws {
        waiting += bytes
        while waiting.count > BackupFormat.pieceSize {
            try put(Array(waiting.prefix(BackupFormat.pieceSize)), isLast: false)
            waiting.removeFirst(BackupFormat.pieceSize)
        }
    }

    private mutating func put(_ piece: [UInt8], isLast: Bool) throws {
        let sealed = try seal.seal(piece, as: BackupFormat.label(pieces, isLast: isLast))
        try Self.write(BackupFormat.bytes(UInt64(sealed.count), count: 4) + sealed, to: file)
        pieces += 1
    }

    private static func write(_ bytes: [UInt8], to file: borrowing FileDescriptor) throws {
        var rest = bytes[...]
        while !rest.isEmpty { rest = rest.dropFirst(try file.write(rest)) }
    }
}
