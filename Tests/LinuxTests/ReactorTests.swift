import Glibc
import Testing

@testable import Linux

/// One loop for all tests of the process: it never ends.
let reactor: Reactor = {
    guard let reactor = try? Reactor() else { preconditionFailure("no epoll") }
    reactor.start()
    return reactor
}()

/// Two connected ends of a stream.
func streams() throws -> (Linux.Stream, Linux.Stream) {
    var ends: [CInt] = [0, 0]
    guard socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0 else { throw Errno(rawValue: errno) }
    return (
        try Linux.Stream(FileDescriptor(owning: ends[0]), reactor),
        try Linux.Stream(FileDescriptor(owning: ends[1]), reactor)
    )
}

@Suite(.timeLimit(.minutes(5))) struct ReactorTests {
    @Test func `a read ends when bytes arrive`() async throws {
        let (near, far) = try streams()
        async let bytes = {
            var bytes: [UInt8] = []
            _ = try await near.read(into: &bytes)
            return bytes
        }()
        try await far.write([7])
        #expect(try await bytes == [7])
    }

    @Test func `a read that is cancelled throws`() async throws {
        let (near, far) = try streams()
        let reading = Task {
            var bytes: [UInt8] = []
            return try await near.read(into: &bytes)
        }
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        withExtendedLifetime(far) {}
    }

    @Test func `a read ends at its deadline`() async throws {
        let (near, far) = try streams()
        var bytes: [UInt8] = []
        await #expect(throws: Errno.timedOut) { _ = try await near.read(into: &bytes, until: .now + .milliseconds(20)) }
        withExtendedLifetime(far) {}
    }

    @Test func `an earlier deadline is not kept waiting by a later one`() async throws {
        let (near, far) = try streams()
        let late = Task { try await reactor.sleep(for: .seconds(3600)) }
        try await reactor.sleep(for: .milliseconds(5))
        var bytes: [UInt8] = []
        await #expect(throws: Errno.timedOut) { _ = try await near.read(into: &bytes, until: .now + .milliseconds(20)) }
        late.cancel()
        await #expect(throws: CancellationError.self) { try await late.value }
        withExtendedLifetime(far) {}
    }

    @Test func `the end of the other side is the end of the stream`() async throws {
        let (near, far) = try streams()
        far.finishWriting()
        var bytes: [UInt8] = []
        #expect(try await near.read(into: &bytes) == false)
    }

    @Test func `a megabyte goes through a socket that holds less`() async throws {
        let (near, far) = try streams()
        let sent = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        async let received = {
            var bytes: [UInt8] = []
            while try await far.read(into: &bytes) {}
            return bytes
        }()
        try await near.write(sent)
        near.finishWriting()
        #expect(try await received == sent)
    }

    @Test func `many reads at once all end`() async throws {
        try await withThrowingTaskGroup { group in
            for number in 0..<200 {
                group.addTask {
                    let (near, far) = try streams()
                    async let isMore: Bool = {
                        var bytes: [UInt8] = []
                        return try await near.read(into: &bytes)
                    }()
                    try await far.write([UInt8(number)])
                    #expect(try await isMore)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `tasks that prefer the reactor run on its thread, their children too`() async {
        let task = Task(executorPreference: reactor) {
            async let child = pthread_self()
            let first = pthread_self()
            await Task.yield()
            return await [first, pthread_self(), child]
        }
        #expect(Set(await task.value).count == 1)
    }

    @Test func `an actor on a worker may block without stopping the loop`() async throws {
        let writer = Blocking(worker: try Worker())
        async let blocked: Void = writer.block(milliseconds: 50)
        let (near, far) = try streams()
        try await far.write([1])
        var bytes: [UInt8] = []
        #expect(try await near.read(into: &bytes))
        await blocked
    }
}

private actor Blocking {
    let worker: Worker
    nonisolated var unownedExecutor: UnownedSerialExecutor { worker.asUnownedSerialExecutor() }

    init(worker: Worker) { self.worker = worker }

    func block(milliseconds: UInt32) { poll(nil, 0, CInt(milliseconds)) }
}
