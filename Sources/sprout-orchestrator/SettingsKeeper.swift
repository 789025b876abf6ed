import Control
import Crypto
import HTTP
import Ledger
import Linux
import Model
import Settings
import Store
import Systemd

/// Puts provisioning.yaml and server-types.yaml in force, and again whenever they change.
///
/// A file with a mistake changes nothing. The other daemons read what is in force from the database: the files hold
/// what they need not know.
actor SettingsKeeper: Service {
    private let desk: Desk
    private let reactor: Reactor
    private let provisioningPath: String
    private let serverTypes: String
    private let folder: String
    private var lastTexts: [String: String] = [:]
    /// The last good provisioning.yaml: what only this process may know is read here.
    private(set) var provisioning = Provisioning.defaults

    /// Both files lie in the same folder.
    init(_ desk: Desk, provisioning path: String, _ reactor: Reactor) {
        self.desk = desk
        self.reactor = reactor
        provisioningPath = path
        folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        serverTypes = "\(folder)/server-types.yaml"
    }

    func run() async throws {
        try await withThrowingTaskGroup { group in
            if let watch = try? FileWatch(folder: folder, reactor) {
                group.addTask { [self] in
                    while true {
                        try await watch.change()
                        try await load()
                    }
                }
            }
            // A file may be a link to one that changes elsewhere, or its folder may appear later.
            group.addTask { [self, reactor] in
                while true {
                    try await reactor.sleep(for: .seconds(10))
                    try await load()
                }
            }
            try await group.next()
        }
    }

    func load() async throws {
        if let text = try await news(of: provisioningPath) { try await applyProvisioning(text) }
        if let text = try await news(of: serverTypes) { try await applyServerTypes(text) }
    }

    /// The text of a file if it is another than last time.
    private func news(of path: String) async throws -> String? {
        let text: String
        do throws(Errno) {
            text = try Files.text(path)
        } catch {
            lastTexts[path] = nil
            try await reject(path, "\(path): \(error); the examples in deploy/ show what it may contain.")
            return nil
        }
        guard lastTexts.updateValue(text, forKey: path) != text else { return nil }
        return text
    }

    private func applyProvisioning(_ text: String) async throws {
        do {
            let settings = try Provisioning(parsing: text, file: provisioningPath)
            provisioning = settings
            let isNew = try await desk.commit {
                try await desk.ledger.load(
                    settings.inForce, by: Self.author)
            }
            if isNew { Journal.log(.notice, "\(provisioningPath) is in force", id: .settingsLoaded) }
        } catch let mistakes as Diagnostics {
            try await reject(provisioningPath, "\(mistakes)")
        }
    }

    private func applyServerTypes(_ text: String) async throws {
        do {
            let types = try ServerTypes(parsing: text, file: serverTypes)
            let records = try types.all.map { type in
                ServerTypeRecord(
                    key: type.key, displayName: type.displayName, hostnamePrefix: type.hostnamePrefix,
                    body: String(decoding: try JSON.encode(type), as: UTF8.self))
            }
            let path = serverTypes
            let isNew = try await desk.commit {
                try await desk.ledger.load(records.sorted { $0.key < $1.key }, from: path, by: Self.author)
            }
            if isNew { Journal.log(.notice, "\(types.all.count) server types are in force", id: .settingsLoaded) }
        } catch let mistakes as Diagnostics {
            try await reject(serverTypes, "\(mistakes)")
        }
    }

    // MARK: What people change from afar

    /// What a file has become, in a sentence; nil where nothing in it was to be changed.
    struct Change {
        let sentence: String?
    }

    nonisolated func path(of name: SettingsFile.Name) -> String {
        name == .provisioning ? provisioningPath : serverTypes
    }

    nonisolated func file(_ name: SettingsFile.Name) throws -> SettingsFile {
        let path = path(of: name)
        do throws(Errno) {
            let text = try Files.text(path)
            return SettingsFile(name: name, path: path, text: text, version: Self.version(of: text))
        } catch {
            throw Problem(409, "\(path) cannot be read: \(error).")
        }
    }

    /// A file as it is shown: the hash of the root password could be guessed at, and is not.
    nonisolated func shownFile(_ name: SettingsFile.Name) throws -> SettingsFile {
        var file = try file(name)
        if let hash = Self.hash(in: file.text) { file.text = file.text.replacing(hash, with: Self.hidden) }
        return file
    }

    /// Gives single keys of provisioning.yaml other values.
    func change(_ changes: [String: String?]) throws -> Change {
        let file = try file(.provisioning)
        let before = try parsed(file.text)
        var text = SettingsText(file.text, file: provisioningPath)
        for (key, value) in changes.sorted(by: { $0.key < $1.key }) where before.values[key] != value {
            do { try text.set(key, to: value) } catch let error as SettingsTextError {
                throw Problem(409, "\(error)", field: key)
            }
        }
        let after: Provisioning
        do { after = try Provisioning(parsing: text.text, file: provisioningPath) } catch {
            throw Self.refusal(error)
        }
        guard text.text != file.text else { return Change(sentence: nil) }
        try write(text.text, to: .provisioning)
        return Change(sentence: Self.difference(before, after))
    }

    /// Replaces a file by what was made of the version that was seen.
    func replace(_ name: SettingsFile.Name, with text: String, seen version: String) throws -> Change {
        let file = try file(name)
        // Browsers end lines as mail does.
        var text = text.replacing("\r\n", with: "\n")
        if let hash = Self.hash(in: file.text) { text = text.replacing(Self.hidden, with: hash) }
        guard text != file.text else { return Change(sentence: nil) }
        guard version == file.version else {
            throw Problem(
                412, "\(name.fileName) was changed by somebody else meanwhile. Load it again, and repeat your change.",
                field: "version")
        }
        do {
            switch name {
            case .provisioning:
                let after = try Provisioning(parsing: text, file: name.fileName)
                try write(text, to: name)
                let before = (try? Provisioning(parsing: file.text, file: name.fileName)) ?? .defaults
                return Change(sentence: Self.difference(before, after))
            case .serverTypes:
                _ = try ServerTypes(parsing: text, file: name.fileName)
                try write(text, to: name)
                return Change(sentence: "\(name.fileName) was changed.")
            }
        } catch let mistakes as Diagnostics {
            throw Problem(422, "\(mistakes)", field: "text")
        }
    }

    private func parsed(_ text: String) throws -> Provisioning {
        do { return try Provisioning(parsing: text, file: provisioningPath) } catch {
            throw Problem(409, "provisioning.yaml has a mistake, which has to be mended first: \(error)")
        }
    }

    private func write(_ text: String, to name: SettingsFile.Name) throws(Problem) {
        let path = path(of: name)
        do throws(Errno) {
            // A link stays one: what it leads to is changed.
            let place = try Files.absolute(path)
            try Files.write(text, to: place, mode: try Files.mode(of: place))
        } catch {
            throw Problem(
                409,
                "\(path) cannot be written by sprout-orchestrator: \(error). Change it with an editor, or give the user"
                    + " that sprout-orchestrator runs as its folder.")
        }
    }

    /// As it is written, whatever else the file has for mistakes.
    private static func hash(in text: String) -> String? {
        let value = text.firstMatch(of: /(?m)^\s*root_password_hash:\s*(\S.*?)\s*$/)?.1
        return value.map(String.init)
    }

    /// What stands for the hash of the root password where the file is shown.
    private static let hidden = "(a hash that is not shown)"

    private static func version(of text: String) -> String { String(Digest.sha256(text).hexadecimal.prefix(16)) }

    /// What is wrong with what was asked for: the file as it was had no mistake.
    private static func refusal(_ mistakes: Diagnostics) -> Problem {
        guard let first = mistakes.all.first, Provisioning.changeable.contains(first.key) else {
            return Problem(422, "\(mistakes)")
        }
        return Problem(422, "\(first.key): \(first.sentence)", field: first.key)
    }

    private static func difference(_ before: Provisioning, _ after: Provisioning) -> String {
        let (old, new) = (before.values, after.values)
        let words = Provisioning.changeable.filter { old[$0] != new[$0] }.map { key in
            if key.hasSuffix("_hash") { return "\(key) is another" }
            return "\(key) is \(new[key] ?? "not set") (it was \(old[key] ?? "not set"))"
        }
        return "provisioning.yaml was changed\(words.isEmpty ? "" : ": " + words.joined(separator: ", "))."
    }

    private func reject(_ path: String, _ problem: String) async throws {
        let isNews = try await desk.commit {
            path == serverTypes
                ? try await desk.ledger.reject(problem, by: Self.author)
                : try await desk.ledger.rejectSettings(problem, by: Self.author)
        }
        guard isNews else { return }
        Journal.log(.warning, "the last good settings stay in force: \(problem)", id: .settingsRejected)
    }

    private static let author = Ledger.Author(actor: "sprout-orchestrator")
}

extension Provisioning {
    fileprivate var inForce: [String: String] {
        var settings = pxe.inForce.merging(installation.settings) { $1 }
        settings["server.public_url"] = server.publicURL?.description ?? "none"
        settings["server.require_https"] = "\(server.requiresHTTPS)"
        return settings
    }
}

extension Provisioning.PXE {
    /// What the other daemons need to know; what only our own DHCP needs is kept where that is on.
    fileprivate var inForce: [String: String] {
        var settings = [
            "pxe.enabled": "\(isEnabled)", "pxe.answer": answer.rawValue, "pxe.mode": mode.rawValue,
        ]
        settings["pxe.interface"] = interface
        settings["pxe.subnet"] = subnet.map { "\($0)" } ?? "none"
        guard mode == .server, let range else { return settings }
        settings["pxe.range"] = "\(range)"
        settings["pxe.router"] = router ?? "none"
        settings["pxe.dns"] = dns ?? "none"
        settings["pxe.lease_time"] = "\(leaseTime.components.seconds) s"
        return settings
    }
}
