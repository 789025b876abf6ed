import Control
import Fetch
import HTTP
import Images
import Ledger
import Linux
import Model
import Systemd

/// Imports what is at an address: fetched by sprout-fetch, it fills the same uploads as what browsers send.
///
/// The wish lies beside what has arrived, and whatever breaks off is begun again where the bytes end: so nothing is lost by
/// a restart of any process.
actor ImageDownloads {
    private let desk: Desk
    private let keeper: ImageKeeper
    private let folder: ImageFolder
    private let fetcher: Fetcher
    private let reactor: Reactor
    private var running: [String: Running] = [:]

    private struct Running {
        let download: ImageDownload
        let task: Task<Void, Never>
    }

    init(_ desk: Desk, _ keeper: ImageKeeper, folder: String, _ fetcher: Fetcher, _ reactor: Reactor) {
        (self.desk, self.keeper, self.folder) = (desk, keeper, ImageFolder(folder))
        (self.fetcher, self.reactor) = (fetcher, reactor)
    }

    nonisolated func routes() -> [Routes.Route] {
        [
            .post("/images/downloads") { request in
                let wish = try JSON.decode(strictly: DownloadWish.self, from: request.body)
                return try .json(try await self.begin(wish, self.desk.author(request)), status: 202)
            },
            .delete("/images/downloads/:id") { request in
                try await self.cancel(request.parameters["id"] ?? "")
                return Response(status: 204)
            },
        ]
    }

    /// Goes on with what was under way when this process ended.
    func goOn() async {
        for (id, bytes) in folder.wishes() {
            do {
                let download = try JSON.decode(ImageDownload.self, from: bytes)
                guard try await keeper.begin(download.upload).id == id else { continue }
                _ = await start(download)
            } catch let problem as Problem where problem.status == 409 {
                // Its image was made, and only this was left to be cleared away.
                await keeper.discard(id)
            } catch {
                folder.forgetWish(ofUpload: id)
                Journal.log(.warning, "what was being fetched when Sprout stopped cannot be gone on with: \(error)")
            }
        }
    }

    // MARK: Beginning

    private func begin(_ wish: DownloadWish, _ author: Ledger.Author) async throws -> ImageImport {
        let url = try wish.address
        try ImageKeeper.check(sum: wish.sha256)
        let iso = try await look(at: url)
        let download = ImageDownload(
            url: url.text, name: iso.name, size: iso.size, version: iso.version, actor: author.actor,
            request: author.request, sha256: wish.sha256)
        if let same = running[download.id] {
            guard wish.sha256 == nil || wish.sha256 == same.download.sha256 else {
                throw Problem(409, "\(iso.name) is being fetched already: cancel that first, to begin it otherwise.")
            }
            if let shown = await keeper.shown(download.id) { return shown }
        }
        do {
            _ = try await keeper.begin(download.upload)
        } catch let problem as Problem where problem.field != nil {
            throw Problem(problem.status, problem.detail, field: "url")
        }
        try keep(download)
        Journal.log(
            .notice, "\(url) is fetched, asked for by \(author.actor)", ["SPROUT_REQUEST": author.request ?? ""])
        return await start(download)
    }

    private func keep(_ download: ImageDownload) throws {
        try folder.keep(wish: try JSON.encode(download), ofUpload: download.id)
    }

    /// Looks whether an ISO can be there, as long as somebody waits for the answer.
    private func look(at url: WebURL) async throws -> ISODownload {
        do {
            return try await withThrowingTaskGroup(of: ISODownload?.self) { [fetcher, reactor] group in
                group.addTask { try await ISODownload(url) { fetcher.file(at: $0) } }
                group.addTask {
                    try await reactor.sleep(for: Self.longestLook)
                    return nil
                }
                defer { group.cancelAll() }
                guard let iso = try await group.next() ?? nil else {
                    throw NotFetched(
                        description: "\(url) gives nothing within \(Self.longestLook.components.seconds) s. Check the"
                            + " address, or try again later", isPassing: true)
                }
                return iso
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw Problem(422, Self.sentence("\(error)"), field: "url")
        }
    }

    private func start(_ download: ImageDownload) async -> ImageImport {
        var shown = ImageImport(id: download.id, source: download.name, startedAt: .now())
        (shown.step, shown.note) = ("fetching", download.note)
        (shown.done, shown.total) = (await keeper.received(download.id), download.size)
        guard running[download.id] == nil else { return shown }
        let task = Task(executorPreference: reactor) { [shown] in
            await self.keeper.show(shown)
            await self.carryOut(download)
        }
        running[download.id] = Running(download: download, task: task)
        return shown
    }

    private func cancel(_ id: String) async throws {
        running.removeValue(forKey: id)?.task.cancel()
        try await keeper.cancel(id)
        Journal.log(.notice, "the import \(id) was cancelled")
    }

    // MARK: Carrying out

    private func carryOut(_ wish: ImageDownload) async {
        var (download, attempt, received) = (wish, 0, Int64(-1))
        while true {
            do {
                try await fetch(&download)
                await keeper.importWhenFree(download.id, expecting: download.sha256, download.author)
                break
            } catch {
                guard !Task.isCancelled else { return }
                let now = await keeper.received(download.id)
                attempt = now > received ? 0 : attempt + 1
                received = now
                guard (error as? NotFetched)?.isPassing == true, attempt < Self.mostAttempts else {
                    await giveUp(download.id, error)
                    break
                }
                let sentence = Self.sentence("\(error)") + " It is tried again."
                await keeper.update(download.id) { $0.note = sentence }
                try? await reactor.sleep(for: min(.seconds(1 << min(attempt, 6)), .seconds(60)))
            }
        }
        // Whoever cancelled this may have begun it anew.
        if !Task.isCancelled { running[download.id] = nil }
    }

    /// Fetches what is missing.
    private func fetch(_ download: inout ImageDownload) async throws {
        let id = download.id
        guard await keeper.received(id) < download.size, let url = WebURL(download.url) else { return }
        let iso = try await ISODownload(url) { [fetcher] in fetcher.file(at: $0) }
        guard iso.size == download.size, iso.version == download.version else {
            await keeper.discard(id)
            throw NotFetched.changed(url)
        }
        if download.sha256 == nil, download.note == nil {
            let checksum = await iso.publishedChecksum()
            download.sha256 = checksum?.sha256
            download.note = checksum?.sentence ?? PublishedChecksum.absence(of: url)
            try Task.checkCancellation()
            try keep(download)
        }
        let notes = [iso.place.map { "It comes from \($0)." }, download.note].compactMap { $0 }
        await keeper.update(id) { $0.note = notes.isEmpty ? nil : notes.joined(separator: " ") }
        try await pass(iso, id)
    }

    private func pass(_ iso: ISODownload, _ id: String) async throws {
        var received = await keeper.received(id)
        while received < iso.size {
            try Task.checkCancellation()
            let piece = try await iso.read(at: received, upTo: Int(min(Self.pieceSize, iso.size - received)))
            received = try await keeper.take(piece, at: received, id).received
            await keeper.update(id) { $0.done = received }
            // Who sends faster than it is written must not keep the other tasks waiting.
            await Task.yield()
        }
    }

    /// What has arrived is kept for a while: the same address goes on there.
    private func giveUp(_ id: String, _ error: any Error) async {
        folder.forgetWish(ofUpload: id)
        await keeper.leave(id)
        let sentence = Self.sentence("\(error)")
        await keeper.update(id) { ($0.problem, $0.note) = (sentence, nil) }
        Journal.log(.warning, "an import was given up: \(sentence)")
    }

    private static func sentence(_ text: String) -> String { text.hasSuffix(".") ? text : "\(text)." }

    private static let longestLook = Duration.seconds(8)
    private static let pieceSize: Int64 = 1 << 20
    /// An hour in which no byte arrives: the pauses grow to a minute.
    private static let mostAttempts = 65
}

/// The body of `POST /images/downloads`.
struct DownloadWish: StrictBody {
    let url: String
    let sha256: String?

    enum CodingKeys: CodingKey, CaseIterable { case url, sha256 }

    /// The address, if it is one that may be kept.
    var address: WebURL {
        get throws(Problem) {
            guard url.utf8.count <= 2000 else {
                throw Problem(422, "An address has at most 2000 characters.", field: "url")
            }
            guard let address = WebURL(url) else {
                throw Problem(422, "An address begins with http:// or https://.", field: "url")
            }
            guard !address.hasLogin else {
                throw Problem(
                    422, "An address with a name and a password in it is not kept here. sprout images import takes it.",
                    field: "url")
            }
            return address
        }
    }
}

/// An import from an address, as it lies beside what has arrived.
struct ImageDownload: Codable {
    let url: String
    let name: String
    let size: Int64
    let version: String?
    /// Who asked for it, and with which request.
    let actor: String
    let request: String?
    /// What it has to be, as somebody said, or as was found beside it.
    var sha256: String?
    /// What came of the look for that.
    var note: String?

    /// That of its upload.
    var id: String { ImageUpload(name: name, size: size, sha256: nil, version: version).id }

    var upload: UploadWish { UploadWish(name: name, size: size, sha256: sha256, version: version) }

    var author: Ledger.Author { Ledger.Author(actor: actor, request: request) }
}
