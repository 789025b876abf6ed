import Cluster
import Control
import Fetch
import FoundationEssentials
import Ledger
import Linux
import Model
import SSH

/// One host's join, from the first look to the verdict: begun anew after a restart, it goes on where it was.
struct JoinAttempt: Sendable {
    let due: Ledger.DueEffect
    let access: ClusterAccess
    let member: any Member
    let node: NodeAccess
    let inventory: Inventory
    let desk: Desk
    let reactor: Reactor

    private var name: String { "\(due.host.hostname)" }
    /// The same for one operation, whoever asks: a join that was begun is never begun again.
    private var unit: String { "sprout-join-\(due.operation.id)" }
    /// Where the others of the cluster reach it.
    private var address: String { node.server.address }

    func run() async throws -> JoinEnd {
        let limit = try await timeLeft
        var session: Session
        do {
            session = try await Session(to: node.server, as: node.login, reactor)
        } catch let failure as SSHFailed where due.progress != nil && failure.kind == .loginRefused {
            // A join replaces authorized_keys, and not every sshd reads the second file.
            return try await verdict(on: JoinTranscript(), nil)
        }
        if try await session.look(at: unit) == .unknown {
            if due.progress != nil { return try await verdict(on: JoinTranscript(), nil) }
            if let end = try await prepare(&session) { return end }
        }
        let (transcript, state) = try await follow(&session, for: limit)
        return try await verdict(on: transcript, state)
    }

    // MARK: Before

    /// Looks at both sides, and begins the join if all is good; otherwise says how it ends.
    private func prepare(_ session: inout Session) async throws -> JoinEnd? {
        let state = try await ClusterState(asking: member)
        let target = due.host.isRehearsed ? access.host : state.node(state.asked)?.address ?? access.host
        async let memberClock = member.clock(of: state.asked)
        // Of a cluster that is only rehearsed there is no corosync.
        let facts = try await session.facts(
            towards: target, api: access.port, corosync: due.host.isRehearsed ? nil : 5405)
        if facts.cluster == state.name, state.node(name)?.isOnline == true {
            return try await verdict(on: JoinTranscript(), nil)
        }
        let clocks = (try await memberClock, try await session.clock())
        let newcomer = Newcomer(
            name: name, address: address, facts: facts, lead: clocks.1.map { $0.lead(over: clocks.0) },
            removesNamesake: try await desk.ledger.removesMember(due.operation.id))
        if let end = try await judge(state, newcomer, &session) { return end }
        try await removeNamesake(state)
        try await begin(
            &session, state.links(for: newcomer).compactMap { link in link.address.map { (link.number, $0) } }, target)
        return nil
    }

    private func judge(
        _ state: ClusterState, _ newcomer: Newcomer, _ session: inout Session
    ) async throws -> JoinEnd? {
        var report = ClusterReport(member: access.host)
        (report.name, report.nodes, report.ticks) = (state.name, state.nodes, state.ticks(for: newcomer))
        let json = String(decoding: try JSON.encode(report), as: UTF8.self)
        let obstacles = report.obstacles
        try await desk.commit { [desk, due] in
            try await desk.ledger.keep(preflight: json, ofOperation: due.operation.id)
        }
        guard !obstacles.isEmpty else { return nil }
        if obstacles.contains(where: { $0.check == .clock }) { try await session.setClock() }
        let sentence = obstacles.map(\.sentence).joined(separator: " ")
        return obstacles.allSatisfy(\.isPassing) ? .notYet(sentence) : .failed("it cannot join. \(sentence)")
    }

    private func removeNamesake(_ state: ClusterState) async throws {
        guard let namesake = state.node(name) else { return }
        try await member.remove(node: name)
        try await note("The dead member \(name) (node \(namesake.id)) was taken out of \(state.name).")
    }

    private func begin(_ session: inout Session, _ links: [(Int, String)], _ target: String) async throws {
        try await session.keepLogin(of: node.key)
        var command = ["pvecm", "add", target]
        var input: [UInt8] = []
        switch access.way {
        case .password(let password, let trusted):
            command += ["--fingerprint", "\(trusted)"]
            input = Array("\(password)\n".utf8)
        case .ssh:
            command += ["--use_ssh", "1"]
            guard let shell = member as? MemberShell, let own = try await session.ownKey() else {
                throw MemberFailed(.login, "\(name) has no key of its own to log in with on the member.")
            }
            try await session.remember(target, try await shell.admit(own))
        }
        for (number, address) in links { command += ["--link\(number)", address] }
        try await note("\(name) joins the cluster: \(command.joined(separator: " "))")
        try await session.runDetached(unit, command, input: input)
    }

    // MARK: Meanwhile

    /// Waits for the end of the join; the lines that were told before a restart are told no second time.
    private func follow(_ session: inout Session, for limit: Duration) async throws -> (JoinTranscript, UnitState?) {
        var transcript = JoinTranscript()
        var isNews = due.progress == nil
        do {
            let state = try await session.follow(unit, UnitPatience(limit: limit, pause: .milliseconds(500))) { line in
                transcript.add(line.text)
                if isNews, !line.text.isEmpty { try? await note(masked(line.text), upTo: line.cursor) }
                if line.cursor == due.progress { isNews = true }
            }
            return (transcript, state)
        } catch let failure as SSHFailed where failure.kind == .tooLong {
            return (transcript, .running)
        }
    }

    private func masked(_ line: String) -> String {
        guard let secret = access.secret, !secret.isEmpty else { return line }
        return line.replacing(secret, with: "…")
    }

    private func note(_ sentence: String, upTo cursor: String? = nil) async throws {
        let author = Ledger.Author(actor: "sprout-orchestrator")
        try await desk.commit { [desk, due] in
            if let cursor {
                try await desk.ledger.note(sentence, upTo: cursor, of: due, by: author)
            } else {
                try await desk.ledger.note(.hostJoining, sentence, of: due, by: author)
            }
        }
    }

    /// The verdict comes before the deadline, which can only say that it is over.
    private var timeLeft: Duration {
        get async throws {
            guard let due = try await desk.ledger.deadline(ofHost: due.host.id) else { return .seconds(1) }
            let left = Duration.milliseconds(due.milliseconds - WallClock.milliseconds())
            return max(.seconds(1), left - min(.seconds(60), left / 4))
        }
    }

    // MARK: Afterwards

    /// What became of it: by its words, and by what another member says.
    private func verdict(on transcript: JoinTranscript, _ unitState: UnitState?) async throws -> JoinEnd {
        let hasSaidSo = transcript.hasSucceeded
        // A new member may take a moment to be seen; one that is still at it has had all the time that there is.
        let longest: Duration = hasSaidSo ? .seconds(30) : unitState == .running ? .zero : .seconds(10)
        let patience = Reactor.Deadline.now + min(longest, try await timeLeft)
        while true {
            let state = try await ClusterState(asking: member)
            let seen = state.node(name)
            let obstacle = try await obstacle(to: state, seen)
            guard let obstacle else {
                let words = hasSaidSo ? "" : ", though pvecm did not say so"
                return .member(cluster: state.name, "it is node \(seen?.id ?? 0) of the cluster \(state.name)\(words).")
            }
            guard seen != nil, .now < patience else {
                if seen == nil { try await takeKeyBack() }
                return .failed(sentence(transcript, unitState, state, obstacle))
            }
            try await reactor.sleep(for: .seconds(1))
        }
    }

    /// Who did not become a member logs in nowhere in the cluster.
    private func takeKeyBack() async throws {
        guard let shell = member as? MemberShell else { return }
        do {
            var session = try await Session(to: node.server, as: node.login, reactor)
            if let own = try await session.ownKey() { try await shell.dismiss(own) }
        } catch let failure as SSHFailed {
            try await note("The key of \(name) may still be in the authorized_keys of the cluster. \(failure)")
        }
    }

    /// What is still missing for a member; nil if nothing is.
    private func obstacle(to state: ClusterState, _ seen: ClusterNode?) async throws -> String? {
        guard let seen else { return "\(state.name) does not list it" }
        guard seen.isOnline else {
            return "\(state.name) lists it (node \(seen.id)), and it does not come online"
        }
        guard state.isQuorate else { return "\(state.name) lists it and lost its quorum (\(state.vote))" }
        guard seen.address == nil || seen.address == address || seen.links.values.contains(address) else {
            return "\(state.name) lists it at \(seen.address ?? ""), and it is \(address)"
        }
        guard !due.host.isRehearsed, let known = seen.fingerprint.flatMap({ Fingerprint($0) }) else { return nil }
        let shown = try? await MemberAPI.certificate(of: address, access.worker)
        guard shown != known else { return nil }
        return
            "its API does not show the certificate that \(state.name) knows (\(shown.map { "\($0)" } ?? "no answer"))"
    }

    private func sentence(
        _ transcript: JoinTranscript, _ unitState: UnitState?, _ state: ClusterState, _ obstacle: String
    ) -> String {
        let last = transcript.lastLine.map { " It said last: “\(masked($0))”." } ?? ""
        if unitState == .running {
            return "it is unclear whether it joined: pvecm still runs on it, and \(obstacle).\(last) Look there with"
                + " journalctl -u \(unit); then rebuild it."
        }
        if state.node(name) != nil {
            return "it is half joined: \(obstacle).\(last) Rebuild it, and let its entry be taken out of the cluster"
                + " (--remove-member)."
        }
        if let failure = transcript.failure { return "it did not join. \(masked(failure))" }
        return
            "it did not join: pvecm ended without a word of success, and \(obstacle).\(last) Look at the timeline, then"
            + " rebuild it."
    }
}
