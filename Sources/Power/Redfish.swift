internal import Fetch
internal import Model

/// A host with a management controller that speaks Redfish (DMTF DSP0266).
actor Redfish: PowerLever {
    /// Controllers fall behind when they are asked more often.
    static let rest = Duration.seconds(15)

    let host: PoweredHost
    let pause: Pause
    private let url: String
    private let line: Line
    private var path: String?

    init(_ host: PoweredHost, _ url: String, _ line: Line, _ pause: @escaping Pause) {
        (self.host, self.url, self.line, self.pause) = (host, url, line, pause)
    }

    var certificate: Fingerprint? { get async { await line.certificate } }

    func on() async throws(Obstacle) -> Step {
        let (client, system) = try await reach()
        guard system.value.state != .on else { return .done("\(host.name) is on already.") }
        let button = system.value.state == .off ? ["PushPowerButton"] : []
        return try await reset(client, system, to: .on, by: ["On", "ForceOn"] + button, "to switch it on")
    }

    func off(gracefully: Bool) async throws(Obstacle) -> Step {
        let (client, system) = try await reach()
        guard system.value.state != .off else { return .done("\(host.name) is off already.") }
        guard gracefully else {
            return try await reset(client, system, to: .off, by: ["ForceOff"], "to switch it off at once")
        }
        let button = system.value.state == .on ? ["PushPowerButton"] : []
        return try await reset(
            client, system, to: .off, by: ["GracefulShutdown"] + button, "to shut its system down")
    }

    func restart() async throws(Obstacle) -> Step {
        let (client, system) = try await reach()
        guard system.value.state != .off else { return try await on() }
        let types = ["ForceRestart", "PowerCycle"]
        if let known = try await resetTypes(client, system), Set(known).isDisjoint(with: types) {
            return try await offAndOn()
        }
        return try await reset(client, system, to: nil, by: types, "to restart it")
    }

    func state() async throws(Obstacle) -> PowerState { try await reach().system.value.state }

    func bootFromNetworkOnce() async throws(Obstacle) -> Step {
        let (client, system) = try await reach()
        return try await NetworkBoot(client: client, host: host.name, pause: pause).set(on: system)
    }

    private func reach() async throws(Obstacle) -> (client: RedfishClient, system: Found<ComputerSystem>) {
        try line.secret.demandLogin()
        guard let origin = WebURL(url) else {
            throw Obstacle("the url of its controller is no address", "Correct it in server-types.yaml")
        }
        let client = RedfishClient(origin, line)
        if let path { return (client, try await client.get(ComputerSystem.self, path)) }
        let system = try await SystemSearch(client: client, host: host).find()
        path = system.path
        return (client, system)
    }

    private func offAndOn() async throws(Obstacle) -> Step {
        _ = try await off(gracefully: false)
        for _ in 0..<8 {
            try await wait(Self.rest, pause)
            if try await state() == .off { return try await on() }
        }
        throw Obstacle(
            "it was told to switch off, and is not off after two minutes", "Look at it in the controller's own pages")
    }

    /// What the controller takes; nil where it does not say.
    private func resetTypes(
        _ client: RedfishClient, _ system: Found<ComputerSystem>
    ) async throws(Obstacle) -> [String]? {
        guard let reset = system.value.reset else { return nil }
        if let types = reset.types { return types }
        guard let info = reset.info else { return nil }
        return try await client.get(ActionInfo.self, info).value.resetTypes
    }

    /// Asks for the first of `types` that the controller takes.
    private func reset(
        _ client: RedfishClient, _ system: Found<ComputerSystem>, to wanted: PowerState?, by types: [String],
        _ purpose: String
    ) async throws(Obstacle) -> Step {
        guard let action = system.value.reset else {
            throw Obstacle(
                "the controller offers nothing by which it could be switched",
                "Give its user the role of an operator, or update its firmware", at: client.origin)
        }
        let known = try await resetTypes(client, system)
        guard let type = types.first(where: { known?.contains($0) ?? true }) else {
            throw Obstacle(
                "the controller has no reset type \(purpose): it knows \(known?.joined(separator: ", ") ?? "none")",
                "Do it by hand", at: client.origin)
        }
        let reply = try await client.post(action.target, "{\"ResetType\":\"\(type)\"}")
        if (200...299).contains(reply.status) { return .done("The controller of \(host.name) has taken \(type).") }
        let refusal = client.refusal(reply, action.target)
        // To switch on what is on is an error to some, and it may have been switched on in between.
        if let wanted, reply.status == 400 || reply.status == 409, try await state() == wanted {
            return .done("\(host.name) is \(wanted) already.")
        }
        throw refusal
    }
}
