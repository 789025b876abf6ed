import Glibc
import Linux

/// Keeps one part running: starts it, passes on what it says, and starts it again when it ends.
actor Keeper {
    static let watchdogPeriod = Duration.seconds(10)

    let part: Part
    private let path: String
    private let directory: String
    private let environment: [String: String]
    private var descriptors: [CInt]
    private var socketNames: [String]
    private let reactor: Reactor
    private let ready = Gate()
    private var child: Child?
    private var lastFed: Reactor.Deadline = .now
    private var stoppedAt: Reactor.Deadline?
    private let gone = Gate()

    init(
        _ part: Part, _ path: String, environment: [String: String], _ descriptors: [CInt], _ directory: String,
        _ reactor: Reactor
    ) {
        (self.part, self.path, self.directory, self.reactor) = (part, path, directory, reactor)
        (self.environment, self.descriptors, socketNames) = (environment, descriptors, part.sockets.map(\.name))
    }

    private var program: Program {
        let inherited = ["PATH", "LANG", "TZ", "HOME", "SPROUT_FETCH_BESIDES", "SPROUT_TFTP_BLOCK"].compactMap { name in
            Environment[name].map { (name, $0) }
        }
        let handed =
            part.notifies
            ? ["LISTEN_FDS": "\(descriptors.count)", "LISTEN_FDNAMES": socketNames.joined(separator: ":")] : [:]
        return Program(
            path: path, arguments: part.arguments,
            environment: environment.merging(handed) { $1 }.merging(inherited) { ours, _ in ours },
            directory: directory)
    }

    /// Starts the part again with other sockets beside its first one, through which it is asked.
    func restart(with sockets: [(name: String, descriptor: CInt)]) {
        for descriptor in descriptors.dropFirst() { close(descriptor) }
        descriptors = descriptors.prefix(1) + sockets.map(\.descriptor)
        socketNames = socketNames.prefix(1) + sockets.map(\.name)
        child?.signal(SIGTERM)
    }

    /// Returns once the part was asked to stop and has ended.
    func keep() async throws {
        var pause = Self.shortestPause
        while stoppedAt == nil {
            let start = Reactor.Deadline.now
            let end = try await runOnce()
            guard stoppedAt == nil else { break }
            if start.duration(to: .now) > .seconds(10) { pause = Self.shortestPause }
            let milliseconds = pause.components.seconds * 1000 + pause.components.attoseconds / 1_000_000_000_000_000
            Lines.say(part.name, "<4>\(part.program) \(end); it is started again in \(milliseconds) ms")
            try await reactor.sleep(for: pause)
            pause = min(pause * 2, .seconds(10))
        }
        await gone.open()
    }

    func waitUntilReady() async { await ready.wait() }

    /// Asks the part to end, and waits until it has.
    func stop() async {
        stoppedAt = .now
        await ready.open()
        guard let child else { return }
        child.signal(SIGTERM)
        child.signal(SIGCONT)
        await gone.wait()
    }

    /// A line of sd_notify(3), if it is from this part's process.
    func heard(_ text: String, from sender: CInt) async {
        guard let child, child.processID == sender else { return }
        lastFed = .now
        if text.split(separator: "\n").contains("READY=1") { await ready.open() }
    }

    /// Ends a part that did not feed its watchdog, or that does not end when it is asked to.
    func endIfHanging() {
        guard let child else { return }
        if let stoppedAt, stoppedAt.duration(to: .now) > .seconds(3) { return child.signal(SIGKILL) }
        guard part.notifies, lastFed.duration(to: .now) > Self.watchdogPeriod else { return }
        let seconds = Self.watchdogPeriod.components.seconds
        Lines.say(part.name, "<3>\(part.program) did not feed its watchdog for \(seconds) s; it is ended")
        lastFed = .now
        child.signal(SIGKILL)
    }

    private func runOnce() async throws -> Child.End {
        let (reader, writer) = try FileDescriptor.pipe()
        let output = try Stream(FileDescriptor(owning: reader), reactor)
        let child = try program.start(descriptors: descriptors, output: FileDescriptor(owning: writer), reactor)
        self.child = child
        lastFed = .now
        if !part.notifies { await ready.open() }
        let name = part.name
        return try await withThrowingTaskGroup { group in
            group.addTask { await Lines.passOn(output, from: name) }
            let end = try await child.end()
            child.endGroup()
            self.child = nil
            return end
        }
    }

    private static let shortestPause = Duration.milliseconds(200)
}

/// Something to wait for that happens once.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func wait() async {
        guard !isOpen else { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    func open() {
        isOpen = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}
