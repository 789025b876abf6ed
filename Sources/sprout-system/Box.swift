import Control
import Glibc
import Linux
import Model
import Systemd
import Update

/// The box as what can be restarted, updated and erased.
struct Box: Sendable {
    private let places: Places
    private let reactor: Reactor

    private let running = Surroundings().imageVersion ?? ""

    init(places: Places, _ reactor: Reactor) {
        (self.places, self.reactor) = (places, reactor)
    }

    /// Takes the wish away before anything is done: nothing is done twice.
    func carryOut() async throws {
        let text = Result { try Files.read(places.wish, limit: 4096) }
        unlink(places.wish)
        let wish = try JSON.decode(BoxWish.self, from: try text.get())
        do {
            try await carryOut(wish)
        } catch {
            var progress = BoxProgress(wish: wish.id, act: wish.act, step: "")
            progress.problem = "\(error)"
            try show(progress)
            Journal.log(.warning, "not done: \(wish.act.rawValue): \(error)")
        }
    }

    private func carryOut(_ wish: BoxWish) async throws {
        switch wish.act {
        case .restart: try end(.restart, wish, "restarting")
        case .powerOff: try end(.powerOff, wish, "switching itself off")
        case .factoryReset:
            try Files.write(wish.keepsImages == true ? "keep-images\n" : "all\n", to: places.eraseMark, mode: 0o600)
            try end(.restart, wish, "restarting, to erase what it knows")
        case .setClock: try setClock(wish)
        case .update: try await update(wish)
        }
    }

    private func end(_ end: End, _ wish: BoxWish, _ step: String) throws {
        try show(BoxProgress(wish: wish.id, act: wish.act, step: step))
        Journal.log(.notice, "the box is \(step)")
        end.ask()
    }

    private func show(_ progress: BoxProgress) throws {
        try Files.write(try JSON.encode(progress), to: places.progress)
    }

    /// Whatever passed since it was asked for has been counted on.
    private func setClock(_ wish: BoxWish) throws {
        let moment = Timestamp(milliseconds: (wish.startedAt ?? 0) + BootClock.milliseconds())
        guard moment.isPlausible else { throw UpdateProblem("\(moment) is no time of day that it can be") }
        try WallClock.set(milliseconds: moment.milliseconds)
        unlink(places.progress)
        Journal.log(.notice, "the clock is set to \(moment)")
    }

    // MARK: Updates

    private func update(_ wish: BoxWish) async throws {
        let bundle = try UpdateBundle(places.bundle, trusting: UpdateKeys.trusted(in: places.keys))
        var history = readHistory()
        try check(bundle.version, wish, history)
        let slot = try Slot.idle()
        history.trial = .init(wish: wish.id, version: "\(bundle.version)", from: running)
        try keep(history)
        let writer = UpdateWriter(
            bundle: bundle, path: places.bundle, slot: slot, boot: places.boot, running: running)
        var shown = Reactor.Deadline.now
        do {
            try await writer.write(
                label: { try await slot.label($0, reactor) },
                telling: { step, done, total in
                    guard done == 0 || done == total || Reactor.Deadline.now - shown > .milliseconds(300) else {
                        return
                    }
                    shown = .now
                    try show(BoxProgress(wish: wish.id, act: .update, step: step, done: done, total: total))
                },
                beforeItCanStart: {
                    history.trial?.isWritten = true
                    try keep(history)
                })
        } catch {
            history.trial = nil
            try keep(history)
            throw error
        }
        Journal.log(.notice, "\(bundle.version) is written: the box restarts with it")
        try end(.restart, wish, "restarting with \(bundle.version)")
    }

    private func check(_ version: ReleaseNumber, _ wish: BoxWish, _ history: BoxHistory) throws(UpdateProblem) {
        guard let running = ReleaseNumber(running) else {
            throw UpdateProblem("the version that runs has no number: \(running)")
        }
        if let problem = UpdateRules.obstacle(to: version, over: running, history, again: wish.again == true) {
            throw UpdateProblem(problem)
        }
    }

    // MARK: After a start

    /// The version that was started answers: whatever was on trial is over.
    func settle() throws {
        var history = readHistory()
        guard let trial = history.trial else { return }
        history.settle(running: running, at: .now())
        try keep(history)
        unlink(places.bundle)
        let problem = history.last?.problem
        Journal.log(
            problem == nil ? .notice : .warning,
            problem.map { "the box runs \(running) again. \($0)" } ?? "\(trial.version) runs, and is kept")
    }

    /// What was started does not answer: another try, or the version before, may.
    func unhealthy() throws {
        var history = readHistory()
        guard history.trial?.version == running else { return }
        let problem = ((try? Files.text(places.unhealthy)) ?? "").prefix(500).split(separator: "\n").joined(
            separator: " ")
        history.trial?.problem = problem.isEmpty ? nil : problem
        try keep(history)
        Journal.log(.error, "\(running) does not answer, and is on trial: the box restarts")
        End.restart.ask()
    }

    private func readHistory() -> BoxHistory {
        (try? JSON.decode(BoxHistory.self, from: Files.read(places.history))) ?? BoxHistory()
    }

    private func keep(_ history: BoxHistory) throws { try Files.write(try JSON.encode(history), to: places.history) }
}

/// What systemd does at a signal of its user, for which no capability is needed: systemd(1).
private enum End: CInt {
    case powerOff = 4
    case restart = 5

    func ask() { kill(1, __libc_current_sigrtmin() + rawValue) }
}
