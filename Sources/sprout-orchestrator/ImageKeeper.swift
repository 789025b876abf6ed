import Control
import Glibc
import HTTP
import Images
import Ledger
import Linux
import Model
import Store
import Systemd

/// Takes ISOs in pieces, and takes them apart, one at a time.
actor ImageKeeper {
    private let desk: Desk
    private let folder: ImageFolder
    private let reactor: Reactor
    private var imports: [ImageImport] = []
    private var uploads: [String: ImageUpload] = [:]
    /// What has arrived, and is taken apart one after the other: the first of them now.
    private var arrived: [Arrived] = []

    private struct Arrived {
        let upload: ImageUpload
        let author: Ledger.Author
    }

    init(_ desk: Desk, folder: String, _ reactor: Reactor) throws {
        (self.desk, self.folder, self.reactor) = (desk, ImageFolder(folder), reactor)
        try self.folder.prepare()
    }

    nonisolated func routes() -> [Routes.Route] {
        [
            .get("/images/imports") { _ in try .json(["imports": await self.imports]) },
            .post("/images/uploads") { request in
                let wish = try JSON.decode(strictly: UploadWish.self, from: request.body)
                return try .json(try await self.begin(wish), status: 201)
            },
            .put("/images/uploads/:id") { request in
                let offset = request.query["offset"].flatMap { Int64($0) }
                return try .json(try await self.take(request.body, at: offset, request.parameters["id"] ?? ""))
            },
            .post("/images/uploads/:id/import") { request in
                let author = self.desk.author(request)
                return try .json(try await self.startImport(request.parameters["id"] ?? "", author), status: 202)
            },
            .post("/images/:id/verify") { request in
                let image = try await self.image(request)
                let author = Ledger.Author(actor: self.desk.author(request).actor)
                if let damage = try await self.check(image, inHaste: true, by: author) {
                    throw Problem(409, "\(damage)")
                }
                return .json(Array("{\"verified\":true}".utf8))
            },
            .delete("/images/:id") { request in
                let image = try await self.image(request)
                let author = self.desk.author(request)
                try await self.desk.commit(request) { try await self.desk.ledger.removeImage(image.id, by: author) }
                self.folder.remove(image)
                return Response(status: 204)
            },
        ]
    }

    /// Before a host is armed: quickly by size and time, and by the checksums where those differ, or damage is known.
    ///
    /// One whose files were touched but hold what they did is used.
    nonisolated func checkBeforeUse(_ image: InstallerImage) async throws(Problem) {
        if image.damage == nil, (try? folder.check(image)) != nil { return }
        do {
            if let damage = try await check(image, inHaste: true, by: .init(actor: "sprout-orchestrator")) {
                throw damage
            }
        } catch {
            throw Problem(409, "\(image.id) cannot be installed: \(error).", field: "image")
        }
    }

    /// Reads all files of an image, and keeps what was found with it.
    nonisolated func check(
        _ image: InstallerImage, inHaste: Bool, by author: Ledger.Author
    ) async throws -> ImageFolder.Damaged? {
        var (image, damage) = (image, ImageFolder.Damaged?.none)
        do {
            try await folder.verify(image, reactor, inHaste: inHaste)
            image = try folder.dated(image)
        } catch let found as ImageFolder.Damaged {
            damage = found
        }
        guard try await desk.ledger.noteCheck(of: image, damage: damage?.description, by: author) else { return damage }
        await desk.feed.ring()
        if let damage {
            Journal.log(
                .warning, "\(image.id) is damaged: \(damage)", ["SPROUT_EVENT": Event.Kind.imageDamaged.rawValue],
                id: .imageDamaged)
        } else {
            Journal.log(.notice, "\(image.id) is as it was imported again")
        }
        return damage
    }

    // MARK: Over a reset of the box

    /// Says in the folder itself what lies there: the database that knows it is erased.
    nonisolated func leaveList(of images: [InstallerImage]) throws {
        try Files.write(try JSON.encode(images), to: keptList, mode: 0o600)
    }

    /// Knows again what was kept.
    func takeKept() async throws {
        guard let kept = try? JSON.decode([InstallerImage].self, from: Files.read(keptList)) else { return }
        for image in kept where try await desk.store.image(image.id) == nil && (try? folder.check(image)) != nil {
            try await desk.commit {
                try await desk.ledger.add(image, by: .init(actor: "sprout-orchestrator", request: "kept-\(image.id)"))
            }
        }
        unlink(keptList)
    }

    private nonisolated var keptList: String { "\(folder.path)/kept.json" }

    // MARK: Pieces

    func begin(_ wish: UploadWish) async throws -> ImageUpload {
        let name = wish.name.split(separator: "/").last.map { String($0) } ?? ""
        guard !name.isEmpty, wish.size > 0 else {
            throw Problem(
                422, "An upload has the name and the size of its file.", field: name.isEmpty ? "name" : "size")
        }
        try Self.check(sum: wish.sha256)
        guard wish.size <= Importer.largest else {
            throw Problem(413, "\(name) is larger than 4 GiB, which iPXE cannot hand over.", field: "size")
        }
        var upload = ImageUpload(name: name, size: wish.size, sha256: wish.sha256, version: wish.version)
        if let image = try await desk.store.images().first(where: { $0.source == upload.name && $0.size == wish.size })
        {
            throw Problem(409, "\(image.id) is already there: remove it first, to import it again.")
        }
        guard uploads[upload.id] != nil || uploads.count < Self.mostUploads else {
            throw Problem(409, "\(uploads.count) uploads are under way: finish one first.")
        }
        upload.received = received(upload.id)
        do {
            // While it is taken apart there are the ISO, the one without its /boot, and that one's two parts.
            try folder.checkRoom(for: wish.size * 3 - upload.received)
            try Files.makeFolder(folder.place(ofUpload: upload.id), mode: 0o750)
        } catch {
            throw Problem(507, "\(name) cannot be imported: \(error).")
        }
        uploads[upload.id] = upload
        return upload
    }

    static func check(sum: String?) throws(Problem) {
        guard let sum, sum.count != 64 || !sum.allSatisfy(\.isHexDigit) else { return }
        throw Problem(422, "\"\(sum.prefix(80))\" is no SHA-256: it has 64 hexadecimal digits.", field: "sha256")
    }

    @discardableResult
    func take(_ bytes: [UInt8], at offset: Int64?, _ id: String) throws -> ImageUpload {
        guard var upload = uploads[id] else {
            throw Problem(404, "There is no upload \(id.prefix(40)): begin it again, and it goes on where it stopped.")
        }
        upload.received = received(id)
        guard offset == upload.received else {
            throw Problem(409, "The next piece begins at \(upload.received).", field: "offset")
        }
        guard upload.received + Int64(bytes.count) <= upload.size else {
            throw Problem(422, "\(upload.name) was said to have \(upload.size) bytes; this is more.")
        }
        do {
            try folder.checkRoom(for: Int64(bytes.count))
            try Files.append(bytes, to: iso(id))
        } catch {
            throw Problem(507, "\(upload.name) cannot be kept: \(error).")
        }
        upload.received += Int64(bytes.count)
        uploads[id] = upload
        return upload
    }

    func received(_ id: String) -> Int64 { (try? File(iso(id))).map { Int64($0.size) } ?? 0 }

    private func iso(_ id: String) -> String { "\(folder.place(ofUpload: id))/iso" }

    // MARK: Imports

    private func startImport(_ id: String, _ author: Ledger.Author) throws -> ImageImport {
        guard let upload = uploads[id], received(id) == upload.size else {
            throw Problem(409, "The file has not arrived as a whole yet.")
        }
        if let running = arrived.first?.upload, running.id != id {
            throw Problem(409, "\(running.name) is being imported: wait for its end.")
        }
        return takeApart(upload, author)
    }

    /// Takes apart what has arrived from an address as a whole, once nothing else is taken apart.
    func importWhenFree(_ id: String, expecting sha256: String?, _ author: Ledger.Author) {
        guard var upload = uploads[id], received(id) == upload.size else { return }
        upload.sha256 = sha256
        _ = takeApart(upload, author)
    }

    private func takeApart(_ upload: ImageUpload, _ author: Ledger.Author) -> ImageImport {
        let known = imports.first { $0.id == upload.id && !$0.isOver }
        var started = known ?? ImageImport(id: upload.id, source: upload.name, startedAt: .now())
        guard !arrived.contains(where: { $0.upload.id == upload.id }) else { return started }
        (started.step, started.done, started.total) = ("waiting", 0, 1)
        show(started)
        arrived.append(Arrived(upload: upload, author: author))
        if arrived.count == 1 { startNext() }
        return started
    }

    private func startNext() {
        guard let next = arrived.first else { return }
        Task(executorPreference: reactor) { await self.run(next.upload, next.author) }
    }

    /// Shows an import to everybody, or how it is now.
    func show(_ one: ImageImport) {
        imports = [one] + imports.filter { $0.id != one.id }.prefix(Self.mostRemembered)
    }

    /// How an import is shown now.
    func shown(_ id: String) -> ImageImport? { imports.first { $0.id == id } }

    /// Changes what is shown of an import under way.
    func update(_ id: String, _ change: (inout ImageImport) -> Void) {
        guard let index = imports.firstIndex(where: { $0.id == id && !$0.isOver }) else { return }
        change(&imports[index])
    }

    /// Forgets an import without an image, and what has arrived of it, unless it is being taken apart.
    func cancel(_ id: String) throws(Problem) {
        guard arrived.first?.upload.id != id else {
            throw Problem(409, "It has arrived, and is being made ready: when that is done, the image can be removed.")
        }
        guard imports.contains(where: { $0.id == id && $0.image == nil }) else {
            throw Problem(404, "There is no import \(id.prefix(40)).")
        }
        arrived.removeAll { $0.upload.id == id }
        imports.removeAll { $0.id == id }
        discard(id)
    }

    /// Makes room for other uploads; what has arrived is gone on with when it is begun again.
    func leave(_ id: String) { uploads[id] = nil }

    private func run(_ upload: ImageUpload, _ author: Ledger.Author) async {
        let work = "\(folder.place(ofUpload: upload.id))/work"
        do {
            for name in Files.names(in: work) { unlink("\(work)/\(name)") }
            try Files.makeFolder(work, mode: 0o750)
            let importer = Importer(in: work, reactor) { progress in
                Task { await self.note(progress, upload.id) }
            }
            let image = try await importer.run(
                iso(upload.id), named: upload.name, expected: upload.sha256, at: .now())
            guard try await desk.store.image(image.id) == nil else {
                throw ImageFolder.Damaged(
                    description: "\(image.id) is already there: remove it first, to import it again")
            }
            try folder.adopt(work, as: image)
            try await desk.commit { try await desk.ledger.add(image, by: author) }
            update(upload.id) { $0.image = image.id }
            Journal.log(.notice, "\(upload.name) was imported as \(image.id)", id: .imageImported)
        } catch {
            update(upload.id) { $0.problem = "\(upload.name) cannot be imported: \(error)." }
            Journal.log(.warning, "\(upload.name) cannot be imported: \(error)")
        }
        discard(upload.id)
        arrived.removeFirst()
        startNext()
    }

    private func note(_ progress: Importer.Progress, _ id: String) {
        update(id) { ($0.step, $0.done, $0.total) = (progress.step.rawValue, progress.done, progress.total) }
    }

    /// Forgets an upload, with what has arrived of it.
    func discard(_ id: String) {
        uploads[id] = nil
        folder.discard(upload: id)
    }

    /// What nobody has gone on with for a week takes its room in vain.
    func forgetAbandoned(at moment: Timestamp) {
        let running = Set(imports.filter { !$0.isOver }.map(\.id))
        let week = moment + .seconds(-7 * 24 * 3600)
        for id in folder.uploads(untouchedSince: week) where !running.contains(id) {
            discard(id)
            Journal.log(.notice, "an upload that nobody went on with for a week was removed")
        }
    }

    private nonisolated func image(_ request: Request) async throws -> InstallerImage {
        let id = request.parameters["id"] ?? ""
        guard let image = try await desk.store.image(id) else {
            throw Problem(404, "There is no image \(id.prefix(60)).")
        }
        return image
    }

    private static let mostUploads = 4
    private static let mostRemembered = 10
}

/// The body of `POST /images/uploads`.
struct UploadWish: StrictBody {
    let name: String
    let size: Int64
    let sha256: String?
    let version: String?

    enum CodingKeys: CodingKey, CaseIterable { case name, size, sha256, version }
}
