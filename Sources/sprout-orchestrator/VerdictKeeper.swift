import Control
import HTTP
import Ledger
import Linux
import Model
import Store
import Systemd

/// Says why a machine does not get on: looks at what was seen while somebody waits for it, or it was seen just now.
struct VerdictKeeper: Service {
    private let desk: Desk
    private let reactor: Reactor
    private let now: @Sendable () -> Timestamp

    init(_ desk: Desk, _ reactor: Reactor, now: @escaping @Sendable () -> Timestamp = Timestamp.now) {
        (self.desk, self.reactor, self.now) = (desk, reactor, now)
    }

    func run() async throws {
        for await _ in await desk.feed.rings() {
            while try await judge() { try await reactor.sleep(for: .milliseconds(500)) }
        }
        try Task.checkCancellation()
    }

    /// True while there is something that time alone can change.
    private func judge() async throws -> Bool {
        let moment = now()
        let held = try await desk.store.heldHosts()
        let awaited = try await desk.store.hosts(in: .pxeReady).filter { host in !held.contains { $0.id == host.id } }
        let seen = try await desk.store.machinesSeen(
            since: Timestamp(milliseconds: moment.milliseconds - Self.attention), limit: Self.mostMachines)
        let network = try await network(at: moment)
        var isNews = false
        var judged: Set<MACAddress> = []
        if !awaited.isEmpty {
            let strangers = try await strangers()
            for host in awaited {
                judged.insert(host.mac)
                if try await judge(host, strangers, network, moment) { isNews = true }
            }
        }
        for mac in seen where !judged.contains(mac) {
            let host = try await desk.store.host(withMAC: mac)
            let sightings = try await desk.store.sightings(of: mac, limit: Self.mostSightings)
            let rules = VerdictRules(
                for: host.map { "\($0.hostname)" } ?? "\(mac)", at: moment, in: network)
            if try await tell(rules.verdict(on: sightings), on: mac, host, sightings) { isNews = true }
        }
        if isNews { await desk.feed.ring() }
        return !awaited.isEmpty || !seen.isEmpty
    }

    /// A host that is waited for has a verdict even when nothing was seen of it.
    private func judge(
        _ host: Host, _ strangers: [WaitingRules.Stranger], _ network: NetworkView, _ moment: Timestamp
    ) async throws -> Bool {
        var sightings: [Sighting] = []
        var uuids: Set<String> = []
        for mac in host.macs {
            sightings += try await desk.store.sightings(of: mac, limit: Self.mostSightings)
            uuids.formUnion(try await desk.store.identities(of: mac).compactMap(\.uuid))
        }
        sightings.sort { ($0.at, $0.id) < ($1.at, $1.id) }
        let awaited = AwaitedHost(hostname: host.hostname, mac: host.mac, since: host.stateSince)
        let isNetbootOn = try await desk.store.netbootPlace() != nil
        let waiting = WaitingRules(for: awaited, at: moment, isNetbootOn: isNetbootOn)
            .verdict(on: sightings, strangers: strangers, uuids: uuids)
        let own = sightings.filter { $0.at >= host.stateSince }
        let rules = VerdictRules(for: "\(host.hostname)", at: moment, in: network)
        return try await tell(waiting ?? rules.verdict(on: own), on: host.mac, host, own)
    }

    /// A verdict stands until another takes its place, or the machine got beyond what it is about.
    private func tell(
        _ verdict: Verdict?, on mac: MACAddress, _ host: Host?, _ sightings: [Sighting]
    ) async throws -> Bool {
        var verdict = verdict
        if verdict == nil, let known = try await desk.store.verdict(on: mac) {
            let isOver = known.kind.isAboutWaiting || NetbootAttempt(latestOf: sightings)?.reachedScript ?? false
            verdict = isOver ? nil : known
        }
        guard try await desk.ledger.judge(mac, verdict, by: .init(actor: "sprout-orchestrator")) else { return false }
        if let verdict {
            Journal.log(
                .warning, "\(verdict.sentence) \(verdict.remedy)",
                ["SPROUT_HOST": host.map { "\($0.hostname)" } ?? "", "SPROUT_MAC": "\(mac)"], id: .netbootStalled)
        }
        return true
    }

    private func strangers() async throws -> [WaitingRules.Stranger] {
        try await desk.store.discoveries().prefix(Self.mostMachines).map {
            WaitingRules.Stranger(
                mac: $0.mac, uuid: Identity(uuid: $0.traits.uuid, serial: nil).uuid, lastSeen: $0.lastSeen)
        }
    }

    private func network(at moment: Timestamp) async throws -> NetworkView {
        let servers = try await desk.store.foreignServers(at: moment)
        return NetworkView(bootServers: servers.filter { $0.kind == .boot }.map(\.name))
    }

    private static let attention: Int64 = 120_000
    private static let mostMachines = 200
    private static let mostSightings = 60
}
