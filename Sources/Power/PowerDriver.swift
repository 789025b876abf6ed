public import Fetch
public import Linux
public import Model

/// The host that is to be switched.
public struct PoweredHost: Sendable {
    public var name: String
    public var macs: [MACAddress]
    /// By which a controller of several machines knows it.
    public var identity: Identity

    public init(name: String, macs: [MACAddress], identity: Identity = Identity(uuid: nil, serial: nil)) {
        (self.name, self.macs, self.identity) = (name, macs, identity)
    }
}

/// What is needed to reach a host's controller, or the host itself.
public struct PowerAccess: Sendable {
    /// `user:password`; for a hook it may be a token.
    public var secret: String?
    /// The certificate that the controller showed before; with nil any is taken, and told by the outcome.
    public var pinned: Fingerprint?
    /// The port of this machine that the host to be woken is connected to.
    public var interface: String?

    public init(secret: String? = nil, pinned: Fingerprint? = nil, interface: String? = nil) {
        (self.secret, self.pinned, self.interface) = (secret, pinned, interface)
    }
}

/// Switches a host on and off, the way its server type says.
public struct PowerDriver: Sendable {
    private let host: String
    private let lever: any PowerLever

    /// Exchanges wait on the worker's thread, which several drivers may share.
    public init(
        _ power: ServerType.Power, of host: PoweredHost, _ access: PowerAccess, _ worker: Worker, _ reactor: Reactor
    ) {
        self.init(power, of: host, access, Means(worker: worker, reactor: reactor) { try await reactor.sleep(for: $0) })
    }

    init(_ power: ServerType.Power, of host: PoweredHost, _ access: PowerAccess, _ means: Means) {
        func line(_ secretName: String?) -> Line {
            Line(Secret(access.secret, name: secretName), access.pinned, means.worker, means.pause)
        }
        func ownURL(_ template: String) -> String { template.replacing("{host}", with: host.name) }
        self.host = host.name
        switch power {
        case .manual: lever = ByHand(host: host.name)
        case .wakeOnLAN: lever = WakeOnLAN(host, access.interface, means)
        case .redfish(let url, let secretName): lever = Redfish(host, ownURL(url), line(secretName), means.pause)
        case .http(let hooks):
            lever = Hook(host: host.name, hooks: hooks, line: line(hooks.secretName), pause: means.pause)
        }
    }

    /// Switches it on; a host that is on stays so.
    public func on() async throws(PowerFailed) -> PowerOutcome {
        try await outcome("\(host) cannot be switched on") { () throws(Obstacle) in try await lever.on() }
    }

    /// Switches it off: gracefully by asking its system, or at once as a power cut does.
    public func off(gracefully: Bool) async throws(PowerFailed) -> PowerOutcome {
        try await outcome("\(host) cannot be switched off") { () throws(Obstacle) in
            try await lever.off(gracefully: gracefully)
        }
    }

    /// Restarts it at once, without asking its system; a host that is off is switched on.
    public func restart() async throws(PowerFailed) -> PowerOutcome {
        try await outcome("\(host) cannot be restarted") { () throws(Obstacle) in try await lever.restart() }
    }

    /// Lets it boot from the network the next time, and only then.
    public func bootFromNetworkOnce() async throws(PowerFailed) -> PowerOutcome {
        try await outcome("\(host) cannot be told to boot from the network") { () throws(Obstacle) in
            try await lever.bootFromNetworkOnce()
        }
    }

    public func state() async throws(PowerFailed) -> PowerState {
        do throws(Obstacle) {
            return try await lever.state()
        } catch {
            throw PowerFailed("Nobody knows whether \(host) is on", error)
        }
    }

    private func outcome(
        _ failure: String, _ body: () async throws(Obstacle) -> Step
    ) async throws(PowerFailed) -> PowerOutcome {
        do throws(Obstacle) {
            let step = try await body()
            return PowerOutcome(step, await lever.certificate)
        } catch {
            throw PowerFailed(failure, error)
        }
    }
}

/// One way to switch a host: a person's, a packet's, a web server's, a controller's.
protocol PowerLever: Sendable {
    func on() async throws(Obstacle) -> Step
    func off(gracefully: Bool) async throws(Obstacle) -> Step
    func restart() async throws(Obstacle) -> Step
    func bootFromNetworkOnce() async throws(Obstacle) -> Step
    func state() async throws(Obstacle) -> PowerState
    /// The certificate that the controller has shown.
    var certificate: Fingerprint? { get async }
}

extension PowerLever {
    func state() async throws(Obstacle) -> PowerState { .unknown }
    var certificate: Fingerprint? { get async { nil } }
}

/// What drivers share: where they block, and how time passes for them.
struct Means: Sendable {
    let worker: Worker
    let reactor: Reactor
    let pause: Pause
}

typealias Pause = @Sendable (Duration) async throws -> Void

/// Waits for a while, unless nobody wants to any longer.
func wait(_ duration: Duration, _ pause: Pause) async throws(Obstacle) {
    do {
        try await pause(duration)
    } catch {
        throw .brokenOff
    }
}
