import Control
import Model
import Store

/// An event as the browsers get it: with the host as it is now, or null when there is none any more.
struct LiveEvent: Encodable {
    let event: Event
    let current: Host?
    let sentence: String?
    let glance: Glance?
    let counts: Tally

    init(_ event: Event, _ store: Store, _ times: UsualTimes) async throws {
        self.event = event
        let needs = try await store.hostsInNeed()
        current = if let id = event.host { try await store.host(id) } else { nil }
        if let current {
            sentence = try await store.sentence(of: current)
            let past = try await store.operations(ofHost: current.id).prefix(Glance.pastShown).reversed()
            glance = Glance(
                current, needsYou: needs.contains(current.id), past: Array(past),
                try await store.progress(ofHost: current, times), times)
        } else {
            (sentence, glance) = (nil, nil)
        }
        counts = Tally(try await store.stateCounts(), needsYou: needs.count)
    }

    enum CodingKeys: String, CodingKey { case current, sentence, glance, counts }

    func encode(to encoder: any Encoder) throws {
        try event.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(current, forKey: .current)
        try container.encode(sentence, forKey: .sentence)
        try container.encode(glance, forKey: .glance)
        try container.encode(counts, forKey: .counts)
    }
}

/// What is usual, which changes slowly: it is worked out anew after half a minute.
actor UsualTimesKeeper {
    private let store: Store
    private var known: (until: ContinuousClock.Instant, times: UsualTimes)?

    init(_ store: Store) {
        self.store = store
    }

    func times() async throws -> UsualTimes {
        if let known, known.until > .now { return known.times }
        let times = try await store.usualTimes()
        known = (.now + .seconds(30), times)
        return times
    }
}

extension Store {
    /// How a host is, in a reader's words: of one that failed, why; of one that is waited for, how far it got.
    func sentence(of host: Host) async throws -> String {
        if try isHeld(host) { return "\(NetworkChange.reason)" }
        if let words = try installerReport(ofHost: host)?.progress.sentence { return words }
        switch host.state {
        case .failed: return try reasonOfFailure(host) ?? host.state.sentence
        case .pxeReady:
            if let verdict = try verdict(on: host.mac) { return verdict.sentence }
            let seen = try sightings(of: host.mac, limit: 40).last {
                $0.at >= host.stateSince && $0.kind == .asked && $0.details.offered != nil
            }
            if let seen { return "it netboots: it \(seen)" }
            return try need(of: host) ?? host.state.sentence
        default: return (host.state.isUnderWay ? try need(of: host) : nil) ?? host.state.sentence
        }
    }
}
