import Control
import Model
import Store

/// Renders each event once, however many browsers follow.
///
/// What was rendered earlier may show a host, or a count, as it was then; what changed them since is an event of its
/// own and comes later in the same stream.
actor LiveEvents {
    private let store: Store
    private var rendered: [Int64: [UInt8]] = [:]

    init(_ store: Store) {
        self.store = store
    }

    func render(_ event: Event) async throws -> [UInt8] {
        if let bytes = rendered[event.id] { return bytes }
        let bytes = try JSON.encode(try await LiveEvent(event, store))
        if rendered.count >= 1000 { rendered.removeAll() }
        rendered[event.id] = bytes
        return bytes
    }
}

/// An event as the browsers get it: with the host as it is now, or null when there is none any more.
struct LiveEvent: Encodable {
    let event: Event
    let current: Host?
    let sentence: String?
    let counts: Tally

    init(_ event: Event, _ store: Store) async throws {
        self.event = event
        current = if let id = event.host { try await store.host(id) } else { nil }
        sentence = if let current { try await store.sentence(of: current) } else { nil }
        counts = Tally(try await store.stateCounts())
    }

    enum CodingKeys: String, CodingKey { case current, sentence, counts }

    func encode(to encoder: any Encoder) throws {
        try event.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(current, forKey: .current)
        try container.encode(sentence, forKey: .sentence)
        try container.encode(counts, forKey: .counts)
    }
}

extension Store {
    /// How a host is, in a reader's words: of one that failed, why; of one that is waited for, how far it got.
    func sentence(of host: Host) async throws -> String {
        switch host.state {
        case .failed: return try reasonOfFailure(host) ?? host.state.sentence
        case .pxeReady:
            if let verdict = try verdict(on: host.mac) { return verdict.sentence }
            let seen = try sightings(of: host.mac, limit: 40).last {
                $0.at >= host.stateSince && $0.kind == .asked && $0.details.offered != nil
            }
            return seen.map { "it netboots: it \($0)" } ?? host.state.sentence
        default: return host.state.sentence
        }
    }
}
