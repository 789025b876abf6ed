import Backup
import Control
import Glibc
import Ledger
import Linux
import Model
import Systemd

/// A backup that was opened and found good, and takes the place of what is here at the next start.
///
/// It is applied as a whole: a power cut in between only makes it begin again.
struct Restoration: Sendable {
    let places: Surroundings

    private var folder: String { "\(places.backups)/.restore" }
    private var mark: String { "\(folder)/ready" }

    /// Opens a backup into a folder that only this process reads.
    func prepare(_ path: String, passphrase: String) throws -> BackupManifest {
        discard()
        try Files.makeFolder(folder, mode: 0o700)
        do {
            let found = try BackupReader(path, passphrase: passphrase).unpack(BackupManifest.entries, into: folder)
            for name in BackupManifest.entries where name != "served.pem" && found[name] == nil {
                throw BackupError.entry(name)
            }
            if let obstacle = try Ledger.obstacle(toRestoring: "\(folder)/sprout.db") {
                throw Refused(.invalid, obstacle)
            }
            return try JSON.decode(BackupManifest.self, from: try Files.read("\(folder)/manifest.json"))
        } catch {
            discard()
            throw error
        }
    }

    /// From here on there is no way back.
    func commit(by actor: String) throws {
        try Files.write(actor, to: mark, mode: 0o600)
    }

    /// At the start, before anything else is read.
    func apply(to ledger: Ledger) async throws {
        guard let actor = try? Files.text(mark) else { return discard() }
        let manifest = try JSON.decode(BackupManifest.self, from: try Files.read("\(folder)/manifest.json"))
        let configuration = places.configuration.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        try Files.makeFolder(places.sealingKey, mode: 0o700)
        try copy("sealing-key", to: "\(places.sealingKey)/sealing-key", mode: 0o600)
        try Files.makeFolder(places.certificate, mode: 0o750)
        if Files.exists("\(folder)/served.pem") {
            try copy("served.pem", to: "\(places.certificate)/served.pem", mode: 0o640)
        }
        for (name, target) in [
            ("provisioning.yaml", places.configuration), ("server-types.yaml", "\(configuration)/server-types.yaml"),
        ] {
            // What somebody has written on this box is not lost.
            if let old = try? Files.read(target) { try Files.write(old, to: "\(target).before-restore", mode: 0o640) }
            try copy(name, to: target, mode: 0o640)
        }
        let sentence =
            "Restored from the backup that \(manifest.box) made at \(manifest.madeAt), with Sprout \(manifest.version)."
        try await ledger.restore(from: "\(folder)/sprout.db", sentence, by: .init(actor: actor))
        Journal.log(.notice, sentence, ["SPROUT_EVENT": Event.Kind.backupRestored.rawValue])
        discard()
    }

    private func copy(_ name: String, to target: String, mode: UInt32) throws {
        let place = (try? Files.absolute(target)) ?? target
        try Files.write(try Files.read("\(folder)/\(name)"), to: place, mode: mode)
    }

    /// The mark goes first: what is not whole is never applied.
    func discard() {
        unlink(mark)
        for name in Files.names(in: folder) { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}
