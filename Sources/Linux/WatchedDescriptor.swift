/// A descriptor that a reactor watches for as long as it is open, so that calls on it can wait.
final class WatchedDescriptor: Sendable {
    private let descriptor: FileDescriptor
    private let reactor: Reactor

    init(_ descriptor: consuming FileDescriptor, _ reactor: Reactor) throws(Errno) {
        try descriptor.makeNonBlocking()
        self.descriptor = descriptor
        self.reactor = reactor
        try reactor.register(self.descriptor)
    }

    deinit { reactor.forget(descriptor) }

    var rawValue: CInt { descriptor.rawValue }

    /// Makes a call, and makes it again each time the descriptor becomes ready, until it does not have to wait.
    ///
    /// Where it is known that the call would have to wait, the first one is not made.
    func whenReady<Value>(
        _ readiness: Reactor.Readiness, until deadline: Reactor.Deadline? = nil, isBlocked: Bool = false,
        _ call: (borrowing FileDescriptor) throws(Errno) -> Value?
    ) async throws -> Value {
        if isBlocked { try await reactor.wait(descriptor, for: readiness, until: deadline) }
        while true {
            if let value = try unlessBlocked(call) { return value }
            try await reactor.wait(descriptor, for: readiness, until: deadline)
        }
    }

    private func unlessBlocked<Value>(
        _ call: (borrowing FileDescriptor) throws(Errno) -> Value?
    ) throws(Errno) -> Value? {
        do throws(Errno) {
            return try call(descriptor)
        } catch {
            guard error == .wouldBlock else { throw error }
            return nil
        }
    }
}
