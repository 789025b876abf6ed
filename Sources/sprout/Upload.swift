import Control
import HTTP
import Linux
import Model

/// Where the bytes come from that are sent.
protocol UploadSource: Sendable {
    var name: String { get }
    var size: Int64 { get }
    /// Tells this content from another of the same name and size, where that can be known.
    var version: String? { get }
    /// What is done with its bytes, in a word.
    var step: String { get }

    /// The SHA-256 that its makers give, where there is a place to look for it.
    func publishedChecksum() async -> String?
    /// So many bytes, or those that there are, from there on.
    func read(at offset: Int64, upTo count: Int) async throws -> [UInt8]
}

/// Sends a file in pieces, and goes on where an earlier try stopped.
struct Upload {
    private let source: any UploadSource
    private let sha256: String?
    private let api: API

    init(_ source: any UploadSource, sha256: String?, _ api: API) {
        (self.source, self.sha256, self.api) = (source, sha256, api)
    }

    func send() async throws -> ImageUpload {
        let meter = Meter()
        var upload = try await begin()
        while upload.received < source.size {
            let room = Int(min(Self.pieceSize, source.size - upload.received))
            let piece = try await source.read(at: upload.received, upTo: room)
            guard piece.count == room else {
                throw Failure(description: "\(source.name) became shorter while it was sent")
            }
            do {
                let target = "/api/images/uploads/\(upload.id)?offset=\(upload.received)"
                let answer = try await api.send("PUT", target, body: piece, type: "application/octet-stream")
                upload = try JSON.decode(ImageUpload.self, from: answer.body)
            } catch let refusal as Failure {
                // A piece whose answer was lost has arrived all the same.
                let before = upload.received
                upload = try await begin()
                guard upload.received > before else { throw refusal }
            }
            meter.show(source.step, upload.received, of: source.size)
        }
        meter.clear()
        return upload
    }

    private func begin() async throws -> ImageUpload {
        let wish = UploadWish(name: source.name, size: source.size, sha256: sha256, version: source.version)
        let answer = try await api.send("POST", "/api/images/uploads", body: try JSON.encode(wish))
        return try JSON.decode(ImageUpload.self, from: answer.body)
    }

    private static let pieceSize: Int64 = 1 << 20
}

/// What is said of a file before it is sent.
private struct UploadWish: Encodable {
    let name: String
    let size: Int64
    let sha256: String?
    let version: String?
}

/// A file of this machine.
final class FileSource: UploadSource {
    let name: String
    let size: Int64
    let version: String? = nil
    let step = "sending"
    private let file: FileDescriptor

    init(_ path: String) throws {
        do throws(Errno) {
            size = Int64(try File(path).size)
            file = try FileDescriptor(reading: path)
        } catch {
            throw Failure(description: "\(path): \(error)")
        }
        name = path.split(separator: "/").last.map(String.init) ?? path
    }

    func publishedChecksum() -> String? { nil }

    func read(at offset: Int64, upTo count: Int) throws -> [UInt8] {
        try file.seek(to: offset)
        var bytes: [UInt8] = []
        while bytes.count < count, try file.read(into: &bytes, upTo: count - bytes.count) > 0 {}
        return bytes
    }
}
