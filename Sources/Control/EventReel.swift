import HTTP
public import Linux
public import Model
public import Store

/// The latest events as they go over the wire: each is read and rendered once, however many follow.
public actor EventReel: Service {
    /// How a daemon shows an event to its clients.
    public typealias Rendering = @Sendable (Event) async throws -> [UInt8]

    /// An event as it is sent.
    struct Frame: Sendable {
        let id: Int64
        let at: Timestamp
        let bytes: [UInt8]
    }

    /// Rings after its source, once there is to be had what the ring was about.
    public nonisolated let feed = Feed()
    private let store: Store
    private let source: Feed
    private let rendering: Rendering
    private var frames: [Frame] = []
    /// The event before the first frame; nil until it is known.
    private var start: Int64?

    /// Who was away for less than this is served from memory.
    private static let most = 2000
    private static let mostAtOnce = 200

    public init(_ store: Store, _ source: Feed, rendering: @escaping Rendering = { try JSON.encode($0) }) {
        (self.store, self.source, self.rendering) = (store, source, rendering)
    }

    public func run() async throws {
        for await _ in await source.rings() {
            // What cannot be read now is read at the next ring, and each stream goes on where it stands.
            try? await catchUp()
            await feed.ring()
        }
        try Task.checkCancellation()
    }

    private func catchUp() async throws {
        // What nobody follows is not rendered: who comes gets what is older from the database.
        guard await feed.isFollowed else {
            frames = []
            start = try await store.newestEventID()
            return
        }
        if start == nil { start = try await store.newestEventID() }
        while let newest = frames.last?.id ?? start {
            let more = try await read(after: newest)
            frames += more
            if frames.count > Self.most {
                start = frames[Self.most / 2 - 1].id
                frames.removeFirst(Self.most / 2)
            }
            if more.count < Self.mostAtOnce { return }
            await feed.ring()
        }
    }

    /// The next events after one, at most so many as are sent at once; from the database where they are older.
    func frames(after id: Int64) async throws -> [Frame] {
        guard let start, id >= start else { return try await read(after: id) }
        let index = frames.lastIndex { $0.id <= id }.map { $0 + 1 } ?? 0
        return Array(frames[index...].prefix(Self.mostAtOnce))
    }

    private func read(after id: Int64) async throws -> [Frame] {
        var result: [Frame] = []
        for event in try await store.events(after: id, limit: Self.mostAtOnce) {
            let data = String(decoding: try await rendering(event), as: UTF8.self)
            let bytes = ServerSentEvent(id: "\(event.id)", data: data).bytes
            result.append(Frame(id: event.id, at: event.at, bytes: bytes))
        }
        return result
    }
}
