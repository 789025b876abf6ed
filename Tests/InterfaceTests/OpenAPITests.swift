import Control
import Foundation
import HTTP
import Images
import Ledger
import Linux
import Model
import Store
import Testing
import YAML

@testable import sprout
@testable import sprout_boot
@testable import sprout_metadata
@testable import sprout_web

/// What docs/openapi.yaml says of the API, held to the routes and to the verbs.
@Suite struct OpenAPITests {
    @Test func `S21 every route is described, and nothing is described that is no route`() throws {
        let described = Set(try Document().operations.map(\.name))
        let served = try Self.served().union(Self.nginxOwn)
        let pages = served.filter { !Self.isInterface($0) }
        #expect(served.subtracting(pages).subtracting(described).sorted() == [])
        #expect(described.subtracting(served).sorted() == [])
    }

    @Test func `S21 each operation names its verb, or says why it has none`() throws {
        let verbs = Set(Verb.all.map(\.name))
        for operation in try Document().operations {
            if let verb = operation.text("x-cli") {
                #expect(verbs.contains(verb), "\(operation.name) names the verb \(verb)")
            } else {
                #expect(operation.text("x-no-cli")?.isEmpty == false, "\(operation.name) has no verb, and no reason")
            }
        }
    }

    /// Verbs that concern this machine or the command itself, and ask nothing of the API.
    static let local: Set<String> = [
        "up", "backup check", "config check", "completion", "rehearse", "rehearse cluster", "rehearse iso",
        "support open", "watch",
    ]

    @Test func `S21 each verb that asks the API is named by an operation`() throws {
        let named = Set(try Document().operations.compactMap { $0.text("x-cli") })
        #expect(Set(Verb.all.map(\.name)).subtracting(Self.local).subtracting(named).sorted() == [])
    }

    @Test func `each operation has a role, a group and an id of its own`() throws {
        let operations = try Document().operations
        let ids = operations.compactMap { $0.text("operationId") }
        #expect(Set(ids).count == operations.count)
        for operation in operations {
            #expect(
                ["wall", "viewer", "operator", "admin", "none"].contains(operation.text("x-role")), "\(operation.name)")
        }
    }

    @Test func `each route lets in whom its description says, and only what is to be open is open`() throws {
        let guarded = try Self.guardedRoutes()
        let roles = Dictionary(guarded.map { ($0.route.name, $0.role?.rawValue ?? "none") }) { $1 }
        #expect(roles.count == guarded.count, "a route is there twice")
        for operation in try Document().operations {
            if let role = roles[operation.name] { #expect(role == operation.text("x-role"), "\(operation.name)") }
        }
        #expect(
            Set(roles.filter { $0.value == "none" }.keys) == [
                "GET /health", "GET /setup", "POST /setup", "GET /sign-in", "POST /sign-in",
            ])
        for (name, role) in roles where !name.hasPrefix("GET ") {
            #expect(role != "viewer" || name.contains("/account"), "a viewer changes nothing: \(name)")
        }
    }

    // MARK: Pieces

    /// What nginx serves from its own files.
    private static let nginxOwn: Set<String> = ["GET /api", "GET /api/openapi.yaml"]

    /// Forms and their ways back belong to the pages, and are no interface for others.
    private static func isInterface(_ route: String) -> Bool {
        let path = route.split(separator: " ").last ?? ""
        return path.hasPrefix("/api") || path.hasPrefix("/ipxe/") || path.hasPrefix("/boot/")
            || path.hasPrefix("/netboot/") || ["/events", "/wall/events", "/health", "/metrics"].contains(path)
    }

    private static func served() throws -> Set<String> {
        let (store, orchestrator) = try parts()
        let scripts = BootScripts(store: store, orchestrator: orchestrator) { _ in }
        let files = InstallerFiles(store: store, folder: ImageFolder("none")) { _ in }
        let boot = bootRoutes(scripts, files, BootFiles(made: [:]))
        let machines = Installers(store: store, orchestrator: orchestrator).routes
        return Set(try guardedRoutes().map(\.route.name) + Routes(others: boot + machines).list)
    }

    private static func guardedRoutes() throws -> [GuardedRoute] {
        try Site.alone(try parts().0).guardedRoutes(Health("a test") { "" })
    }

    private static func parts() throws -> (Store, Orchestrator) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sprout-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "sprout.db").path
        _ = try Ledger(path: path, try Worker(), now: Timestamp.now)
        return (try Store(path: path), Orchestrator(socket: "none", try Reactor()))
    }
}

/// The document as far as it is about operations.
private struct Document {
    struct Operation {
        let name: String
        let fields: [Node.Entry]

        func text(_ key: String) -> String? {
            guard let entry = fields.first(where: { $0.key.text == key }), case .scalar(let scalar) = entry.value.kind
            else { return nil }
            return scalar.isNull ? nil : scalar.text
        }
    }

    let operations: [Operation]

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/openapi.yaml")
        let root = try Node(parsing: try String(contentsOf: file, encoding: .utf8), file: "docs/openapi.yaml")
        let paths = try #require(Self.entries(root).first { $0.key.text == "paths" })
        operations = Self.entries(paths.value).flatMap { path in
            Self.entries(path.value).map {
                Operation(name: "\($0.key.text.uppercased()) \(path.key.text)", fields: Self.entries($0.value))
            }
        }
    }

    private static func entries(_ node: Node) -> [Node.Entry] {
        guard case .mapping(let entries) = node.kind else { return [] }
        return entries
    }
}
