import CLinux
import Glibc

/// Signals as something a task can wait for: they are blocked from the moment this exists, and read one by one.
public final class Signals: Sendable {
    private let descriptor: WatchedDescriptor

    /// To be made on the main thread before any other thread starts, since threads inherit what is blocked.
    public init(_ signals: [CInt], _ reactor: Reactor) throws(Errno) {
        let fd = try retrying { linux_raise_signal_descriptor(signals, CInt(signals.count)) }
        descriptor = try WatchedDescriptor(FileDescriptor(owning: fd), reactor)
    }

    /// The number of the next signal.
    public func next() async throws -> CInt {
        try await descriptor.whenReady(.readable) { descriptor throws(Errno) in
            var info: [UInt8] = []
            _ = try descriptor.read(into: &info, upTo: MemoryLayout<signalfd_siginfo>.size)
            return info.withUnsafeBytes { CInt(bitPattern: $0.loadUnaligned(as: UInt32.self)) }
        }
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
