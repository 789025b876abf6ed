internal import Fetch

/// Lets a machine boot from the network once, and believes it only when the controller says so when it is asked.
struct NetworkBoot {
    /// Some write it down only after they have answered.
    private static let rests: [Duration] = [.zero, .seconds(5), .seconds(15)]

    let client: RedfishClient
    let host: String
    let pause: Pause

    func set(on system: Found<ComputerSystem>) async throws(Obstacle) -> Step {
        let place = try await place(of: system)
        if let targets = place.value.boot?.targets ?? system.value.boot?.targets, !targets.contains("Pxe") {
            throw Obstacle(
                "its controller can choose only \(targets.joined(separator: ", ")) for the next start",
                "Put the network first in the boot order of its firmware", at: client.origin)
        }
        // A controller that is not told takes what it had before, and that may be what the machine cannot boot by.
        let mode = system.value.boot?.mode.flatMap { ["UEFI", "Legacy"].contains($0) ? $0 : nil }
        try await patch(place, mode)
        return try await readBack(place, mode)
    }

    /// Where it is written: in the machine's settings for the next start, where these have it, else on the machine.
    private func place(of system: Found<ComputerSystem>) async throws(Obstacle) -> Found<ComputerSystem> {
        guard let settings = system.value.settings else { return system }
        // Some name settings that are not there.
        guard let place = try? await client.get(ComputerSystem.self, settings.path) else { return system }
        return place.value.boot?.target == nil || place.value.boot?.enabled == nil ? system : place
    }

    private func patch(_ place: Found<ComputerSystem>, _ mode: String?) async throws(Obstacle) {
        let reply = try await client.patch(place, Self.body(mode))
        if (200...299).contains(reply.status) { return }
        guard mode != nil, (400...499).contains(reply.status), ![401, 403, 404].contains(reply.status) else {
            throw client.refusal(reply, place.path)
        }
        // Some keep the mode by themselves, and refuse to be told.
        let second = try await client.patch(place, Self.body(nil))
        guard (200...299).contains(second.status) else { throw client.refusal(second, place.path) }
    }

    static func body(_ mode: String?) -> String {
        let kept = mode.map { ",\"BootSourceOverrideMode\":\"\($0)\"" } ?? ""
        return "{\"Boot\":{\"BootSourceOverrideTarget\":\"Pxe\",\"BootSourceOverrideEnabled\":\"Once\"\(kept)}}"
    }

    private func readBack(_ place: Found<ComputerSystem>, _ mode: String?) async throws(Obstacle) -> Step {
        var found: BootOverride?
        for rest in Self.rests {
            if rest > .zero { try await wait(rest, pause) }
            found = try await client.get(ComputerSystem.self, place.path).value.boot
            guard let found, found.target == "Pxe", mode == nil || found.mode == nil || found.mode == mode else {
                continue
            }
            if found.enabled == "Once" { return .done("\(host) boots from the network at its next start.") }
            if found.enabled == "Continuous" {
                return .done("\(host) boots from the network, and not only once: its controller made that of it.")
            }
        }
        let words = [found?.target, found?.enabled, found?.mode].compactMap(\.self).joined(separator: ", ")
        throw Obstacle(
            "its controller agreed, and still says of the next start: \(words.isEmpty ? "nothing" : words)",
            "Choose the network in the boot menu, or put it first in the boot order of its firmware",
            at: client.origin.at(place.path) ?? client.origin)
    }
}
