import Glibc

/// Runs a program's body on a reactor of its own, and exits with the status it returns.
///
/// The main thread becomes the reactor's: so a daemon has one thread, and the signals that `Signals` blocks there are
/// blocked in all.
public func runProgram(_ body: @escaping @Sendable (Reactor) async -> CInt) -> Never {
    signal(SIGPIPE, SIG_IGN)
    do throws(Errno) {
        let reactor = try Reactor()
        Task(executorPreference: reactor) { exit(await body(reactor)) }
        reactor.run()
    } catch {
        fatalError("there are no descriptors for an epoll: \(error)")
    }
}
