/// Reads a machine's sightings as somebody would who knows firmware: the first rule that fits is the verdict.
public struct VerdictRules: Sendable {
    private let name: String
    private let now: Timestamp
    private let network: NetworkView

    /// `name` is what the reader calls the machine.
    public init(for name: String, at now: Timestamp, in network: NetworkView = NetworkView()) {
        (self.name, self.now, self.network) = (name, now, network)
    }

    /// What is wrong, nil while nothing is, or while it may still go well.
    public func verdict(on sightings: [Sighting]) -> Verdict? {
        let (latest, earlier) = NetbootAttempt.latestTwo(of: sightings)
        guard let latest else { return nil }
        if latest.reachedScript { return nil }
        return silence(latest) ?? loading(latest) ?? program(latest) ?? offer(latest)
            ?? earlier.flatMap { startedOver($0, latest) }
    }

    // MARK: Not answered

    private func silence(_ attempt: NetbootAttempt) -> Verdict? {
        let answers = attempt.sightings.filter { $0.kind == .asked || $0.kind == .askedBootServer }
        guard let last = answers.last, let silence = last.details.silence, let reason = last.details.reason else {
            return nil
        }
        switch silence {
        case "stranger": return nil
        case "looping":
            return Verdict(
                .looping, "\(name) loads its first program again and again, and is not answered for a minute.",
                remedy: "Something leads it back: another boot server, or iPXE in its firmware that cannot load over"
                    + " HTTP. Switch it off for a minute, and look at what `sprout wire` shows of it.")
        case "raspberry_pi":
            return Verdict(
                .notServed, "\(name) is a Raspberry Pi, whose loader runs no netboot program.",
                remedy: "Put UEFI firmware (the pftf project's) on its SD card first, then it netboots like a PC.")
        case "no_program":
            return Verdict(
                .notServed, "There is no netboot program for \(name) (\(Firmware.name(attempt.architecture))).",
                remedy: "If its setup can switch between 32-bit and 64-bit firmware, or to BIOS (CSM), do that.")
        case "no_address":
            return Verdict(
                .noAddress, "\(name) asks what to boot, and this box has no address on its network to be loaded from.",
                remedy: "Let the router give the box one there, or give its network port one: `sprout network ports`"
                    + " shows which it has. The machine's next question is answered.")
        default:
            return Verdict(
                .notServed, "\(name) asks what to boot and is not answered: \(reason).",
                remedy: "`sprout wire` shows every question and answer.")
        }
    }

    // MARK: The way of the first program

    private func loading(_ attempt: NetbootAttempt) -> Verdict? {
        let transfers = attempt.sightings.filter { [.tftpFinished, .tftpFailed, .tftpRefused].contains($0.kind) }
        guard let last = transfers.last, attempt.program == nil else { return nil }
        let details = last.details
        if last.kind == .tftpRefused, attempt.last.id == last.id, now - last.at > .seconds(3) {
            return Verdict(
                .wrongFile, "\(name) asks for \(details.file ?? "a file"), which is not here.",
                remedy: "Another DHCP server tells it that name (option 67, or its \"network boot\" setting): remove it"
                    + " there, or put in what is shown for your router.")
        }
        guard last.kind == .tftpFailed, let file = details.file else { return nil }
        guard let block = details.block, block > 0 else {
            return Verdict(
                .tftpStalled, "\(name) asked for \(file), and nothing that was sent reached it.",
                remedy: "Something between the two lets its questions through and our answers not: a firewall, a VLAN"
                    + " that is tagged one way only, or isolation of clients on the switch or access point.")
        }
        let size = details.blockSize ?? 512
        let roundTrip = details.roundTripMilliseconds.map { ", round trip \(Self.short($0)) ms" } ?? ""
        return Verdict(
            .tftpStalled,
            "\(name) got \(file) only up to block \(block) of \((details.size ?? 0) / size + 1), in blocks of"
                + " \(size) bytes\(roundTrip), \(details.retransmissions ?? 0) packets sent again.",
            remedy: "At its next try it gets small blocks of 512 bytes, one at a time. If that helps, packets on the"
                + " way are too large (a VLAN, a tunnel): give sprout-boot SPROUT_TFTP_BLOCK=1400 in its environment."
                + " If not, try another cable and port.")
    }

    // MARK: The first program

    private func program(_ attempt: NetbootAttempt) -> Verdict? {
        guard let program = attempt.program, let file = program.details.file else { return nil }
        let waited = now - attempt.last.at
        if attempt.ranIPXE {
            guard waited > .seconds(20) else { return nil }
            return Verdict(
                .scriptNotFetched,
                "\(name) runs \(file), and then its network is silent: it does not fetch its script.",
                remedy: "Most often its switch port holds everything back for 30 s after the link was down (spanning"
                    + " tree, listening): turn on portfast, or edge, for that port. It tries again for a minute by"
                    + " itself. Else look whether TCP port 80 of this box is reached from there.")
        }
        return waited > .seconds(45) ? silent(file, attempt, "fell silent") : nil
    }

    /// Firmware that refuses a program at once asks again, or goes on elsewhere.
    private func startedOver(_ earlier: NetbootAttempt, _ latest: NetbootAttempt) -> Verdict? {
        guard let file = earlier.program?.details.file, !earlier.ranIPXE,
            latest.first.at - earlier.last.at < .seconds(90)
        else { return nil }
        return silent(file, earlier, "began anew without running it")
    }

    private func silent(_ file: String, _ attempt: NetbootAttempt, _ what: String) -> Verdict {
        let other = file.hasPrefix("ipxe") ? "snponly" : "ipxe"
        guard attempt.isUEFI else {
            return Verdict(
                .programSilent, "\(name) took \(file) in full, and \(what): most likely its driver hangs.",
                remedy: "Let it start the other program: sprout hosts set \(name) --netboot-program \(other). If its"
                    + " switch port uses spanning tree, turn on portfast, or edge, for it.")
        }
        return Verdict(
            .programSilent,
            "\(name) took \(file) in full, and \(what): Secure Boot refuses it, or its network driver hangs.",
            remedy: "Turn Secure Boot off in its setup: Debian's iPXE is not signed. If it is off already, let it start"
                + " the other program: sprout hosts set \(name) --netboot-program \(other).")
    }

    // MARK: The offer

    private func offer(_ attempt: NetbootAttempt) -> Verdict? {
        guard attempt.program == nil, attempt.last(.tftpBegan) == nil, attempt.last(.tftpRefused) == nil else {
            return nil
        }
        if let verdict = bootServerStalled(attempt) { return verdict }
        let questions = attempt.firmwareQuestions.filter { $0.details.offered != nil }
        guard let first = questions.first, attempt.last(.askedBootServer) == nil else { return nil }
        let tookAddress = attempt.last(.tookAddress)
        guard questions.count > 1 || tookAddress != nil, now - first.at > .seconds(10),
            now - attempt.last.at > .seconds(2)
        else { return nil }
        if !network.bootServers.isEmpty {
            return Verdict(
                .otherBootServer,
                "\(name) was told what to boot, but went elsewhere: \(network.bootServers.joined(separator: " and "))"
                    + " answers machines that netboot, too.",
                remedy: "Turn network boot off there, or let it leave this machine alone.")
        }
        let asked = "\(name) asked \(times(questions.count)) what to boot and was told each time"
        guard let tookAddress else {
            return Verdict(
                .offerIgnored, "\(asked), but took no address from any DHCP server and went no further.",
                remedy: "Either nobody gives it an address: look at the router's DHCP server. Or its firmware ignores"
                    + " boot servers beside the router (proxyDHCP): put the boot options into the router itself.")
        }
        let server = tookAddress.details.server ?? "the router"
        return Verdict(
            .offerIgnored,
            "\(asked), but took only the address from \(server): its firmware ignores boot servers beside the router"
                + " (proxyDHCP).",
            remedy: "Put the boot options into the router itself, or let Sprout give out the addresses (pxe.mode:"
                + " server) on a network of its own.")
    }

    private func bootServerStalled(_ attempt: NetbootAttempt) -> Verdict? {
        let questions = attempt.all(.askedBootServer)
        guard let first = questions.first, questions.count > 2, now - first.at > .seconds(5) else { return nil }
        return Verdict(
            .bootServerStalled,
            "\(name) asked port 4011 \(times(questions.count)), was answered each time, and loads nothing.",
            remedy: "Our answers from UDP port 4011 do not reach it: look for a firewall, or isolation of clients, on"
                + " the switch or access point between the two.")
    }

    private func times(_ count: Int) -> String {
        switch count {
        case 1: "once"
        case 2: "twice"
        default: "\(count) times"
        }
    }

    private static func short(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }
}
