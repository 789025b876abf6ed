import Control
import Ledger
import Linux
import Model
import Settings
import Systemd

/// Puts server-types.yaml in force, and again whenever it changes; one with a mistake changes nothing.
actor ServerTypesKeeper: Service {
    private let desk: Desk
    private let reactor: Reactor
    private let folder: String
    private var lastText: String?

    /// The file lies beside provisioning.yaml.
    init(_ desk: Desk, beside configuration: String, _ reactor: Reactor) {
        self.desk = desk
        self.reactor = reactor
        folder =
            configuration.contains("/")
            ? String(configuration[..<(configuration.lastIndex(of: "/") ?? configuration.startIndex)]) : "."
    }

    private var path: String { "\(folder)/server-types.yaml" }

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
            // The file may be a link to one that changes elsewhere, or its folder may appear later.
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
        let text: String
        do throws(Errno) {
            text = try Files.text(path)
        } catch {
            lastText = nil
            return try await reject("\(path): \(error); deploy/server-types.example.yaml shows what it may contain.")
        }
        guard text != lastText else { return }
        lastText = text
        try await apply(text)
    }

    private func apply(_ text: String) async throws {
        do {
            let types = try ServerTypes(parsing: text, file: path)
            let records = try types.all.map { type in
                ServerTypeRecord(
                    key: type.key, displayName: type.displayName, hostnamePrefix: type.hostnamePrefix,
                    body: String(decoding: try JSON.encode(type), as: UTF8.self))
            }
            let isNew = try await desk.commit {
                try await desk.ledger.load(records.sorted { $0.key < $1.key }, from: path, by: Self.author)
            }
            if isNew { Journal.log(.notice, "\(types.all.count) server types are in force", id: .settingsLoaded) }
        } catch let mistakes as Diagnostics {
            try await reject("\(mistakes)")
        }
    }

    private func reject(_ problem: String) async throws {
        let isNews = try await desk.commit { try await desk.ledger.reject(problem, from: path, by: Self.author) }
        guard isNews else { return }
        Journal.log(.warning, "the last good server types stay in force: \(problem)", id: .settingsRejected)
    }

    private static let author = Ledger.Author(actor: "sprout-orchestrator")
}
