import Linux

/// Finds who listens on a TCP port, where that can be seen.
enum PortHolder {
    enum Kind: String {
        case tcp, udp

        /// The state of a socket that takes what comes: listening, or for UDP not connected.
        fileprivate var state: Substring { self == .tcp ? "0A" : "07" }
    }

    /// The name and process id of the program that listens on a port, or nil.
    static func describe(_ port: UInt16, _ kind: Kind = .tcp) -> String? {
        let tables = ["/proc/net/\(kind)", "/proc/net/\(kind)6"].compactMap { try? Files.text($0) }
        let sockets = Set(tables.flatMap { inodes(listeningOn: port, in: $0, kind) }.map { "socket:[\($0)]" })
        guard !sockets.isEmpty else { return nil }
        for process in Files.names(in: "/proc") where Int(process) != nil {
            let descriptors = Files.names(in: "/proc/\(process)/fd")
            guard descriptors.contains(where: { sockets.contains(Files.link(at: "/proc/\(process)/fd/\($0)") ?? "") })
            else { continue }
            let name = (try? Files.text("/proc/\(process)/comm"))?.split(separator: "\n").first.map(String.init)
            return "\(name ?? "a program") (process \(process))"
        }
        return nil
    }

    /// The sockets that listen and whose local address ends in this port, in hexadecimal.
    static func inodes(listeningOn port: UInt16, in table: String, _ kind: Kind = .tcp) -> [String] {
        let digits = String(port, radix: 16, uppercase: true)
        let suffix = ":" + String(repeating: "0", count: 4 - digits.count) + digits
        return table.split(separator: "\n").dropFirst().compactMap { line in
            let columns = line.split(separator: " ")
            guard columns.count > 9, columns[1].hasSuffix(suffix), columns[3] == kind.state else { return nil }
            return String(columns[9])
        }
    }
}
