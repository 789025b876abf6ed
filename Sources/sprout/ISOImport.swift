import Control
import Fetch
import Linux
import Model

/// An ISO, a file or at an address, that is sent to Sprout and made into an image there.
struct ISOImport: Sendable {
    private let place: String
    private let sha256: String?
    private let api: API
    private let reactor: Reactor

    init(_ place: String, sha256: String?, _ api: API, _ reactor: Reactor) {
        (self.place, self.sha256, self.api, self.reactor) = (place, sha256, api, reactor)
    }

    /// Gives the id of the image when it is ready, and shows until then how far it is.
    func run() async throws -> String {
        let source: any UploadSource =
            if let url = WebURL(place) { try await DownloadSource(url, reactor) } else { try FileSource(place) }
        var sha256 = sha256
        if sha256 == nil { sha256 = await source.publishedChecksum() }
        let upload = try await Upload(source, sha256: sha256, api).send()
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
