import Foundation
import Linux
import Testing

@testable import Backup

@Suite(.timeLimit(.minutes(5))) struct BackupTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "sprout-backup-\(UUID())")
    private var path: String { folder.appending(path: "b").path }
    private let large = Array((0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })

    private func write() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let source = folder.appending(path: "source").path
        try Files.write(large, to: source)
        var writer = try BackupWriter(to: path, passphrase: "a good passphrase")
        try writer.add("small", Array("hello".utf8))
        try writer.add("empty", [])
        try writer.add("large", contentsOf: source)
        try writer.finish()
    }

    private func unpack(_ passphrase: String = "a good passphrase") throws -> [String: Int] {
        let reader = try BackupReader(path, passphrase: passphrase)
        return try reader.unpack(["small", "large"], into: folder.path)
    }

    @Test func `A4 what was put in comes out, and nothing else`() throws {
        try write()
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(try unpack() == ["small": 5, "empty": 0, "large": large.count])
        #expect(try Files.text("\(folder.path)/small") == "hello")
        #expect(try Files.read("\(folder.path)/large", limit: 1 << 24) == large)
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/empty"))
    }

    @Test func `A4 another passphrase, damage, a swap and a cut are told apart from a backup`() throws {
        try write()
        defer { try? FileManager.default.removeItem(at: folder) }
        let whole = try Files.read(path, limit: 1 << 24)
        #expect(throws: BackupError.closed) { try unpack("another passphrase") }
        func expect(_ error: BackupError, _ change: (inout [UInt8]) -> Void) throws {
            var bytes = whole
            change(&bytes)
            try Files.write(bytes, to: path)
            #expect(throws: error) { try unpack() }
        }
        try expect(.closed) { $0[whole.count / 2] ^= 1 }
        try expect(.closed) { $0[20] ^= 1 }
        try expect(.cutShort) { $0.removeLast(10) }
        try expect(.notABackup) { $0[0] = 0 }
        try expect(.newer) { $0[14] = UInt8(ascii: "2") }
        // The last piece alone, or the one before it left out.
        let sealedPiece = 4 + (1 << 20) + 28
        try expect(.cutShort) { $0.removeLast(whole.count - 32 - 2 * sealedPiece) }
        try expect(.closed) { $0.removeSubrange(32..<32 + sealedPiece) }
        try expect(.closed) { bytes in
            let first = Array(bytes[32..<32 + sealedPiece])
            bytes.replaceSubrange(32..<32 + sealedPiece, with: bytes[32 + sealedPiece..<32 + 2 * sealedPiece])
            bytes.replaceSubrange(32 + sealedPiece..<32 + 2 * sealedPiece, with: first)
        }
        try Files.write(Array("sprout".utf8), to: path)
        #expect(throws: BackupError.cutShort) { try unpack() }
    }
}
