import CLinux
import Glibc

/// Signals as something a task can wait for: they are blocked from the moment this exists, and read one by one.
public final class Signals: Sendable {
    private let descriptor: FileDescriptor
    private let reactor: Reactor

    /// To be made on the main thread before any other thread starts, since threads inherit what is blocked.
    public init(_ signals: [CInt], _ reactor: Reactor) throws(Errno) {
        descriptor = FileDescriptor(
            owning: try retrying { linux_raise_signal_descriptor(signals, CInt(signals.count)) })
        self.reactor = reactor
        try reactor.register(descriptor)
    }

    deinit { reactor.forget(descriptor) }

    /// The number of the next signal.
    public func next() async throws -> CInt {
        let size = MemoryLayout<signalfd_siginfo>.size
        var info: [UInt8] = []
        while try unlessBlocked({ () throws(Errno) in try descriptor.read(into: &info, upTo: size) }) == nil {
            try await reactor.wait(descriptor, for: .readable)
        }
        return info.withUnsafeBytes { CInt(bitPattern: $0.loadUnaligned(as: UInt32.self)) }
    }
}

/// The service that ends when systemd, or a person, asks the process to: its orderly way out.
public struct Termination: Service {
    private let signals: Signals

    public init(_ signals: Signals) {
        self.signals = signals
    }

    public func run() async throws {
        _ = try await signals.next()
    }
}
