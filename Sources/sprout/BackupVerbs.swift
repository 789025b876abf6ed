import Backup
import Control
import HTTP
import Linux
import Model

extension Verb {
    static let backupMake: Verb = Verb(
        words: ["backup", "make"],
        summary: "make a backup on the box, and fetch it into FILE; its passphrase is typed",
        operands: [Operand(name: "FILE", isRequired: false, completion: .file)], options: connectionOptions,
        example: "sprout backup make sprout.backup"
    ) { invocation in
        let passphrase = try passphrase("A passphrase for the backup: ")
        let api = try API(invocation)
        let answer = try await api.send("POST", "/api/backups", body: try JSON.encode(["passphrase": passphrase]))
        let made = try JSON.decode(BackupFile.self, from: answer.body)
        if let target = invocation.operands.first { try await fetch(made.name, to: target, api) }
        Terminal.say("\(made.name) was made: \(made.size) bytes. Without its passphrase nobody opens it.")
    }

    static let backupList: Verb = Verb(
        words: ["backup", "list"], summary: "show the backups on the box", operands: [],
        options: [outputOption] + connectionOptions, example: "sprout backup list"
    ) { invocation in
        let (answer, json) = try await API(invocation).get("/api/backups", as: [String: [BackupFile]].self)
        if invocation.isJSON { return Terminal.say(json) }
        let backups = answer["backups"] ?? []
        if backups.isEmpty { return Terminal.say("None was made yet: sprout backup make") }
        Terminal.say(
            Terminal.table([["BACKUP", "BYTES", "MADE"]] + backups.map { [$0.name, "\($0.size)", "\($0.madeAt)"] }))
    }

    static let backupFetch: Verb = Verb(
        words: ["backup", "fetch"], summary: "copy a backup from the box",
        operands: [backupOperand, Operand(name: "FILE", completion: .file)], options: connectionOptions,
        example: "sprout backup fetch sprout-2026-11-26-030000-nightly.backup /mnt/stick/sprout.backup"
    ) { invocation in
        try await fetch(invocation.operands[0], to: invocation.operands[1], try API(invocation))
        Terminal.say("\(invocation.operands[1]) is written.")
    }

    static let backupRemove: Verb = Verb(
        words: ["backup", "remove"], summary: "remove a backup from the box", operands: [backupOperand],
        options: connectionOptions, example: "sprout backup remove sprout-2026-11-26-030000.backup"
    ) { invocation in
        try await API(invocation).send("DELETE", "/api/backups/\(Percent.encoded(invocation.operands[0]))")
        Terminal.say("\(invocation.operands[0]) is removed.")
    }

    static let backupRestore: Verb = Verb(
        words: ["backup", "restore"], summary: "make this box the one that a backup was made of",
        operands: [Operand(name: "FILE", completion: .file)],
        options: [Option(name: "--replace", value: nil, summary: "though there are hosts, which are lost")]
            + connectionOptions,
        example: "sprout backup restore sprout.backup"
    ) { invocation in
        let path = invocation.operands[0]
        let file: FileDescriptor
        do { file = try FileDescriptor(reading: path) } catch { throw Failure(description: "\(path): \(error)") }
        let passphrase = try passphrase("The passphrase of the backup: ")
        let api = try API(invocation)
        var offset = 0
        while true {
            var piece: [UInt8] = []
            while piece.count < 1 << 20, try file.read(into: &piece, upTo: 1 << 20 - piece.count) > 0 {}
            if piece.isEmpty { break }
            try await api.send(
                "PUT", "/api/restore?offset=\(offset)", body: piece, type: "application/octet-stream")
            offset += piece.count
        }
        let wish = RestoreWish(passphrase: passphrase, replace: invocation.has("--replace"))
        let answer = try await api.send("POST", "/api/restore", body: try JSON.encode(wish))
        let manifest = try JSON.decode(BackupManifest.self, from: answer.body)
        Terminal.say(
            "This Sprout begins anew as the one that \(Terminal.harmless(manifest.box)) was at \(manifest.madeAt).")
    }

    static let backupCheck: Verb = Verb(
        words: ["backup", "check"], summary: "open a backup here, and say whether all of it is there",
        operands: [Operand(name: "FILE", completion: .file)], options: [], example: "sprout backup check sprout.backup"
    ) { invocation in
        do {
            let reader = try BackupReader(
                invocation.operands[0], passphrase: try passphrase("The passphrase of the backup: "))
            let found = try reader.unpack([], into: "")
            let missing = BackupManifest.entries.subtracting(found.keys).subtracting(["served.pem"])
            guard missing.isEmpty else { throw BackupError.entry(missing.sorted().joined(separator: " and no ")) }
            Terminal.say(
                Terminal.table([["FILE", "BYTES"]] + found.sorted { $0.key < $1.key }.map { [$0.key, "\($0.value)"] }))
        } catch let error as BackupError {
            throw Failure(description: "\(invocation.operands[0]): \(error)")
        } catch let error as Errno {
            throw Failure(description: "\(invocation.operands[0]): \(error)")
        }
    }

    private static let backupOperand = Operand(name: "NAME")

    static func passphrase(_ question: String) throws -> String {
        guard let text = Terminal.secret(question) else {
            throw Failure(description: "no passphrase was typed, so nothing was done")
        }
        return text
    }

    private static func fetch(_ name: String, to path: String, _ api: API) async throws {
        let answer = try await api.send("GET", "/api/backups/\(Percent.encoded(name))")
        do { try Files.write(answer.body, to: path, mode: 0o600) } catch {
            throw Failure(description: "\(path): \(error)")
        }
    }
}

private struct RestoreWish: Encodable {
    let passphrase: String
    let replace: Bool
}
