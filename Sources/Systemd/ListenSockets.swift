import CSystemd
import Glibc
public import Linux

/// The sockets systemd opened for this process, each to be claimed once, by its FileDescriptorName=.
public struct ListenSockets: ~Copyable {
    public struct Missing: Error, CustomStringConvertible {
        public let name: String
        public var description: String { "systemd passed no socket named \(name): is its .socket unit enabled?" }
    }

    private var unclaimed: [(name: String, fd: CInt)] = []

    public init() {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        guard count > 0, let names else { return }
        defer { free(names) }
        for index in 0..<Int(count) {
            guard let name = names[index] else { continue }
            defer { free(name) }
            unclaimed.append((String(cString: name), SD_LISTEN_FDS_START + CInt(index)))
        }
    }

    public mutating func claim(_ name: String) throws(Missing) -> FileDescriptor {
        guard let socket = claimIfPassed(name) else { throw Missing(name: name) }
        return socket
    }

    /// A socket that is passed only when a part of the configuration is on.
    public mutating func claimIfPassed(_ name: String) -> FileDescriptor? {
        guard let index = unclaimed.firstIndex(where: { $0.name == name }) else { return nil }
        return FileDescriptor(owning: unclaimed.remove(at: index).fd)
    }
}
