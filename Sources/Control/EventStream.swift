public import HTTP
public import Linux
public import Model
public import Store

/// Serves `GET /events`: every event after the one the client has seen, then each new one as it is committed.
public struct EventStream: Sendable {
    private let store: Store
    private let reel: EventReel
    private let delays: EventDelays
    private let rendering: ProgressRendering?

    /// How a daemon shows to its clients how far an installer is, which is no event, and is not kept for who is away.
    public typealias ProgressRendering = @Sendable (InstallerReport) async throws -> [UInt8]

    public init(
        _ store: Store, _ reel: EventReel, _ delays: EventDelays, progress rendering: ProgressRendering? = nil
    ) {
        (self.store, self.reel, self.delays, self.rendering) = (store, reel, delays, rendering)
    }

    public func respond(to request: Request) async throws -> Response {
        let last = try await startingPoint(request)
        return .events { writer in
            var seen = last.id
            var heard = try await store.newestInstallerRevision()
            if last.isReset { try await writer.send(id: seen, event: "reset", data: "{}") }
            for await _ in await reel.feed.rings() {
                let before = seen
                seen = try await sendAll(after: seen, to: writer, catchingUpTo: last.newest)
                let heardBefore = heard
                heard = try await sendProgress(after: heard, to: writer)
                if seen == before, heard == heardBefore { try await writer.sendHeartbeat() }
            }
        }
    }

    /// Gives the revision up to which the client knows the installers.
    private func sendProgress(after revision: Int64, to writer: ResponseWriter) async throws -> Int64 {
        guard let rendering else { return revision }
        let reports = try await store.installerReports(after: revision)
        for report in reports {
            try await writer.send(
                event: "progress", data: String(decoding: try await rendering(report), as: UTF8.self))
        }
        return reports.last?.revision ?? revision
    }

    /// Where this client goes on.
    ///
    /// A browser that comes back says so in Last-Event-ID, a page in its first URL; without either the stream begins
    /// with what comes next. A point that is not in the database calls for a reset.
    private func startingPoint(_ request: Request) async throws -> (id: Int64, newest: Int64, isReset: Bool) {
        let newest = try await store.newestEventID()
        guard let text = request.headers["last-event-id"] ?? request.query["after"] else {
            return (newest, newest, false)
        }
        guard let id = Int64(text), id >= 0 else {
            throw Problem(400, "The point to resume from is \"\(text)\", which is no event's id.")
        }
        return try await store.canResume(after: id) ? (id, newest, false) : (newest, newest, true)
    }

    /// What a client missed while it was away did not wait here: only what comes after `newest` is timed.
    private func sendAll(
        after id: Int64, to writer: ResponseWriter, catchingUpTo newest: Int64
    ) async throws -> Int64 {
        var seen = id
        while true {
            let frames = try await reel.frames(after: seen)
            guard let last = frames.last else { return seen }
            try await writer.write(Array(frames.map(\.bytes).joined()))
            seen = last.id
            let now = Timestamp.now().milliseconds
            for frame in frames where frame.id > newest {
                await delays.note(.milliseconds(now - frame.at.milliseconds))
            }
        }
    }
}

extension ResponseWriter {
    /// An event rather than a comment: a page is not told of comments, and could not see that its stream is dead.
    ///
    /// The time lets it reckon with a clock that differs from its own.
    public func sendHeartbeat() async throws {
        try await send(event: "heartbeat", data: "{\"now\":\"\(Timestamp.now())\"}")
    }
}

/// Rings the feed every 15 seconds, so that each stream says something and a connection that is gone is noticed.
public struct Heartbeat: Service {
    private let feed: Feed
    private let reactor: Reactor

    public init(_ feed: Feed, _ reactor: Reactor) {
        self.feed = feed
        self.reactor = reactor
    }

    public func run() async throws {
        while true {
            try await reactor.sleep(for: .seconds(15))
            await feed.ring()
        }
    }
}

/// Follows the orchestrator's events and rings this process's own feed with each.
///
/// The stream is a doorbell only: what happened is read from the database. While the orchestrator is away nothing is
/// written, so there is nothing to miss; the first ring after it is back shows all.
public struct Follower: Service {
    private let orchestrator: Client
    private let feed: Feed
    private let reactor: Reactor

    public init(_ orchestrator: Client, _ feed: Feed, _ reactor: Reactor) {
        self.orchestrator = orchestrator
        self.feed = feed
        self.reactor = reactor
    }

    public func run() async throws {
        while true {
            do {
                try await orchestrator.follow("/events") { _ in await feed.ring() }
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                try await reactor.sleep(for: .milliseconds(200))
            }
            await feed.ring()
        }
    }
}
