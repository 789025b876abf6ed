import Glibc
public import Linux

/// Runs a daemon's body until it ends or is asked to; if it throws, says so in one sentence and exits with status 1.
///
/// An error that escapes main.swift is a trap instead: SIGILL, and a page of backtrace in the journal.
public func daemon(_ body: @escaping @Sendable (Reactor, Termination) async throws -> Void) -> Never {
    runProgram { reactor in
        do {
            try await body(reactor, Termination(Signals([SIGTERM, SIGINT], reactor)))
            Journal.log(.info, "stopped", id: .daemonStopping)
            return EXIT_SUCCESS
        } catch {
            Journal.log(.error, "cannot go on: \(error)", id: .cannotGoOn)
            return EXIT_FAILURE
        }
    }
}
