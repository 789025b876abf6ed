import Control
import HTTP
import Linux
import Metrics
import Model
import Store

/// `GET /metrics` for Prometheus: what the database tells, and what each daemon says of itself.
struct MetricsPage: Sendable {
    let own = DaemonMetrics("sprout-web", isFollowed: true)
    private let store: Store
    private let tally: OperationTally
    private let others: [(name: String, client: Client)]

    init(_ store: Store, _ tally: OperationTally, _ surroundings: Surroundings, _ reactor: Reactor) {
        (self.store, self.tally) = (store, tally)
        others = [
            ("sprout-boot", surroundings.bootSocket), ("sprout-dhcp", surroundings.dhcpSocket),
            ("sprout-metadata", surroundings.metadataSocket), ("sprout-orchestrator", surroundings.commandSocket),
        ].map { ($0, Client(.unix(path: $1), reactor)) }
    }

    func respond(to request: Request) async throws -> Response {
        async let told = askOthers()
        let known = try await store.measurements(at: .now()) + tally.measurements + own.all()
        let text = MetricsText.render(known + [Measurement(.up, "sprout-web", is: 1)] + (await told))
        return Response(status: 200, headers: ["content-type": MetricsText.type], body: .bytes(Array(text.utf8)))
    }

    private func askOthers() async -> [Measurement] {
        await withTaskGroup { group in
            for (name, client) in others { group.addTask { await Self.ask(client, name) } }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// A daemon that is away, or hangs, is told as such; the others are shown all the same.
    private static func ask(_ client: Client, _ name: String) async -> [Measurement] {
        guard let answer = try? await client.send("GET", "/metrics", timeout: patience), answer.status == 200,
            let told = try? JSON.decode([Measurement].self, from: answer.body)
        else { return [Measurement(.up, name, is: 0)] }
        return told + [Measurement(.up, name, is: 1)]
    }

    /// Prometheus itself waits for ten seconds.
    private static let patience = Duration.seconds(1)
}

extension Store {
    /// What there is now.
    fileprivate func measurements(at now: Timestamp) throws -> [Measurement] {
        let (hosts, since, tasks, images) = (
            try stateCounts(), try longestInState(), try taskCounts(), try images()
        )
        let kinds = try foreignServers(at: now).map(\.kind)
        var result = [
            Measurement(.discoveries, is: try discoveryCount()), Measurement(.images, is: images.count),
            Measurement(.imagesDamaged, is: images.count { $0.damage != nil }),
        ]
        for state in HostState.allCases {
            let time = since[state].map { max(0, Double(now.milliseconds - $0.milliseconds) / 1000) } ?? 0
            result.append(Measurement(.hosts, state.rawValue, is: hosts[state] ?? 0))
            result.append(Measurement(.longestInState, state.rawValue, is: time))
        }
        for effect in Effect.allCases {
            result.append(Measurement(.tasksPending, effect.rawValue, is: tasks[effect]?.pending ?? 0))
            result.append(Measurement(.tasksFailing, effect.rawValue, is: tasks[effect]?.failing ?? 0))
        }
        return result
            + ForeignServer.Kind.allCases.map { kind in
                Measurement(.foreignServers, kind.rawValue, is: kinds.count { $0 == kind })
            }
    }
}
