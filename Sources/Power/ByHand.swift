/// A host that a person switches.
struct ByHand: PowerLever {
    let host: String

    func on() -> Step { .byHand("Press the power button of \(host).") }

    func off(gracefully: Bool) -> Step {
        gracefully
            ? .byHand("Shut \(host) down, or press its power button once.")
            : .byHand("Hold the power button of \(host) until it is off.")
    }

    func restart() -> Step { .byHand("Restart \(host), or press its power button if it is off.") }

    func bootFromNetworkOnce() -> Step {
        .byHand("Let \(host) boot from the network: choose it in the boot menu when it starts (mostly F12, F11 or F8).")
    }
}
