import Foundation
import Ledger
import Linux
import Model
import Store
import Testing

@testable import Control

@Suite(.timeLimit(.minutes(5))) struct EventReelTests {
    /// A database of its own, and a reel of its events that knows how often it rendered one.
    private struct Scene {
        let ledger: Ledger
        let store: Store
        let source = Feed()
        let reel: EventReel
        let rendered = Renderings()

        actor Renderings {
            private(set) var count = 0
            func note() { count += 1 }
        }

        init() throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "sprout-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let path = folder.appending(path: "sprout.db").path
            ledger = try Ledger(path: path, try Worker(), now: Timestamp.now)
            store = try Store(path: path)
            reel = EventReel(store, source) { [rendered] event in
                await rendered.note()
                return Array(event.message.utf8)
            }
        }

        func happen(_ count: Int) async throws {
            for number in 0..<count {
                try await ledger.record(.settingsLoaded, "\(number)", by: .init(actor: "a test"))
            }
        }

        /// Runs the reel for the time of `body`, which begins when it knows where it starts.
        func running(_ body: () async throws -> Void) async throws {
            var rings = await reel.feed.rings().makeAsyncIterator()
            _ = await rings.next()
            let task = Task { try await reel.run() }
            defer { task.cancel() }
            _ = await rings.next()
            try await body()
        }

        /// Rings, and waits until the reel has read what there is.
        func ring() async throws {
            let newest = try await store.newestEventID()
            await source.ring()
            for await _ in await reel.feed.rings() where try await !reel.frames(after: newest - 1).isEmpty { return }
        }

        /// The ids of all events after one, as a client takes them.
        func ids(after id: Int64) async throws -> [Int64] {
            var ids = [id]
            while let last = ids.last {
                let frames = try await reel.frames(after: last)
                if frames.isEmpty { break }
                ids += frames.map(\.id)
            }
            return Array(ids.dropFirst())
        }
    }

    @Test func `P12 an event is rendered once, however many follow`() async throws {
        let scene = try Scene()
        try await scene.running {
            let start = try await scene.store.newestEventID()
            try await scene.happen(300)
            try await scene.ring()
            for _ in 0..<20 { #expect(try await scene.ids(after: start) == Array(start + 1...start + 300)) }
            #expect(await scene.rendered.count == 300)
        }
    }

    @Test func `P12 who comes back gets each event once and in order, from memory or from the database`() async throws {
        let scene = try Scene()
        try await scene.happen(150)
        let beginning = try await scene.store.newestEventID() - 150
        try await scene.running {
            for _ in 0..<3 {
                try await scene.happen(900)
                try await scene.ring()
            }
            let end = beginning + 150 + 2700
            for point in [
                beginning, beginning + 149, beginning + 150, beginning + 1150, beginning + 1151, end - 1, end,
            ] {
                #expect(try await scene.ids(after: point) == Array(point..<end).map { $0 + 1 }, "after \(point)")
            }
        }
    }

    @Test func `an event has its id and its data on the wire`() async throws {
        let scene = try Scene()
        try await scene.happen(1)
        let id = try await scene.store.newestEventID()
        let frame = try #require(try await scene.reel.frames(after: id - 1).first)
        #expect(String(decoding: frame.bytes, as: UTF8.self) == "id: \(id)\ndata: 0\n\n")
    }
}
