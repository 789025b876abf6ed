import Glibc
public import Linux

/// Runs a daemon's body on a reactor of its own; if it throws, says so in one sentence and exits with status 1.
///
/// An error that escapes main.swift is a trap instead: SIGILL, and a page of backtrace in the journal. The main thread
/// becomes the reactor's, so that a daemon has one thread, and its signals reach it.
public func daemon(_ body: @escaping @Sendable (Reactor, Termination) async throws -> Void) -> Never {
    signal(SIGPIPE, SIG_IGN)
    do {
        let reactor = try Reactor()
        let termination = Termination(try Signals([SIGTERM, SIGINT], reactor))
        Task(executorPreference: reactor) {
            do {
                try await body(reactor, termination)
                Journal.log(.info, "stopped", id: .daemonStopping)
                exit(EXIT_SUCCESS)
            } catch {
                giveUp(error)
            }
        }
        reactor.run()
    } catch {
        giveUp(error)
    }
}

private func giveUp(_ error: any Error) -> Never {
    Journal.log(.error, "cannot go on: \(error)", id: .cannotGoOn)
    exit(EXIT_FAILURE)
}
