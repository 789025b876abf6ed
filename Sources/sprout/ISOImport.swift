import Control
import HTTP
import Linux
import Model

/// An ISO that is sent to Sprout and made into an image there.
struct ISOImport: Sendable {
    private let path: String
    private let sha256: String?
    private let api: API
    private let reactor: Reactor

    init(_ path: String, sha256: String?, _ api: API, _ reactor: Reactor) {
        (self.path, self.sha256, self.api, self.reactor) = (path, sha256, api, reactor)
    }

    /// Gives the id of the image when it is ready, and shows until then how far it is.
    func run() async throws -> String {
        let upload = try await Upload(path, sha256: sha256, api).send()
        var last = ImageImport(id: upload.id, source: upload.name, startedAt: .now())
        _ = try await api.send("POST", "/api/images/uploads/\(upload.id)/import")
        let meter = Meter()
        while !last.isOver {
            try await reactor.sleep(for: .milliseconds(300))
            let all = try await api.get("/api/images/imports", as: [String: [ImageImport]].self).value["imports"] ?? []
            guard let now = all.first(where: { $0.id == upload.id }) else {
                throw Failure(description: "the import was interrupted: run the same command again")
            }
            last = now
            if !now.isOver { meter.show(now.step, now.done, of: now.total) }
        }
        meter.clear()
        if let problem = last.problem { throw Failure(description: problem) }
        return last.image ?? upload.name
    }
}

/// Sends a file in pieces, and goes on where an earlier try stopped.
private struct Upload {
    private let path: String
    private let size: Int64
    private let sha256: String?
    private let api: API

    init(_ path: String, sha256: String?, _ api: API) throws {
        do throws(Errno) {
            size = Int64(try File(path).size)
        } catch {
            throw Failure(description: "\(path): \(error)")
        }
        (self.path, self.sha256, self.api) = (path, sha256, api)
    }

    func send() async throws -> ImageUpload {
        let file = try FileDescriptor(reading: path)
        let meter = Meter()
        var upload = try await begin()
        try file.seek(to: upload.received)
        while upload.received < size {
            var piece: [UInt8] = []
            let room = Int(min(Self.pieceSize, size - upload.received))
            while piece.count < room, try file.read(into: &piece, upTo: room - piece.count) > 0 {}
            guard piece.count == room else { throw Failure(description: "\(path) became shorter while it was sent") }
            do {
                let target = "/api/images/uploads/\(upload.id)?offset=\(upload.received)"
                let answer = try await api.send("PUT", target, body: piece, type: "application/octet-stream")
                upload = try JSON.decode(ImageUpload.self, from: answer.body)
            } catch let refusal as Failure {
                // A piece whose answer was lost has arrived all the same.
                let before = upload.received
                upload = try await begin()
                guard upload.received > before else { throw refusal }
                try file.seek(to: upload.received)
            }
            meter.show("sending", upload.received, of: size)
        }
        meter.clear()
        return upload
    }

    private func begin() async throws -> ImageUpload {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let wish = ImageUpload(name: name, size: size, sha256: sha256)
        let answer = try await api.send("POST", "/api/images/uploads", body: try JSON.encode(wish))
        return try JSON.decode(ImageUpload.self, from: answer.body)
    }

    private static let pieceSize: Int64 = 1 << 20
}

/// One line that tells how far something long is: bytes, rate, time left.
final class Meter {
    private var step = ""
    private var began = Reactor.Deadline.now
    private var first: Int64 = 0

    func show(_ step: String, _ done: Int64, of total: Int64) {
        if step != self.step { (self.step, began, first) = (step, .now, done) }
        let seconds = (Reactor.Deadline.now - began) / .seconds(1)
        let rate = seconds > 0.3 ? Double(done - first) / seconds : 0
        var line = "\(step)  \(Self.megabytes(done)) of \(Self.megabytes(total))"
        if rate > 0 {
            line += ", \(Self.megabytes(Int64(rate)))/s, \(Int(Double(total - done) / rate)) s left"
        }
        Terminal.status(line)
    }

    func clear() { Terminal.status("") }

    static func megabytes(_ bytes: Int64) -> String {
        let tenths = (bytes + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10) MB"
    }
}
