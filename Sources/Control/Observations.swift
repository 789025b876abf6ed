import HTTP
public import Linux
public import Model

/// Something a daemon saw, told to the orchestrator: never refused, may be lost, and worth nothing twice.
public struct Observation: Equatable, Sendable, Codable {
    public enum Kind: String, Sendable, Codable {
        case daemonStarted = "daemon.started"
        case machineSeen = "machine.seen"
        case scriptFetched = "script.fetched"
        case serverHeard = "server.heard"
        case tokenUsed = "token.used"
    }

    public let kind: Kind
    public let daemon: String
    public let message: String
    /// The machine that was seen, and what it said of itself.
    public var mac: MACAddress?
    public var traits: Discovery.Traits?
    /// What it did.
    public var sighting: Sighting?
    /// What the machine of a host was told when it asked for its script.
    public var fetch: ScriptFetch?
    /// Another DHCP or boot server that was heard.
    public var server: ForeignServer?
    /// The id of a token that let somebody in.
    public var token: String?

    public init(
        _ kind: Kind, daemon: String, message: String, mac: MACAddress? = nil, traits: Discovery.Traits? = nil,
        sighting: Sighting? = nil, fetch: ScriptFetch? = nil
    ) {
        self.kind = kind
        self.daemon = daemon
        self.message = message
        self.mac = mac
        self.traits = traits
        self.sighting = sighting
        self.fetch = fetch
    }
}

/// Sends observations in the background, the newest first to survive when the orchestrator is away.
public struct Observations: Service {
    private let client: Client
    private let reactor: Reactor
    private let arrivals: AsyncStream<Observation>
    private let queue: AsyncStream<Observation>.Continuation

    public init(socket: String, _ reactor: Reactor) {
        client = Client(.unix(path: socket), reactor)
        self.reactor = reactor
        (arrivals, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(256))
    }

    /// Hands an observation over and returns at once: no reply to a client ever waits for it.
    public func report(_ observation: Observation) { queue.yield(observation) }

    public func run() async throws {
        for await observation in arrivals {
            let body = try JSON.encode(observation)
            while true {
                do {
                    let answer = try await client.send("POST", "/observations", body: body, timeout: .seconds(5))
                    if answer.status < 500 { break }
                } catch is CancellationError {
                    throw CancellationError()
                } catch {}
                try await reactor.sleep(for: .seconds(1))
            }
        }
        try Task.checkCancellation()
    }
}

extension Observation {
    public static func started(_ daemon: String) -> Observation {
        Observation(.daemonStarted, daemon: daemon, message: "\(daemon) \(Release.version) started.")
    }

    /// A machine was seen on its way through netboot; `traits` is what it said of itself, if it said anything.
    public static func machine(_ sighting: Sighting, _ traits: Discovery.Traits? = nil) -> Observation {
        let who = sighting.mac.map { "\($0)" } ?? sighting.details.address ?? "a machine"
        return Observation(
            .machineSeen, daemon: sighting.daemon, message: "\(who) \(sighting).",
            mac: traits.flatMap { _ in sighting.mac },
            traits: traits, sighting: sighting)
    }

    /// The machine of a host fetched its script.
    public static func script(_ fetch: ScriptFetch, of host: Host) -> Observation {
        Observation(
            .scriptFetched, daemon: "sprout-boot", message: "\(host.hostname) fetched its script.", mac: host.mac,
            fetch: fetch)
    }
}

extension Observation {
    public static func used(_ token: APIToken) -> Observation {
        var observation = Observation(.tokenUsed, daemon: "sprout-web", message: "The token \(token.name) was used.")
        observation.token = token.id
        return observation
    }
}
