import Control
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
        guard mode == .server, let range else { return settings }
        settings["pxe.range"] = "\(range)"
        settings["pxe.router"] = router ?? "none"
        settings["pxe.dns"] = dns ?? "none"
        settings["pxe.lease_time"] = "\(leaseTime.components.seconds) s"
        return settings
    }
}
