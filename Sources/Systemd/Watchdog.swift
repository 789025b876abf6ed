import CSystemd
public import Linux

/// Tells systemd that the daemon is ready, and feeds its watchdog, but only while the daemon answers.
///
/// `check` asks the daemon something real and returns a sentence for `systemctl status`. While it throws or hangs the
/// watchdog starves, and systemd restarts the daemon.
public struct Watchdog: Service {
    private let reactor: Reactor
    private let check: @Sendable () async throws -> String

    public init(_ reactor: Reactor, check: @escaping @Sendable () async throws -> String) {
        self.reactor = reactor
        self.check = check
    }

    public func run() async throws {
        let status = try await check()
        sd_notify(0, "READY=1\nSTATUS=\(status)")
        Journal.log(.info, "ready: \(status)", id: .daemonStarted)
        defer { sd_notify(0, "STOPPING=1") }
        var microseconds: UInt64 = 0
        let isWatched = sd_watchdog_enabled(0, &microseconds) > 0
        let period = isWatched ? Duration.microseconds(Int64(microseconds / 2)) : .seconds(3600)
        while true {
            try await reactor.sleep(for: period)
            await feed()
        }
    }

    private func feed() async {
        do {
            sd_notify(0, "WATCHDOG=1\nSTATUS=\(try await check())")
        } catch is CancellationError {
        } catch {
            Journal.log(.warning, "not healthy: \(error)", id: .unhealthy)
        }
    }
}
