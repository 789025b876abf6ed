import CLinux
import Glibc

/// A process this one started, whose end can be waited for.
public final class Child: Sendable {
    public let processID: CInt
    private let descriptor: WatchedDescriptor

    init(_ processID: CInt, _ reactor: Reactor) throws(Errno) {
        self.processID = processID
        let fd = try retrying { linux_open_process(processID) }
        descriptor = try WatchedDescriptor(FileDescriptor(owning: fd), reactor)
    }

    /// How a process ended.
    public enum End: Sendable, Equatable, CustomStringConvertible {
        case exited(CInt)
        case killed(signal: CInt)

        public var description: String {
            switch self {
            case .exited(let status): "exited with status \(status)"
            case .killed(let signal): "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
            }
        }
    }

    /// Waits for the end of the process, and collects it.
    public func end(until deadline: Reactor.Deadline? = nil) async throws -> End {
        try await descriptor.whenReady(.readable, until: deadline) { [processID] _ throws(Errno) in
            var status: CInt = 0
            guard waitpid(processID, &status, WNOHANG) == processID else { return nil }
            return status & 0x7F == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal: status & 0x7F)
        }
    }

    public func signal(_ number: CInt) {
        _ = Glibc.kill(processID, number)
    }

    /// Ends what the process has started itself and left behind.
    public func endGroup() {
        _ = Glibc.kill(-processID, SIGKILL)
    }
}
