import Control
import HTTP
import Model
import Store

/// What was seen on the wire: each step of each machine that netboots, and why it does not get on.
extension Site {
    /// The latest sightings of all machines, and every verdict.
    func wire(_ request: Request) async throws -> Response {
        let sightings = try await store.sightings(limit: 200)
        let verdicts = try await store.verdicts().sorted { $0.key.bits < $1.key.bits }
        return try .json(
            WirePage(
                sightings: try await lines(sightings), newest: sightings.last?.id ?? 0,
                verdicts: verdicts.map { MachineVerdict(mac: $0.key, verdict: $0.value) }))
    }

    /// One machine: a host by its id, name or MAC address, or a stranger by its MAC address.
    func wireOfMachine(_ request: Request) async throws -> Response {
        let (mac, host) = try await machine(request)
        let sightings = try await store.sightings(of: mac, limit: 100)
        return try .json(
            MachineOnWire(
                mac: mac, hostname: host?.hostname, verdict: try await store.verdict(on: mac),
                identities: try await store.identities(of: mac), isContested: try await store.isContested(mac),
                sightings: try await lines(sightings)))
    }

    /// Each sighting as it is kept.
    func followWire(_ request: Request) async throws -> Response {
        let newest = try await store.newestSightingID()
        let point = request.headers["last-event-id"] ?? request.query["after"]
        let start = point.flatMap { Int64($0) } ?? newest
        var response = Response.events { writer in
            var seen = start
            for await _ in await reel.feed.rings() {
                let before = seen
                for line in try await lines(try await store.sightings(after: seen, limit: 500)) {
                    try await writer.send(
                        id: line.sighting.id, data: String(decoding: try JSON.encode(line), as: UTF8.self))
                    seen = line.sighting.id
                }
                if seen == before { try await writer.sendHeartbeat() }
            }
        }
        response.headers["x-accel-buffering"] = "no"
        return response
    }

    func trustMachine(_ request: Request) async throws -> Response {
        try requireJSON(request)
        let (mac, _) = try await machine(request)
        return try await orchestrator.send(
            "POST", "/machines/\(Percent.encoded("\(mac)"))/trust", body: request.body, actor: actor(request),
            request: try id(of: request))
    }

    private func machine(_ request: Request) async throws -> (mac: MACAddress, host: Host?) {
        let reference = request.parameters["machine"] ?? ""
        if let mac = try? MACAddress(reference) { return (mac, try await store.host(withMAC: mac)) }
        guard let host = try await store.host(reference) else {
            throw Problem(404, "There is no host \"\(reference)\", and it is no MAC address.")
        }
        return (host.mac, host)
    }

    private func lines(_ sightings: [Sighting]) async throws -> [WireLine] {
        var names: [MACAddress: Hostname?] = [:]
        var lines: [WireLine] = []
        for sighting in sightings {
            guard let mac = sighting.mac else { continue }
            if names[mac] == nil { names[mac] = .some(try await store.host(withMAC: mac)?.hostname) }
            lines.append(WireLine(sighting: sighting, hostname: names[mac] ?? nil))
        }
        return lines
    }
}

/// A sighting as clients get it: with its host's name, and as a sentence.
struct WireLine: Encodable {
    let sighting: Sighting
    let hostname: Hostname?

    enum CodingKeys: String, CodingKey { case hostname, sentence }

    func encode(to encoder: any Encoder) throws {
        try sighting.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(hostname, forKey: .hostname)
        try container.encode("\(sighting)", forKey: .sentence)
    }
}

private struct WirePage: Encodable {
    let sightings: [WireLine]
    let newest: Int64
    let verdicts: [MachineVerdict]
}

private struct MachineVerdict: Encodable {
    let mac: MACAddress
    let verdict: Verdict

    enum CodingKeys: String, CodingKey { case mac }

    func encode(to encoder: any Encoder) throws {
        try verdict.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(mac, forKey: .mac)
    }
}

private struct MachineOnWire: Encodable {
    let mac: MACAddress
    let hostname: Hostname?
    let verdict: Verdict?
    let identities: [Identity]
    let isContested: Bool
    let sightings: [WireLine]

    enum CodingKeys: String, CodingKey {
        case mac, hostname, verdict, identities, sightings
        case isContested = "contested"
    }
}
