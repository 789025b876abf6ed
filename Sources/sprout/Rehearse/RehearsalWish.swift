import Model

/// What a machine does on its way to a running host, in this order.
enum RehearsalStep: String, CaseIterable, Sendable {
    case script, kernel, initrd, body, tail, answer
    case firstBootScript = "first-boot-script"
    case install, webhook, reboot
    case phoneHome = "phone-home"
    case join
}

/// What is to be rehearsed, as the command line says it.
struct RehearsalWish: Sendable {
    enum Fault: Equatable, Sendable {
        case none
        /// The machine behaves as the real one does when this goes wrong.
        case fail(RehearsalStep)
        /// From here on nothing is heard of it.
        case hang(RehearsalStep)
    }

    let count: Int
    let release: String?
    let type: String?
    let fault: Fault
    /// How many times faster than a real machine it is.
    let speed: Double
    let isLight: Bool
    /// The hosts stay nodes of their own, and nobody logs in to them.
    let isWithoutCluster: Bool
    let keepsHosts: Bool
    let isBesideRealHosts: Bool
    /// The port of this machine through which they ask over DHCP too.
    let interface: String?

    init(_ invocation: Invocation) throws {
        func refuse(_ reason: String) -> UsageError { UsageError(description: reason, verb: invocation.verb) }
        guard let text = invocation.value("--hosts") else { throw refuse("--hosts is missing: how many machines") }
        guard let count = Int(text), (1...200).contains(count) else {
            throw refuse("--hosts is \"\(text)\"; it must be a number from 1 to 200")
        }
        let rate = invocation.value("--speed") ?? "60"
        guard let speed = Double(rate), speed >= 0.1, speed <= 100_000 else {
            throw refuse("--speed is \"\(rate)\"; it must be a number from 0.1 to 100000")
        }
        func step(_ name: String) throws -> RehearsalStep? {
            try invocation.value(name).map { word in
                guard let step = RehearsalStep(rawValue: word) else {
                    let all = RehearsalStep.allCases.map(\.rawValue).joined(separator: ", ")
                    throw refuse("\(name) is \"\(word)\"; it can be \(all)")
                }
                return step
            }
        }
        switch (try step("--fail"), try step("--hang")) {
        case (nil, nil): fault = .none
        case (let step?, nil): fault = .fail(step)
        case (nil, let step?): fault = .hang(step)
        default: throw refuse("--fail and --hang exclude each other")
        }
        if let release = invocation.value("--release") { try SyntheticISO.check(release) }
        (self.count, self.speed, release) = (count, speed, invocation.value("--release"))
        type = invocation.value("--type")
        interface = invocation.value("--interface")
        isLight = invocation.has("--light")
        isWithoutCluster = invocation.has("--without-cluster")
        keepsHosts = invocation.has("--keep")
        isBesideRealHosts = invocation.has("--beside-real-hosts")
    }

    /// The time that something takes here which takes a real machine that many seconds.
    func time(_ seconds: Double) -> Duration { .milliseconds(Int64(seconds * 1000 / speed)) }

    func fails(at step: RehearsalStep) -> Bool { fault == .fail(step) }
    func hangs(at step: RehearsalStep) -> Bool { fault == .hang(step) }
}
