import Control
import HTTP
import Linux
import Model
import Rehearsal

/// Plays all machines of a rehearsal at once, and finds for each how it ended.
struct RehearsalStage: Sendable {
    let setup: RehearsalSetup
    let base: String
    let board = RehearsalBoard()
    private let cluster: RehearsedCluster?
    private var wish: RehearsalWish { setup.wish }
    private var reactor: Reactor { setup.reactor }

    init(_ setup: RehearsalSetup, base: String) throws {
        (self.setup, self.base) = (setup, base)
        let obstacle = setup.wish.isWithoutCluster ? nil : RehearsedCluster.obstacle(base)
        cluster =
            obstacle == nil && !setup.wish.isWithoutCluster ? try RehearsedCluster(setup.wish, setup.reactor) : nil
        if setup.wish.fault == .fail(.join) || setup.wish.fault == .hang(.join), cluster == nil {
            throw Failure(description: "there is no cluster to join: \(obstacle ?? "--without-cluster was said")")
        }
        if let obstacle { Terminal.complain("The hosts join no cluster: \(obstacle).") }
    }

    /// Takes away what was made on this machine.
    func end() async throws { try await cluster?.end() }

    /// What was played, for the report.
    struct Playbill: Sendable {
        let image: InstallerImage
        let type: ServerType
        let rows: [RehearsalBoard.Row]
    }

    func run() async throws -> Playbill {
        try await setup.checkOthers()
        try await setup.clear()
        let type = try await setup.serverType()
        let image = try await setup.image()
        let release = try InstallerRelease(image.release)
        let hosts = try await register(type)
        let news = HostNews(of: hosts, setup.api)
        let start = try await setup.newestEvent(of: hosts[0])
        for host in hosts {
            try await setup.arm(host, image)
            await board.add(host)
        }
        var players: [MachinePlayer] = []
        for index in hosts.indices {
            let player = MachinePlayer(
                index: index, machine: FakeMachine(index + 1, type: type, isUEFI: index % 2 == 0), base: base,
                wish: wish, release: release,
                build: image.build, door: MachineDoor(reactor: reactor), board: board,
                node: await cluster?.addNode())
            players.append(player)
        }
        try await withThrowingTaskGroup(of: Void.self) { [players] group in
            if let cluster { group.addTask { try await cluster.stage.run() } }
            group.addTask { try await news.follow(after: start) }
            group.addTask { try await showStatus() }
            group.addTask { try await play(players, hosts, news) }
            try await group.next()
            group.cancelAll()
        }
        Terminal.status("")
        return Playbill(image: image, type: type, rows: await board.rows)
    }

    private func register(_ type: ServerType) async throws -> [Host] {
        var hosts: [Host] = []
        for number in 1...wish.count { hosts.append(try await setup.register(number, type)) }
        return hosts
    }

    private func play(_ players: [MachinePlayer], _ hosts: [Host], _ news: HostNews) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (player, host) in zip(players, hosts) {
                group.addTask { try await play(player, host, news.changes(of: host)) }
            }
            try await group.waitForAll()
        }
    }

    private func showStatus() async throws {
        while true {
            Terminal.status(await board.status)
            try await reactor.sleep(for: .milliseconds(250))
        }
    }

    // MARK: One machine

    /// What is known of one machine: what it did itself, or what Sprout says of its host.
    private enum News: Sendable {
        case played(Ending)
        case failed(String)
        case arrived(HostState)
    }

    private enum Ending: Equatable, Sendable { case home, silent, stopped(String) }

    /// Ends with the first thing that decides, whoever says it.
    private func play(_ player: MachinePlayer, _ host: Host, _ changes: AsyncStream<HostNews.Change>) async throws {
        let outcome = try await withThrowingTaskGroup(of: News?.self) { group in
            group.addTask { .played(try await self.ending(player, host)) }
            group.addTask { await end(changes) }
            defer { group.cancelAll() }
            var (ending, arrival) = (Ending?.none, HostState?.none)
            for try await news in group {
                switch news {
                case .played(.stopped(let sentence)): return RehearsalBoard.Outcome(isGood: false, sentence: sentence)
                case .played(let played): ending = played
                case .failed(let sentence): return judge(failure: sentence)
                case .arrived(let state): arrival = state
                case nil: throw CancellationError()
                }
                if let arrival, ending != nil { return judge(arrival: arrival) }
            }
            throw CancellationError()
        }
        if outcome.isGood, wish.fault == .none { await board.reach(.ready, player.index) }
        if let node = player.node { await board.worked(node.worked(), player.index) }
        await board.end(outcome, player.index)
        try await waitForKeyRemoval(player.node)
    }

    /// The system must be there when Sprout takes its key off it, which is no part of the host's way.
    private func waitForKeyRemoval(_ node: MachineNode?) async throws {
        let deadline = Reactor.Deadline.now + .seconds(3)
        while let node, await node.hasKeyOfOperation, .now < deadline {
            try await reactor.sleep(for: .milliseconds(50))
        }
    }

    private func ending(_ player: MachinePlayer, _ host: Host) async throws -> Ending {
        do {
            try await player.play()
            return .home
        } catch let silent as MachinePlayer.Silent {
            await board.show(silent.screen, player.index)
            await tellDeadline(host)
            return .silent
        } catch let stopped as MachinePlayer.Stopped {
            return .stopped(stopped.sentence)
        } catch let error where !(error is CancellationError) {
            return .stopped("\(error)")
        }
    }

    /// Sprout finds out by itself what nobody tells it; until then there is nothing to see.
    private func tellDeadline(_ host: Host) async {
        // What it was told of shows at once, and then this is never said.
        guard (try? await reactor.sleep(for: .seconds(1))) != nil,
            let now = try? await setup.api.get("/api/hosts/\(host.id)", as: Host.self).value,
            let deadline = now.state.deadline
        else { return }
        Terminal.status("")
        Terminal.complain(
            "\(host.hostname) is silent, and \(now.state.rawValue): Sprout waits for it until"
                + " \(now.stateSince + deadline).")
    }

    /// With a cluster the way is at its end when the host has joined it.
    private func end(_ changes: AsyncStream<HostNews.Change>) async -> News? {
        for await change in changes {
            switch change.state {
            case .failed: return .failed(change.sentence)
            case .joining where cluster == nil: return .arrived(change.state)
            case .ready: return .arrived(change.state)
            default: break
            }
        }
        return nil
    }

    private func judge(failure sentence: String) -> RehearsalBoard.Outcome {
        let isWanted = wish.fault != .none
        return RehearsalBoard.Outcome(
            isGood: isWanted, sentence: "failed\(isWanted ? ", as it should" : ""): \(sentence)")
    }

    private func judge(arrival state: HostState) -> RehearsalBoard.Outcome {
        guard wish.fault == .none else {
            return RehearsalBoard.Outcome(isGood: false, sentence: "\(state.rawValue), though it should have failed")
        }
        return RehearsalBoard.Outcome(isGood: true, sentence: state.rawValue)
    }
}
