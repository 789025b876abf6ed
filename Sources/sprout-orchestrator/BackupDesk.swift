import Backup
import Control
import Crypto
import Glibc
import HTTP
import Ledger
import Linux
import Model
import Settings
import Store
import Systemd

/// Makes backups, by hand and every night, and takes one in.
actor BackupDesk: Service {
    private let desk: Desk
    private let settings: SettingsKeeper
    private let secrets: SecretDesk
    private let places: Surroundings
    private let reactor: Reactor
    private let worker: Worker
    private var isRestoring = false

    /// It waits for the disk and for the passphrase's key: nobody else has to.
    nonisolated var unownedExecutor: UnownedSerialExecutor { worker.asUnownedSerialExecutor() }

    init(_ desk: Desk, _ settings: SettingsKeeper, _ secrets: SecretDesk, _ places: Surroundings, _ reactor: Reactor)
        throws
    {
        (self.desk, self.settings, self.secrets, self.places) = (desk, settings, secrets, places)
        (self.reactor, worker) = (reactor, try Worker())
        try Files.makeFolder(places.backups, mode: 0o750)
    }

    nonisolated var routes: [Routes.Route] {
        [
            .get("/backups") { _ in try .json(["backups": await self.list()]) },
            .post("/backups") { request in
                let wish = try JSON.decode(strictly: PassphraseWish.self, from: request.body)
                return try .json(try await self.makeByHand(wish.passphrase, request), status: 201)
            },
            .delete("/backups/:name") { request in
                try await self.remove(request)
                return Response(status: 204)
            },
            .put("/restore") { request in
                try .json(["received": try await self.take(request.body, at: request.query["offset"])])
            },
            .post("/restore") { request in
                let wish = try JSON.decode(strictly: RestoreWish.self, from: request.body)
                return try .json(try await self.restore(wish, request), status: 202)
            },
        ]
    }

    // MARK: Making

    static func refuseShort(_ passphrase: String, field: String) throws(Problem) {
        guard passphrase.count < shortestPassphrase else { return }
        throw Problem(
            422, "A passphrase has at least \(shortestPassphrase) characters: whoever has the file can guess at it.",
            field: field)
    }

    private func makeByHand(_ passphrase: String, _ request: Request) async throws -> BackupFile {
        try Self.refuseShort(passphrase, field: "passphrase")
        do {
            return try await make(passphrase, suffix: BackupFile.suffix, by: desk.author(request), request)
        } catch let error as Errno {
            throw Problem(507, "No backup can be made in \(places.backups): \(error).")
        }
    }

    private func make(
        _ passphrase: String, suffix: String, by author: Ledger.Author, _ request: Request? = nil
    ) async throws -> BackupFile {
        let now = Timestamp.now()
        let stamp = "\(now)".prefix(19).replacing(":", with: "").replacing("T", with: "-")
        let name = "sprout-\(stamp)\(suffix)"
        let (target, draft, copy) = ("\(places.backups)/\(name)", "\(places.backups)/.draft", "\(places.backups)/.copy")
        unlink(copy)
        defer {
            unlink(copy)
            unlink(draft)
        }
        try await desk.ledger.snapshot(to: copy)
        chmod(copy, 0o600)
        var writer = try BackupWriter(to: draft, passphrase: passphrase)
        let manifest = BackupManifest(version: Release.version, madeAt: now, box: Environment.hostName ?? "a box")
        try writer.add("manifest.json", try JSON.encode(manifest))
        try writer.add("sprout.db", contentsOf: copy)
        try writer.add("sealing-key", secrets.keyring.whole)
        if let served = try? Files.read("\(places.certificate)/served.pem") { try writer.add("served.pem", served) }
        for file in SettingsFile.Name.allCases {
            try writer.add(file.fileName, (try? Files.read(settings.path(of: file))) ?? [])
        }
        try writer.finish()
        try Files.move(draft, to: target)
        let made = BackupFile(name: name, size: Int64(try File(target).size), madeAt: now)
        let sentence = "The backup \(name) was made."
        try await desk.commit(request) { try await desk.ledger.record(.backupMade, sentence, by: author) }
        Journal.log(.notice, sentence, ["SPROUT_EVENT": Event.Kind.backupMade.rawValue])
        return made
    }

    private func list() -> [BackupFile] {
        Files.names(in: places.backups).filter(BackupFile.isName).compactMap { name in
            guard let file = try? File("\(places.backups)/\(name)") else { return nil }
            let modified = Timestamp(milliseconds: file.modified / 1_000_000)
            return BackupFile(name: name, size: Int64(file.size), madeAt: modified)
        }.sorted { $0.name > $1.name }
    }

    private func remove(_ request: Request) async throws {
        let name = request.parameters["name"] ?? ""
        guard BackupFile.isName(name), unlink("\(places.backups)/\(name)") == 0 else {
            throw Problem(404, "There is no backup \(name.prefix(100)).")
        }
        let author = desk.author(request)
        try await desk.commit(request) {
            try await desk.ledger.record(.backupRemoved, "The backup \(name) was removed.", by: author)
        }
    }

    // MARK: Every night

    /// As long as there is a passphrase for it, which is the secret `backup`.
    func run() async throws {
        while true {
            try await reactor.sleep(for: .seconds(10))
            do { try await makeNightly() } catch is CancellationError { throw CancellationError() } catch {
                try await tellFailure("\(error)")
            }
        }
    }

    private var lastFailure: (day: String, reason: String)?

    private func makeNightly() async throws {
        guard let passphrase = try await secrets.secret(try SecretName(Self.secretName)) else { return }
        let nightly = list().filter { $0.name.hasSuffix(BackupFile.nightlySuffix) }
        let yesterday = Timestamp.now() + .seconds(-24 * 3600)
        if let last = nightly.first, last.madeAt > yesterday { return }
        let author = Ledger.Author(actor: "sprout-orchestrator")
        let made = try await make(passphrase, suffix: BackupFile.nightlySuffix, by: author)
        for old in nightly.dropFirst(Self.nightlyKept - 1) { unlink("\(places.backups)/\(old.name)") }
        if let folder = await settings.provisioning.backup.folder { try bring(made, to: folder) }
        lastFailure = nil
    }

    /// A copy elsewhere, such as on a stick or a share that is mounted: a disk that breaks takes all that is on it.
    private func bring(_ backup: BackupFile, to folder: String) throws {
        do {
            guard Files.exists(folder) else { throw Errno(rawValue: ENOENT) }
            try Files.copy("\(places.backups)/\(backup.name)", to: "\(folder)/\(backup.name)")
            let old = Files.names(in: folder).filter { $0.hasSuffix(BackupFile.nightlySuffix) && BackupFile.isName($0) }
            for name in old.sorted(by: >).dropFirst(Self.nightlyKept) { unlink("\(folder)/\(name)") }
        } catch {
            throw CopyFailed(
                description: "\(backup.name) cannot be copied to \(folder), which backup.folder names: \(error)")
        }
    }

    /// Once a day for the same reason.
    private func tellFailure(_ reason: String) async throws {
        let day = "\(Timestamp.now())".prefix(10)
        guard lastFailure.map({ $0.day != day || $0.reason != reason }) ?? true else { return }
        lastFailure = (String(day), reason)
        let sentence = "The backup of this night failed: \(reason)."
        try await desk.commit {
            try await desk.ledger.record(.backupFailed, sentence, by: .init(actor: "sprout-orchestrator"))
        }
        Journal.log(.warning, sentence, ["SPROUT_EVENT": Event.Kind.backupFailed.rawValue])
    }

    // MARK: Restoring

    private var incoming: String { "\(places.backups)/.incoming" }

    private func take(_ piece: [UInt8], at text: String?) throws -> Int {
        guard let offset = text.flatMap({ Int($0) }), offset >= 0 else {
            throw Problem(422, "The offset of this piece is missing.", field: "offset")
        }
        if offset == 0 { unlink(incoming) }
        let received = (try? File(incoming).size) ?? 0
        guard offset == received else { throw Problem(409, "The next piece begins at \(received).", field: "offset") }
        guard received + piece.count <= Self.largest else { throw Problem(413, "A backup is not as large as that.") }
        do throws(Errno) { try Files.append(piece, to: incoming) } catch {
            throw Problem(507, "The backup cannot be kept: \(error).")
        }
        return received + piece.count
    }

    private func restore(_ wish: RestoreWish, _ request: Request) async throws -> BackupManifest {
        guard !isRestoring else { throw Problem(409, "A backup is being restored.") }
        guard Environment["CREDENTIALS_DIRECTORY"].map({ !Files.exists("\($0)/sprout-sealing-key") }) ?? true else {
            throw Problem(409, "The sealing key of this box is a credential of systemd, which a backup cannot replace.")
        }
        let hosts = try await desk.store.stateCounts().values.reduce(0, +)
        guard hosts == 0 || wish.replace == true else {
            throw Problem(
                409,
                "This Sprout has \(hosts == 1 ? "a host" : "\(hosts) hosts"): a backup takes the place of all that it knows. Say that you want that.",
                field: "replace")
        }
        let restoration = Restoration(places: places)
        let manifest: BackupManifest
        do {
            manifest = try restoration.prepare(incoming, passphrase: wish.passphrase)
        } catch let error as Errno {
            throw Problem(409, "There is no backup to restore, or no room for it: \(error).")
        } catch let refused as Refused {
            throw Problem(422, "This backup cannot be restored: \(refused.reason).")
        } catch let error as BackupError {
            throw Problem(422, "\(error).", field: error == .closed ? "passphrase" : nil)
        }
        try restoration.commit(by: desk.author(request).actor)
        unlink(incoming)
        isRestoring = true
        // It begins anew with what the backup holds, once this is answered.
        Task { [reactor] in
            try await reactor.sleep(for: .milliseconds(300))
            kill(getpid(), SIGTERM)
        }
        return manifest
    }

    private static let shortestPassphrase = 10
    /// What the passphrase of the nightly backups is kept as.
    static let secretName = "backup"
    private static let nightlyKept = 7
    private static let largest = 4 << 30
}

private struct CopyFailed: Error, CustomStringConvertible {
    let description: String
}

/// The body of `POST /backups`.
private struct PassphraseWish: StrictBody {
    let passphrase: String

    enum CodingKeys: CodingKey, CaseIterable { case passphrase }
}

/// The body of `POST /restore`.
private struct RestoreWish: StrictBody {
    let passphrase: String
    let replace: Bool?

    enum CodingKeys: CodingKey, CaseIterable { case passphrase, replace }
}
