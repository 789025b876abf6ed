import CLinux
import Glibc
import Synchronization

/// A thread of its own for an actor that blocks, such as the one that waits for the disk at every commit.
///
/// A lock guards its queue for the same reason as in `Reactor`: any thread may hand it a job.
public final class Worker: SerialExecutor, Sendable {
    private let arrivals: FileDescriptor
    private let jobs = Mutex<[UnownedJob]>([])
    private let politeOnes = Mutex<[UnsafeContinuation<Void, Never>]>([])

    public init() throws(Errno) {
        arrivals = FileDescriptor(owning: try retrying { eventfd(0, CInt(EFD_CLOEXEC)) })
        startThread { [self] in run() }
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        wake()
    }

    /// Lets what else waits for this thread have its turn, and goes on there: `Task.yield` goes by way of the threads that
    /// all tasks share, which may be busy for long.
    public func letOthers(isolation: isolated (any Actor)? = #isolation) async {
        await withUnsafeContinuation { continuation in
            politeOnes.withLock { $0.append(continuation) }
            wake()
        }
    }

    private func wake() {
        var one: UInt64 = 1
        _ = Glibc.write(arrivals.rawValue, &one, 8)
    }

    private func run() -> Never {
        while true {
            var count: UInt64 = 0
            _ = Glibc.read(arrivals.rawValue, &count, 8)
            let batch = jobs.withLock { jobs in
                defer { jobs.removeAll(keepingCapacity: true) }
                return jobs
            }
            for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
            let polite = politeOnes.withLock { ones in
                defer { ones.removeAll(keepingCapacity: true) }
                return ones
            }
            for one in polite { one.resume() }
        }
    }
}
