import CLinux
import Glibc
import Synchronization

/// One epoll descriptor and one thread: suspends tasks until a descriptor is ready, and runs them when it is.
///
/// A daemon lives on its reactor: the tasks that prefer it as their executor run on its thread, one at a time, and
/// this is the only place in Sprout where that thread blocks in the kernel. A lock guards its state, since tasks of
/// other executors may wait here too.
public final class Reactor: TaskExecutor, Sendable {
    public typealias Deadline = SuspendingClock.Instant

    public enum Readiness: Sendable { case readable, writable }

    private let epoll: FileDescriptor
    private let wakeUp: FileDescriptor
    private let state = Mutex(State())
    private let thread = Atomic<UInt>(0)
    private let nextID = Atomic<UInt64>(1)

    public init() throws(Errno) {
        epoll = FileDescriptor(owning: try retrying { epoll_create1(CInt(EPOLL_CLOEXEC)) })
        wakeUp = FileDescriptor(owning: try retrying { eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK)) })
        try watch(wakeUp.rawValue, forWriting: false)
    }

    /// Begins to listen for readiness on a descriptor that its owner will `forget` before closing it.
    ///
    /// Edge-triggered: the owner tries its call first and waits only after EAGAIN.
    func register(_ descriptor: borrowing FileDescriptor) throws(Errno) {
        let fd = descriptor.rawValue
        state.withLock { $0.interests[fd] = Interest() }
        try watch(fd, forWriting: false)
    }

    func forget(_ descriptor: borrowing FileDescriptor) {
        let fd = descriptor.rawValue
        var event = epoll_event()
        epoll_ctl(epoll.rawValue, EPOLL_CTL_DEL, fd, &event)
        state.withLock { $0.interests[fd] = nil }
    }

    /// Suspends until a registered descriptor is ready, or throws `CancellationError`, or `Errno.timedOut`.
    ///
    /// A wake-up is a hint: the caller retries its call, and waits again if there was nothing.
    func wait(
        _ descriptor: borrowing FileDescriptor, for readiness: Readiness, until deadline: Deadline? = nil
    ) async throws {
        let fd = descriptor.rawValue
        try await suspend(until: deadline) { state, waiter in
            guard state.interests[fd]?.takeReadiness(readiness) == false else { return true }
            precondition(state.interests[fd]?[readiness] == nil, "two tasks wait for the same end of a descriptor")
            state.interests[fd]?[readiness] = waiter
            // Room that there is by now is told of again, so none is missed between the caller's try and this.
            if readiness == .writable { try? watch(fd, forWriting: true, EPOLL_CTL_MOD) }
            return false
        } cancel: { state, id in
            guard state.interests[fd]?[readiness]?.id == id else { return nil }
            return state.interests[fd]?.takeWaiter(readiness)
        }
    }

    /// Suspends for a while, or throws `CancellationError`.
    public func sleep(for duration: Duration) async throws {
        do {
            try await suspend(until: .now + duration) { state, waiter in
                state.sleepers[waiter.id] = waiter
                return false
            } cancel: { state, id in
                state.sleepers.removeValue(forKey: id)
            }
        } catch let error as Errno where error == .timedOut {
            return
        }
    }

    // MARK: The loop

    /// Sleeps in `epoll_wait` and runs tasks on the calling thread, until the process ends.
    public func run() -> Never {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while true {
            runJobs()
            let timeout = state.withLock { $0.timeout(now: .now) }
            let count = (try? retrying { epoll_wait(epoll.rawValue, &events, 256, timeout) }) ?? 0
            for event in events.prefix(Int(count)) { arrived(event) }
            let late = state.withLock { $0.takeLate(now: .now) }
            for waiter in late { waiter.continuation.resume(throwing: Errno.timedOut) }
        }
    }

    /// Runs what is to be run, and what follows from it, but not for ever: others wait in the kernel.
    private func runJobs() {
        for _ in 0..<8 {
            let jobs = state.withLock { $0.takeJobs() }
            if jobs.isEmpty { return }
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    /// Runs the loop on a thread of its own: for programs whose main thread is not theirs, such as a test runner.
    public func start() {
        startThread { [self] in run() }
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        wake(if: state.withLock { $0.add(job) })
    }

    private func arrived(_ event: epoll_event) {
        if event.data.fd == wakeUp.rawValue {
            var count: UInt64 = 0
            _ = Glibc.read(wakeUp.rawValue, &count, 8)
            return
        }
        let fd = event.data.fd
        let waiters = state.withLock { state in
            let waiters = state.interests[fd]?.arrived(event.events) ?? []
            if event.events & EPOLLOUT.rawValue != 0 { try? watch(fd, forWriting: false, EPOLL_CTL_MOD) }
            return waiters
        }
        for waiter in waiters { waiter.continuation.resume() }
    }

    /// Registers a waiter unless there is nothing to wait for, and leaves no trace of it when its task is cancelled.
    private func suspend(
        until deadline: Deadline?,
        _ add: @Sendable (inout State, Waiter) -> Bool,
        cancel: @escaping @Sendable (inout State, UInt64) -> Waiter?
    ) async throws {
        let id = nextID.wrappingAdd(1, ordering: .relaxed).newValue
        let cancelled = { @Sendable [self] in
            let waiter = state.withLock { cancel(&$0, id) }
            waiter?.continuation.resume(throwing: CancellationError())
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let waiter = Waiter(id: id, continuation: continuation, deadline: deadline)
                let (isReady, isEarlier) = state.withLock { (add(&$0, waiter), $0.note(deadline)) }
                if isReady { return continuation.resume() }
                wake(if: isEarlier)
                if Task.isCancelled { cancelled() }
            }
        } onCancel: {
            cancelled()
        }
    }

    /// Room for writing is told of only while somebody waits for it: each packet that leaves makes some.
    private func watch(_ fd: CInt, forWriting: Bool, _ operation: CInt = EPOLL_CTL_ADD) throws(Errno) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        if forWriting { event.events |= EPOLLOUT.rawValue }
        event.data.fd = fd
        try retrying { epoll_ctl(epoll.rawValue, operation, fd, &event) }
    }

    private func wake(if isNeeded: Bool) {
        guard isNeeded, thread.load(ordering: .relaxed) != UInt(pthread_self()) else { return }
        var one: UInt64 = 1
        _ = Glibc.write(wakeUp.rawValue, &one, 8)
    }
}

extension Reactor {
    fileprivate struct Waiter: Sendable {
        let id: UInt64
        let continuation: CheckedContinuation<Void, any Error>
        let deadline: Deadline?
    }

    /// What is known of one descriptor: who waits for it, or what arrived while nobody did.
    fileprivate struct Interest: Sendable {
        private var waiters: (readable: Waiter?, writable: Waiter?)
        private var isReadable = false

        subscript(readiness: Readiness) -> Waiter? {
            get { readiness == .readable ? waiters.readable : waiters.writable }
            set { if readiness == .readable { waiters.readable = newValue } else { waiters.writable = newValue } }
        }

        mutating func takeReadiness(_ readiness: Readiness) -> Bool {
            guard readiness == .readable else { return false }
            defer { isReadable = false }
            return isReadable
        }

        mutating func takeWaiter(_ readiness: Readiness) -> Waiter? {
            defer { self[readiness] = nil }
            return self[readiness]
        }

        /// The waiters that these epoll events wake; an end or an error wakes both.
        mutating func arrived(_ events: UInt32) -> [Waiter] {
            let ended = EPOLLHUP.rawValue | EPOLLERR.rawValue
            let readable = takeWaiter(.readable, if: events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | ended) != 0)
            let writable = takeWaiter(.writable, if: events & (EPOLLOUT.rawValue | ended) != 0)
            return [readable, writable].compactMap(\.self)
        }

        private mutating func takeWaiter(_ readiness: Readiness, if arrived: Bool) -> Waiter? {
            guard arrived else { return nil }
            if let waiter = takeWaiter(readiness) { return waiter }
            if readiness == .readable { isReadable = true }
            return nil
        }

        mutating func takeLate(now: Deadline) -> [Waiter] {
            [Readiness.readable, .writable].compactMap { readiness in
                guard let deadline = self[readiness]?.deadline, deadline <= now else { return nil }
                return takeWaiter(readiness)
            }
        }

        var earliest: Deadline? {
            [waiters.readable?.deadline, waiters.writable?.deadline].compactMap(\.self).min()
        }
    }

    fileprivate struct State: Sendable {
        var interests: [CInt: Interest] = [:]
        var sleepers: [UInt64: Waiter] = [:]
        private var jobs: [UnownedJob] = []
        /// No deadline lies before this one; it may be gone already, which costs one look that finds nothing.
        private var nextDeadline: Deadline?

        /// True if the loop may be asleep and must be woken for this job.
        mutating func add(_ job: UnownedJob) -> Bool {
            jobs.append(job)
            return jobs.count == 1
        }

        mutating func takeJobs() -> [UnownedJob] {
            defer { jobs.removeAll(keepingCapacity: false) }
            return jobs
        }

        /// True if the loop would sleep past this deadline.
        mutating func note(_ deadline: Deadline?) -> Bool {
            guard let deadline, deadline < nextDeadline ?? .now + .seconds(1 << 32) else { return false }
            nextDeadline = deadline
            return true
        }

        func timeout(now: Deadline) -> CInt {
            guard jobs.isEmpty else { return 0 }
            guard let nextDeadline else { return -1 }
            let (seconds, attoseconds) = now.duration(to: nextDeadline).components
            return CInt(clamping: max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1))
        }

        mutating func takeLate(now: Deadline) -> [Waiter] {
            guard let due = nextDeadline, due <= now else { return [] }
            var late = sleepers.values.filter { $0.deadline ?? now <= now }
            for waiter in late { sleepers[waiter.id] = nil }
            for fd in interests.keys { late += interests[fd]?.takeLate(now: now) ?? [] }
            let rest = interests.values.compactMap(\.earliest) + sleepers.values.compactMap(\.deadline)
            nextDeadline = rest.min()
            return late
        }
    }
}

/// Starts a detached thread that runs `body` for as long as the process lives.
func startThread(_ body: @escaping @Sendable () -> Never) {
    final class Box: Sendable {
        let body: @Sendable () -> Never
        init(_ body: @escaping @Sendable () -> Never) { self.body = body }
    }
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Box(body)).toOpaque()
    let code = pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
        }, context)
    precondition(code == 0, "a thread cannot start: \(Errno(rawValue: code))")
    pthread_detach(thread)
}
