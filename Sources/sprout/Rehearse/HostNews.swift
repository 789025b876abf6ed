import Control
import HTTP
import Linux
import Model

/// What Sprout says of the hosts of a rehearsal while they are played, to whoever plays each.
struct HostNews: Sendable {
    struct Change: Sendable {
        let state: HostState
        /// Of a host that failed, why.
        let sentence: String
    }

    private let api: API
    private let continuations: [String: AsyncStream<Change>.Continuation]
    private let streams: [String: AsyncStream<Change>]

    init(of hosts: [Host], _ api: API) {
        self.api = api
        let pairs = hosts.map { ($0.id, AsyncStream.makeStream(of: Change.self)) }
        streams = Dictionary(pairs.map { ($0.0, $0.1.stream) }) { $1 }
        continuations = Dictionary(pairs.map { ($0.0, $0.1.continuation) }) { $1 }
    }

    func changes(of host: Host) -> AsyncStream<Change> { streams[host.id] ?? AsyncStream { $0.finish() } }

    /// Follows the events from one that came before the first of the hosts was armed.
    func follow(after event: Int64) async throws {
        try await api.follow(after: event) { received in
            if received.event == "reset" { return try await askForAll() }
            guard received.event == nil else { return }
            let live = try JSON.decode(LiveHost.self, from: Array(received.data.utf8))
            guard let host = live.current else { return }
            continuations[host.id]?.yield(Change(state: host.state, sentence: live.sentence ?? ""))
        }
    }

    private func askForAll() async throws {
        for (id, continuation) in continuations {
            let host = try await api.get("/api/hosts/\(id)", as: Host.self).value
            continuation.yield(Change(state: host.state, sentence: host.state.sentence))
        }
    }
}

/// The host of an event as it is now.
private struct LiveHost: Decodable {
    let current: Host?
    let sentence: String?
}
