import Control
import Linux
import Metrics
import Model
import Recipes
import Store
import Systemd
import Wire

/// TFTP where its port was opened, and as long as network boot is on.
struct Netboot: Service {
    private let server: TFTPServer?
    private let files: BootFiles
    private let store: Store
    private let reactor: Reactor

    init(
        claiming sockets: inout ListenSockets, _ files: BootFiles, _ store: Store, _ reactor: Reactor,
        report: @escaping @Sendable (Observation) -> Void
    ) throws {
        self.files = files
        self.store = store
        self.reactor = reactor
        guard let socket = sockets.claimIfPassed("tftp") else {
            server = nil
            return
        }
        server = try TFTPServer(on: socket, reactor, files: files) { progress in
            Journal.log(progress.priority, "TFTP: \(progress)")
            if let sighting = progress.sighting(at: .now()) { report(.machine(sighting)) }
        }
    }

    func run() async throws {
        guard let server else {
            while true { try await reactor.sleep(for: .seconds(3600)) }
        }
        for problem in await files.problems() { Journal.log(.error, problem) }
        try await withThrowingTaskGroup { group in
            group.addTask { try await server.run() }
            group.addTask { try await store.follow(reactor) { try await refresh(server) } }
            try await group.next()
            group.cancelAll()
        }
    }

    private func refresh(_ server: TFTPServer) async throws {
        await server.serve(at: try await store.netbootPlace())
    }

    var measurements: [Measurement] {
        get async { await server?.measurements ?? [] }
    }

    /// True work for the watchdog, and what it found.
    func check() async throws -> String {
        let hosts = try await store.hostCount()
        guard let server else { return "\(hosts) hosts known; network boot is off: its port is not open" }
        try await refresh(server)
        guard await server.place != nil else {
            return "\(hosts) hosts known; network boot is off: nobody is answered (pxe.enabled)"
        }
        let counters = await server.counters
        return "\(hosts) hosts known; TFTP: \(counters.finished) files sent, \(counters.failed) failed"
    }
}

/// Makes the script that a first program asks for over TFTP, at the address of ours at which it asked.
func autoexec(httpPort: UInt16) -> BootFiles.Maker {
    { _, asker in
        let server = HTTPOrigin.text(IPv4Address(rawValue: asker.localAddress), port: httpPort)
        return Array(BootScript.autoexec(server: server).text.utf8)
    }
}

extension Progress {
    fileprivate var priority: Journal.Priority {
        switch self {
        case .failed: .warning
        case .refused, .finished: .info
        case .began, .probed: .debug
        }
    }
}
