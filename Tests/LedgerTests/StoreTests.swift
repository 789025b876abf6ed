import Linux
import Model
import Store
import Testing

@testable import Database
@testable import Ledger

@Suite(.timeLimit(.minutes(5))) struct StoreTests {
    @Test func `hosts come in pages that miss nobody`() async throws {
        let scene = try await Scene()
        for number in 1...7 { _ = try await scene.register(number) }
        let store = try scene.store()
        var names: [String] = []
        var sizes: [Int] = []
        var next: String? = ""
        while let after = next {
            let page = try await store.hosts(limit: 3, after: after)
            names += page.hosts.map(\.hostname.description)
            sizes.append(page.hosts.count)
            next = page.next
        }
        #expect(names.sorted() == (1...7).map { "vm-0\($0)" })
        #expect(sizes == [3, 3, 1])
    }

    @Test func `a reader goes on while the writer is away, and sees what the next one writes`() async throws {
        var scene: Scene? = try await Scene()
        let path = try #require(scene?.path)
        _ = try await scene?.register(1)
        let store = try #require(try scene?.store())
        scene = nil
        #expect(try await store.stateCounts() == [.registered: 1])
        #expect(try await Store(path: path).stateCounts() == [.registered: 1], "a new reader opens without a writer")
        let ledger = try Ledger(path: path, Worker(), now: { Timestamp(milliseconds: 1) })
        _ = try await ledger.register(HostDraft(mac: "52:54:00:00:00:02", serverType: "vm"), by: Scene.author)
        #expect(try await store.stateCounts() == [.registered: 2])
    }

    @Test func `events resume after the one that was seen, or say that they cannot`() async throws {
        let scene = try await Scene()
        for number in 1...3 { _ = try await scene.register(number) }
        let store = try scene.store()
        let newest = try await store.newestEventID()
        #expect(try await store.events(after: newest - 2, limit: 10).map(\.id) == [newest - 1, newest])
        #expect(try await store.canResume(after: 0))
        #expect(try await store.canResume(after: newest))
        #expect(try await !store.canResume(after: newest + 1))
    }

    private static let later = Schema.version + 2

    @Test func `a database that is not there, or of another release, is told in a sentence`() async throws {
        #expect(throws: StoreUnavailable.absent(path: "/nowhere/sprout.db")) { try Store(path: "/nowhere/sprout.db") }
        let scene = try await Scene()
        for (schema, expected) in [
            (Self.later, StoreUnavailable.newer(schema: Self.later)), (0, .absent(path: scene.path)),
        ] {
            let connection = try Connection(path: scene.path, .readWrite)
            try connection.run("UPDATE setting SET value = '\(Self.later)' WHERE key = 'schema.usable_from'")
            try connection.run("PRAGMA user_version = \(schema)")
            #expect(throws: expected) { try Store(path: scene.path) }
        }
        let sentence = StoreUnavailable.newer(schema: Self.later).description
        let start =
            "the database is schema \(Self.later), this program reads \(Schema.version): finish the update of this program"
        #expect(sentence.hasPrefix(start))
    }

    @Test func `a writer leaves a database of a newer release alone`() async throws {
        let scene = try await Scene()
        let connection = try Connection(path: scene.path, .readWrite)
        try connection.run("UPDATE setting SET value = '\(Self.later)' WHERE key = 'schema.usable_from'")
        try connection.run("PRAGMA user_version = \(Self.later)")
        #expect(throws: StoreUnavailable.newer(schema: Self.later)) {
            try Ledger(path: scene.path, Worker(), now: { Timestamp(milliseconds: 1) })
        }
    }

    @Test func `A3 the release before reads and writes what a later one has added to`() async throws {
        let scene = try await Scene()
        _ = try await scene.register(1)
        let connection = try Connection(path: scene.path, .readWrite)
        try connection.run("ALTER TABLE host ADD COLUMN later TEXT NOT NULL DEFAULT 'x'")
        try connection.run("CREATE TABLE later (id INTEGER PRIMARY KEY) STRICT")
        try connection.run("INSERT INTO event (at, kind, message, actor) VALUES (1, 'later.kind', 'later', 'later')")
        try connection.run("PRAGMA user_version = \(Self.later)")
        let ledger = try Ledger(path: scene.path, Worker(), now: { Timestamp(milliseconds: 1) })
        try await ledger.record(.boxRestarted, "written by the release before", by: .init(actor: "test"))
        let store = try Store(path: scene.path)
        #expect(try await store.hosts(limit: 10).hosts.count == 1)
        #expect(try await store.events(after: 0, limit: 100).last?.message == "written by the release before")
        #expect(try connection.rows("PRAGMA user_version") { $0.int(0) } == [Self.later])
    }

    @Test func `the log files stay, what is removed is overwritten, and every commit reaches the disk`() async throws {
        let scene = try await Scene()
        let host = try await scene.register(1, hostname: "canary-name")
        try await scene.ledger.tidy()
        #expect(Files.exists("\(scene.path)-wal") && Files.exists("\(scene.path)-shm"))
        let pragmas = try await scene.ledger.pragmas()
        #expect(pragmas == ["journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1"])
        withExtendedLifetime(host) {}
    }

    @Test func `ids are unique, ordered by time, and UUIDs of version 7`() {
        let ids = (0..<1000).map { Ledger.uuid(at: Timestamp(milliseconds: 1_795_200_000_000 + Int64($0))) }
        #expect(Set(ids).count == 1000)
        #expect(ids.sorted() == ids)
        #expect(ids.allSatisfy { $0.count == 36 && Array($0)[14] == "7" && "89ab".contains(Array($0)[19]) })
    }
}

extension Ledger {
    fileprivate func pragmas() throws -> [String: String] {
        let names = ["journal_mode", "synchronous", "foreign_keys", "secure_delete"]
        return Dictionary(
            uniqueKeysWithValues: try names.map { name in
                (name, try connection.rows("PRAGMA \(name)") { $0.text(0) }.first ?? "")
            })
    }
}
