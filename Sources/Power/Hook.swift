internal import Fetch
internal import Model

/// A host behind something that is switched by addresses: a smart plug, a KVM, a home's control centre.
struct Hook: PowerLever {
    /// A power supply keeps a machine alive for seconds.
    private static let gap = Duration.seconds(10)

    let host: String
    let hooks: PowerHooks
    let line: Line
    let pause: Pause

    var certificate: Fingerprint? { get async { await line.certificate } }

    func on() async throws(Obstacle) -> Step {
        _ = try await call(hooks.on, "on").answer()
        return .sent("Power for \(host) was switched on; whether it starts, it has to show.")
    }

    func off(gracefully: Bool) async throws(Obstacle) -> Step {
        // What a plug does to a running system is what a power cut does.
        guard let off = hooks.off, !gracefully else { return ByHand(host: host).off(gracefully: gracefully) }
        _ = try await call(off, "off").answer()
        return .sent("Power for \(host) was switched off.")
    }

    func restart() async throws(Obstacle) -> Step {
        guard let off = hooks.off else { return ByHand(host: host).restart() }
        _ = try await call(off, "off").answer()
        try await wait(Self.gap, pause)
        return try await on()
    }

    func bootFromNetworkOnce() -> Step { ByHand(host: host).bootFromNetworkOnce() }

    func state() async throws(Obstacle) -> PowerState {
        guard let status = hooks.status else { return .unknown }
        let reply = try await call(status.hook, "status").answer()
        if let state = HookStatus(hook: status).state(in: reply.body) { return state }
        throw Obstacle(
            "nothing stands at \(status.key) in what is answered", "Correct status.key in server-types.yaml",
            at: WebURL(status.hook.url.replacing("{host}", with: host)))
    }

    private func call(_ hook: PowerHook, _ name: String) -> HookCall {
        let key = hook.isPlain && name != "status" ? "\(name)_url" : "\(name).url"
        return HookCall(host: host, hook: hook, key: key, placesSecret: hooks.placesSecret, line: line)
    }
}
