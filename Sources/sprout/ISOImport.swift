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
